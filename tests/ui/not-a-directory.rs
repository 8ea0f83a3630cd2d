migrate_macros::embed_migrations!("ui/not-a-directory");

fn main() {}
