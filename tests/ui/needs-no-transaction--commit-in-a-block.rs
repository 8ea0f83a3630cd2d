migrate_macros::embed_migrations!("ui/needs-no-transaction--commit-in-a-block");

fn main() {}
