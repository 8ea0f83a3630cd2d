migrate_macros::embed_migrations!("ui/too-large");

fn main() {}
