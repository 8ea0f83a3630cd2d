migrate_macros::embed_migrations!("ui/bad-setting/migrations");

fn main() {}
