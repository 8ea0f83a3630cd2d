migrate_macros::embed_migrations!("ui/needs-no-transaction--vacuum");

fn main() {}
