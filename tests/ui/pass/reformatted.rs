//! Deployed files that were indented anew and commented: the same tokens, so the same revisions.

migrate_macros::embed_migrations!("ui/pass/reformatted");

fn main() {
    assert!(migrations::CHAIN.migrations().iter().all(|migration| migration.deployed));
}
