migrate_macros::embed_migrations!("ui/stray-file");

fn main() {}
