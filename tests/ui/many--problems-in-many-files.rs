migrate_macros::embed_migrations!("ui/many--problems-in-many-files");

fn main() {}
