migrate_macros::embed_migrations!("ui/transaction-control--rollback");

fn main() {}
