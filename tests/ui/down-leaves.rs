migrate_macros::embed_migrations!("ui/down-leaves");

fn main() {}
