migrate_macros::embed_migrations!("ui/variant-clash");

fn main() {}
