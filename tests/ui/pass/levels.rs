//! Levels and the oldest server, set in the call.

migrate_macros::embed_migrations!(
    "ui/pass/levels",
    min_server = 15,
    deny(drop_column, index_blocks_writes),
    allow(add_column_not_null),
);

fn main() {
    assert_eq!(migrations::CHAIN.len(), 2);
}
