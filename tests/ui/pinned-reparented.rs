migrate_macros::embed_migrations!("ui/pinned-reparented");

fn main() {}
