migrate_macros::embed_migrations!("ui/nul-byte");

fn main() {}
