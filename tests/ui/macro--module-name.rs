migrate_macros::embed_migrations!("ui/pass/minimal", module = "my-schema");

fn main() {}
