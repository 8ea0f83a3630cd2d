migrate_macros::embed_migrations!("ui/syntax--mysql");

fn main() {}
