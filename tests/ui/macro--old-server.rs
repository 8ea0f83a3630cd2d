migrate_macros::embed_migrations!("ui/pass/minimal", min_server = 9);

fn main() {}
