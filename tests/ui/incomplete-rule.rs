migrate_macros::embed_migrations!("ui/incomplete-rule/migrations");

fn main() {}
