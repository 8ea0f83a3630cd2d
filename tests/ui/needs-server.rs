migrate_macros::embed_migrations!("ui/needs-server");

fn main() {}
