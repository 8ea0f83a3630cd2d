migrate_macros::embed_migrations!("ui/parameter");

fn main() {}
