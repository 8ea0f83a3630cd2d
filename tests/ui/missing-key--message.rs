migrate_macros::embed_migrations!("ui/missing-key--message");

fn main() {}
