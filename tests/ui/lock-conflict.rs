migrate_macros::embed_migrations!("ui/lock-conflict");

fn main() {}
