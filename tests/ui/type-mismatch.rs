migrate_macros::embed_migrations!("ui/type-mismatch");

fn main() {}
