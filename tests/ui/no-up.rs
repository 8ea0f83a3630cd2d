migrate_macros::embed_migrations!("ui/no-up");

fn main() {}
