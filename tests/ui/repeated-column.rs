migrate_macros::embed_migrations!("ui/repeated-column");

fn main() {}
