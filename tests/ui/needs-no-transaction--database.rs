migrate_macros::embed_migrations!("ui/needs-no-transaction--database");

fn main() {}
