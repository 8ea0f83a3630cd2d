migrate_macros::embed_migrations!("ui/empty-value--message");

fn main() {}
