migrate_macros::embed_migrations!("ui/unknown-section--misspelt");

fn main() {}
