migrate_macros::embed_migrations!("ui/psql-command");

fn main() {}
