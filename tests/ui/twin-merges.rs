migrate_macros::embed_migrations!("ui/twin-merges");

fn main() {}
