migrate_macros::embed_migrations!("ui/pinned-missing--id-renamed-with-child");

fn main() {}
