migrate_macros::embed_migrations!("ui/no-up--only-down");

fn main() {}
