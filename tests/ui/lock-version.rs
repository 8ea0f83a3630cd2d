migrate_macros::embed_migrations!("ui/lock-version");

fn main() {}
