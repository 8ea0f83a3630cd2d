migrate_macros::embed_migrations!("ui/bad-id--reserved");

fn main() {}
