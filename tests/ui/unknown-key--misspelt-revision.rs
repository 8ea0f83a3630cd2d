migrate_macros::embed_migrations!("ui/unknown-key--misspelt-revision");

fn main() {}
