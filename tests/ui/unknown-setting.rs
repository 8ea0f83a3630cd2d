migrate_macros::embed_migrations!("ui/unknown-setting/migrations");

fn main() {}
