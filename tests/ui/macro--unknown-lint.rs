migrate_macros::embed_migrations!("ui/pass/minimal", deny(drop_columns));

fn main() {}
