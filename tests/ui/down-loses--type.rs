migrate_macros::embed_migrations!("ui/down-loses--type");

fn main() {}
