migrate_macros::embed_migrations!("ui/missing-semicolon--as-an-alias");

fn main() {}
