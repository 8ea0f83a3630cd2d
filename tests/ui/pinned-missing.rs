migrate_macros::embed_migrations!("ui/pinned-missing");

fn main() {}
