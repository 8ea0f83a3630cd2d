migrate_macros::embed_migrations!("ui/lock-duplicate");

fn main() {}
