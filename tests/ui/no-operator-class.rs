migrate_macros::embed_migrations!("ui/no-operator-class");

fn main() {}
