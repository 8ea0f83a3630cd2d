migrate_macros::embed_migrations!("ui/pinned-edited--transaction-mode");

fn main() {}
