migrate_macros::embed_migrations!("ui/pinned-edited--statement-removed");

fn main() {}
