migrate_macros::embed_migrations!("ui/irreversible-with-down");

fn main() {}
