migrate_macros::embed_migrations!("ui/wrong-kind");

fn main() {}
