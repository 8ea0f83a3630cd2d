migrate_macros::embed_migrations!("ui/sql-before-section");

fn main() {}
