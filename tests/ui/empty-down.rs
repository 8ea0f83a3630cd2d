migrate_macros::embed_migrations!("ui/empty-down");

fn main() {}
