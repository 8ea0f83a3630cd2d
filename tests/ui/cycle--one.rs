migrate_macros::embed_migrations!("ui/cycle--one");

fn main() {}
