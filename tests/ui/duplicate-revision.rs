migrate_macros::embed_migrations!("ui/duplicate-revision");

fn main() {}
