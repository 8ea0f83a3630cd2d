migrate_macros::embed_migrations!("ui/syntax--end");

fn main() {}
