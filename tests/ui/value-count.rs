migrate_macros::embed_migrations!("ui/value-count");

fn main() {}
