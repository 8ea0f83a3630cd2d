migrate_macros::embed_migrations!("ui/bad-option--timeout");

fn main() {}
