migrate_macros::embed_migrations!("ui/missing--dropped");

fn main() {}
