migrate_macros::embed_migrations!("ui/unknown-option--of-another-tool");

fn main() {}
