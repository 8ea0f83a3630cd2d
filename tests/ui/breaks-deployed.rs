migrate_macros::embed_migrations!("ui/breaks-deployed");

fn main() {}
