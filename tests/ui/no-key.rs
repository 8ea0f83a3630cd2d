migrate_macros::embed_migrations!("ui/no-key");

fn main() {}
