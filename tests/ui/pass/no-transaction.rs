//! Sections that run outside a transaction, with time limits of their own.

use std::time::Duration;

use migrate_core::chain::{Down, Options};

migrate_macros::embed_migrations!("ui/pass/no-transaction");

fn main() {
    let head = migrations::CHAIN.head();
    let expected = Options {
        transactional: false,
        lock_timeout: None,
        statement_timeout: Some(Duration::from_secs(3600)),
    };
    assert_eq!(head.up.options, expected);
    let Down::Section(down) = &head.down else { panic!("it has a downgrade") };
    assert_eq!(down.options.lock_timeout, Some(Duration::from_millis(500)));
}
