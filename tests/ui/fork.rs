migrate_macros::embed_migrations!("ui/fork");

fn main() {}
