migrate_macros::embed_migrations!("ui/lock-tampered");

fn main() {}
