//! A crate that forbids what it can.
#![forbid(missing_docs, unsafe_code)]
#![deny(warnings, rust_2018_idioms, unreachable_pub, unused_qualifications, unused_results)]
#![deny(missing_debug_implementations, missing_copy_implementations, single_use_lifetimes)]

migrate_macros::embed_migrations!("ui/pass/strict-crate");

/// A chain inside a private module.
mod private {
    migrate_macros::embed_migrations!("ui/pass/minimal");
}

fn main() {
    assert_ne!(private::migrations::CHAIN.len(), migrations::CHAIN.len());
}
