migrate_macros::embed_migrations!("ui/bad-option--transaction");

fn main() {}
