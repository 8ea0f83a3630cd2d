migrate_macros::embed_migrations!("ui/needs-no-transaction--index");

fn main() {}
