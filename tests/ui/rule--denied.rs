migrate_macros::embed_migrations!("ui/rule--denied/migrations");

fn main() {}
