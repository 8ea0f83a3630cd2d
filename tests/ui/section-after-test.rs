migrate_macros::embed_migrations!("ui/section-after-test");

fn main() {}
