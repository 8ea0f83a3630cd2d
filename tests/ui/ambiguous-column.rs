migrate_macros::embed_migrations!("ui/ambiguous-column");

fn main() {}
