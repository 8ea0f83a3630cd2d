migrate_macros::embed_migrations!("ui/generated-column");

fn main() {}
