migrate_macros::embed_migrations!("ui/lint--own-rule/migrations");

fn main() {}
