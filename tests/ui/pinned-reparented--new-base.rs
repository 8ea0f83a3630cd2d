migrate_macros::embed_migrations!("ui/pinned-reparented--new-base");

fn main() {}
