migrate_macros::embed_migrations!("ui/cannot-replace");

fn main() {}
