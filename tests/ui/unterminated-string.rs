migrate_macros::embed_migrations!("ui/unterminated-string");

fn main() {}
