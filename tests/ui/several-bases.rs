migrate_macros::embed_migrations!("ui/several-bases");

fn main() {}
