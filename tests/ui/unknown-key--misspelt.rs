migrate_macros::embed_migrations!("ui/unknown-key--misspelt");

fn main() {}
