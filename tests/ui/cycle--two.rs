migrate_macros::embed_migrations!("ui/cycle--two");

fn main() {}
