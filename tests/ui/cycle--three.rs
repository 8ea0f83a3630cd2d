migrate_macros::embed_migrations!("ui/cycle--three");

fn main() {}
