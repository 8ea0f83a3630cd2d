migrate_macros::embed_migrations!("ui/text-setting");

fn main() {}
