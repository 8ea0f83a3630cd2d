migrate_macros::embed_migrations!("ui/invalid-query");

fn main() {}
