migrate_macros::embed_migrations!("ui/config-syntax/migrations");

fn main() {}
