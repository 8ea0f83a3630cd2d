migrate_macros::embed_migrations!("ui/unknown-parent--none");

fn main() {}
