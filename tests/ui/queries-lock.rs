migrate_macros::embed_migrations!("ui/queries-lock");

fn main() {}
