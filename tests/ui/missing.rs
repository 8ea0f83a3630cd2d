migrate_macros::embed_migrations!("ui/missing");

fn main() {}
