migrate_macros::embed_migrations!("ui/bad-id--list-of-parents");

fn main() {}
