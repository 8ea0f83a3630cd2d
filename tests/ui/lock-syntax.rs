migrate_macros::embed_migrations!("ui/lock-syntax");

fn main() {}
