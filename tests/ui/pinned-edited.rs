migrate_macros::embed_migrations!("ui/pinned-edited");

fn main() {}
