migrate_macros::embed_migrations!("ui/pinned-reparented--between");

fn main() {}
