migrate_macros::embed_migrations!("ui/todo");

fn main() {}
