migrate_macros::embed_migrations!("ui/column-count");

fn main() {}
