migrate_macros::embed_migrations!("ui/syntax--word");

fn main() {}
