migrate_macros::embed_migrations!("ui/empty-value--parent");

fn main() {}
