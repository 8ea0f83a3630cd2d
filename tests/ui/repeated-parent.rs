migrate_macros::embed_migrations!("ui/repeated-parent");

fn main() {}
