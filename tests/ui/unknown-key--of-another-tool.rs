migrate_macros::embed_migrations!("ui/unknown-key--of-another-tool");

fn main() {}
