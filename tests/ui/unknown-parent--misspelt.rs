migrate_macros::embed_migrations!("ui/unknown-parent--misspelt");

fn main() {}
