migrate_macros::embed_migrations!("ui/enum-value-used");

fn main() {}
