migrate_macros::embed_migrations!("ui/lint--denied-in-the-call", deny(index_blocks_writes, drop_column));

fn main() {}
