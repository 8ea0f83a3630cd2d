migrate_macros::embed_migrations!("ui/unreadable--a-folder");

fn main() {}
