migrate_macros::embed_migrations!("ui/missing-semicolon");

fn main() {}
