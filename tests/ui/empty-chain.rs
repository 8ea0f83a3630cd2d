migrate_macros::embed_migrations!("ui/empty-chain");

fn main() {}
