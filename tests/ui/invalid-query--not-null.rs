migrate_macros::embed_migrations!("ui/invalid-query--not-null");

fn main() {}
