migrate_macros::embed_migrations!("ui/unknown-statement/migrations");

fn main() {}
