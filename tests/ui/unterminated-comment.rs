migrate_macros::embed_migrations!("ui/unterminated-comment");

fn main() {}
