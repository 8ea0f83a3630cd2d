migrate_macros::embed_migrations!("ui/unterminated-dollar-quote");

fn main() {}
