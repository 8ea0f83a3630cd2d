migrate_macros::embed_migrations!("ui/still-needed");

fn main() {}
