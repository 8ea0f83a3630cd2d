migrate_macros::embed_migrations!("ui/fork--deployed-branch");

fn main() {}
