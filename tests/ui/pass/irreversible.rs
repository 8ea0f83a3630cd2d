//! A revision without a downgrade says why.

migrate_macros::embed_migrations!("ui/pass/irreversible");

fn main() {
    let head = migrations::CHAIN.head();
    assert!(
        matches!(&head.down, migrate_core::chain::Down::Irreversible(why) if why == "the users are gone")
    );
}
