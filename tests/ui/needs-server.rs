migrate_macros::embed_migrations!("ui/needs-server", min_server = 15);

fn main() {}
