migrate_macros::embed_migrations!("ui/unknown-code");

fn main() {}
