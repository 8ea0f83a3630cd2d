migrate_macros::embed_migrations!("ui/ambiguous");

fn main() {}
