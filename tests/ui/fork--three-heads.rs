migrate_macros::embed_migrations!("ui/fork--three-heads");

fn main() {}
