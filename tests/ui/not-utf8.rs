migrate_macros::embed_migrations!("ui/not-utf8");

fn main() {}
