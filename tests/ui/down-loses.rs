migrate_macros::embed_migrations!("ui/down-loses");

fn main() {}
