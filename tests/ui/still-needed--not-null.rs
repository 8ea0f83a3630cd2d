migrate_macros::embed_migrations!("ui/still-needed--not-null");

fn main() {}
