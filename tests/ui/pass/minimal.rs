//! The smallest chain: one revision.

migrate_macros::embed_migrations!("ui/pass/minimal");

fn main() {
    assert_eq!(migrations::CHAIN.len(), 1);
}
