migrate_macros::embed_migrations!("ui/pinned-down-edited");

fn main() {}
