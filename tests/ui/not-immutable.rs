migrate_macros::embed_migrations!("ui/not-immutable");

fn main() {}
