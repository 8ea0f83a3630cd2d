migrate_macros::embed_migrations!();

fn main() {}
