migrate_macros::embed_migrations!("ui/already-exists");

fn main() {}
