migrate_macros::embed_migrations!("./ui/fork--three-head");

fn main() {}
