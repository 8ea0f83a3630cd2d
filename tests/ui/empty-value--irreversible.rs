migrate_macros::embed_migrations!("ui/empty-value--irreversible");

fn main() {}
