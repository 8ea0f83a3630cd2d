migrate_macros::embed_migrations!("ui/duplicate-key");

fn main() {}
