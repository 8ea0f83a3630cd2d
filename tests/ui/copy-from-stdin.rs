migrate_macros::embed_migrations!("ui/copy-from-stdin");

fn main() {}
