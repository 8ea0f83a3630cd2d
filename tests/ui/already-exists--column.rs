migrate_macros::embed_migrations!("ui/already-exists--column");

fn main() {}
