//! A chain of PostgreSQL migrations: checked before it runs, and run so that nothing is half done.
//!
//! A chain is a folder of SQL files, each naming its parent. [`check`] reads it, with the lock
//! file that pins the deployed revisions, and returns a [`Chain`] or everything that is wrong
//! with it, each problem with its place in the file:
//!
//! ```
//! use migrate_core::{Folder, check};
//!
//! let sql = "-- revision: 001\n-- message: Users\n\
//!            -- migrate:up\nCREATE TABLE users ();\n-- migrate:down\nDROP TABLE users;\n";
//! let chain = check(Folder::of_texts("migrations", [("001_users.sql", sql)]))?;
//! assert_eq!(chain.head().id.as_str(), "001");
//! # Ok::<(), migrate_core::Rejection>(())
//! ```
//!
//! Most programs don't call it: `embed_migrations!()` of the crate `migrate-macros` does so at
//! build time, and a broken chain does not compile. What they use is the [`Runner`] that the
//! macro makes.
//!
//! # Modules
//!
//! What most programs name stands here. The rest is in a module for each part of the work: [`syntax`], [`chain`],
//! [`analysis`], [`schema`], [`plan`], [`runner`] and [`connect`](mod@connect).
//!
//! # Features
//!
//! - `analysis`: [`analysis::analyse`], a check that reads the SQL, too: a syntax error is a problem of the chain.
//! - `files` (default): read a directory, in the module [`files`].
//! - `refinery`: [`Chain::refinery_runner`], a stock runner of refinery's with a chain in it.
//! - `postgres`: the [`Runner`] over `postgres::Client`, which blocks.
//! - `tokio-postgres`: the [`Runner`] over `tokio_postgres::Client`.
//! - `sqlx`: the [`Runner`] over `sqlx::PgConnection` and `sqlx::PgPool`, in any runtime that sqlx knows.
//! - `runner`: the [`Runner`] over a client of your own, by the trait [`Driver`]. The three above bring it.
//! - `tls`, beside `postgres` or `tokio-postgres`: from a connection string to a client, with TLS by rustls.
//! - `encrypted-keys`: `tls`, and private keys of clients that a password protects.
//! - `catalog`, beside `postgres` or `tokio-postgres`: what a database consists of, in the module [`schema::catalog`],
//!   the statements from one catalog to another, in the module [`schema::diff`], and rows for tests, in [`schema::rows`].
//!
//! Without a client and without `files` this crate does no IO at all; without features it depends on a SHA-256 alone.
#![cfg_attr(docsrs, feature(doc_cfg))]
// The documentation is published with all features; with fewer, some links lead nowhere.
#![cfg_attr(
    not(all(
        feature = "analysis",
        feature = "catalog",
        feature = "files",
        feature = "refinery",
        feature = "sqlx",
        feature = "tls"
    )),
    allow(rustdoc::broken_intra_doc_links)
)]

// The wings, from the ground up. The names that most programs use stand here as well, all others in
// their wing's module alone. ARCHITECTURE.md has the picture.
pub mod syntax;

pub mod chain;
pub use chain::{Chain, Folder, Migration, Problem, Rejection, RevisionId, check};

#[cfg(feature = "analysis")]
pub mod analysis;

#[cfg(feature = "catalog")]
pub mod schema;

#[cfg(feature = "runner")]
pub mod plan;
#[cfg(feature = "runner")]
pub use plan::{Direction, History, Plan, PlanError, Record, Status, Target};

#[cfg(feature = "runner")]
pub mod runner;
#[cfg(feature = "runner")]
pub use runner::{AtHead, Driver, Embedded, Error, Event, Report, Runner};

#[cfg(all(feature = "tls", any(feature = "postgres", feature = "tokio-postgres")))]
pub mod connect;
#[cfg(all(feature = "tls", any(feature = "postgres", feature = "tokio-postgres")))]
pub use connect::ConnectError;
#[cfg(all(feature = "tls", feature = "postgres"))]
pub use connect::connect;
#[cfg(all(feature = "tls", feature = "tokio-postgres"))]
pub use connect::connect_async;

mod fs;
#[cfg(feature = "files")]
pub use fs::files;

pub mod interop;

// What the macro asks of the client.
mod client_macro;

/// What the macro, its output and the command line use. Not part of the API: it changes without notice.
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "analysis")]
    pub use crate::analysis::analyse_on;
    #[cfg(feature = "analysis")]
    pub use crate::analysis::prediction::predicted;
    pub use crate::chain::allow_comments::allowed;
    pub use crate::chain::encoding::{EncodedChain, FORMAT as ENCODING_FORMAT, encode};
    pub use crate::chain::executor::Executor;
    pub use crate::chain::sections::{TestSection, TestTime, test_sections};
    pub use crate::chain::transaction_rules::needs_no_transaction;
    #[cfg(feature = "files")]
    pub use crate::fs::directory_test::same_chain;
    #[cfg(feature = "files")]
    pub use crate::fs::threads::Threads;
    pub use crate::syntax::ident::{literal, quote, read_qualified};
    pub use crate::syntax::source::counted;
}
