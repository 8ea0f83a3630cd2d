migrate_macros::embed_migrations!("ui/lint--denied-in-the-file/migrations", allow(update_all_rows));

fn main() {}
