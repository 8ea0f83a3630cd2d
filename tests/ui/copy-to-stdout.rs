migrate_macros::embed_migrations!("ui/copy-to-stdout");

fn main() {}
