migrate_macros::embed_migrations!("ui/psql-variable");

fn main() {}
