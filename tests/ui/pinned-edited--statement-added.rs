migrate_macros::embed_migrations!("ui/pinned-edited--statement-added");

fn main() {}
