migrate_macros::embed_migrations!("ui/pinned-missing--the-last");

fn main() {}
