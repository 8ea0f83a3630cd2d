migrate_macros::embed_migrations!("ui/foreign-folder");

fn main() {}
