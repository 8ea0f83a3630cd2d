migrate_macros::embed_migrations!("ui/pinned-edited--body");

fn main() {}
