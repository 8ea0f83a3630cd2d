migrate_macros::embed_migrations!("ui/pinned-down-edited--removed");

fn main() {}
