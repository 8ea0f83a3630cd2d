migrate_macros::embed_migrations!("ui/unknown-parent");

fn main() {}
