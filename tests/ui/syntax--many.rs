migrate_macros::embed_migrations!("ui/syntax--many");

fn main() {}
