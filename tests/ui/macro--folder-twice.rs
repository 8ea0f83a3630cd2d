migrate_macros::embed_migrations!("ui/pass/minimal", module = "schema", "ui/pass/merge");

fn main() {}
