migrate_macros::embed_migrations!("ui/marker-not-alone");

fn main() {}
