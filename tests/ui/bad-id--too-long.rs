migrate_macros::embed_migrations!("ui/bad-id--too-long");

fn main() {}
