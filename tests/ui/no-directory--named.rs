migrate_macros::embed_migrations!("ui/no-directory--named");

fn main() {}
