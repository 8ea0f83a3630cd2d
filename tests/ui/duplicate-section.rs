migrate_macros::embed_migrations!("ui/duplicate-section");

fn main() {}
