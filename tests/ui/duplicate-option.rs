migrate_macros::embed_migrations!("ui/duplicate-option");

fn main() {}
