migrate_macros::embed_migrations!("ui/unterminated-identifier");

fn main() {}
