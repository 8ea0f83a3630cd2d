migrate_macros::embed_migrations!("ui/unknown-section--of-another-tool");

fn main() {}
