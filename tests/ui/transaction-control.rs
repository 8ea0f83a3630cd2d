migrate_macros::embed_migrations!("ui/transaction-control");

fn main() {}
