migrate_macros::embed_migrations!("ui/needs-transaction");

fn main() {}
