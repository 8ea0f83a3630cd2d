migrate_macros::embed_migrations!("ui/syntax--body");

fn main() {}
