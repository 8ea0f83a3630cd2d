migrate_macros::embed_migrations!("ui/missing--constraint");

fn main() {}
