migrate_macros::embed_migrations!("ui/unknown-option--misspelt");

fn main() {}
