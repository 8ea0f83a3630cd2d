migrate_macros::embed_migrations!("ui/releases-locks--function");

fn main() {}
