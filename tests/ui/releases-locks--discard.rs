migrate_macros::embed_migrations!("ui/releases-locks--discard");

fn main() {}
