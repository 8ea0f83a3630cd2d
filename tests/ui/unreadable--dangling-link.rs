migrate_macros::embed_migrations!("ui/unreadable--dangling-link");

fn main() {}
