migrate_macros::embed_migrations!("ui/missing-down");

fn main() {}
