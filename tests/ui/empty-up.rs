migrate_macros::embed_migrations!("ui/empty-up");

fn main() {}
