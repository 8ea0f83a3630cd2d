migrate_macros::embed_migrations!("ui/missing-key--revision");

fn main() {}
