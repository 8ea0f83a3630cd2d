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
//! # Features
//!
//! - `analysis`: [`analyse`], a check that reads the SQL, too: a syntax error is a problem of the chain.
//! - `files` (default): read a directory, in the module [`files`].
//! - `refinery`: [`Chain::refinery_runner`], a stock runner of refinery's with a chain in it.
//! - `postgres`: the [`Runner`] over `postgres::Client`, which blocks.
//! - `tokio-postgres`: the [`Runner`] over `tokio_postgres::Client`.
//! - `sqlx`: the [`Runner`] over `sqlx::PgConnection` and `sqlx::PgPool`, in any runtime that sqlx knows.
//! - `runner`: the [`Runner`] over a client of your own, by the trait [`Driver`]. The three above bring it.
//! - `tls`, beside `postgres` or `tokio-postgres`: from a connection string to a client, with TLS by rustls.
//! - `encrypted-keys`: `tls`, and private keys of clients that a password protects.
//! - `catalog`, beside `postgres` or `tokio-postgres`: what a database consists of, in the module [`catalog`], and
//!   the statements from one catalog to another, in the module [`diff`]; and rows for tests, in the module [`rows`].
//!
//! Without a client and without `files` this crate does no IO at all; without features it depends on a SHA-256 alone.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "runner"),
    doc = "\n[`Runner`]: https://docs.rs/migrate-core\n[`Driver`]: https://docs.rs/migrate-core"
)]
#![cfg_attr(
    not(feature = "catalog"),
    doc = "\n[`catalog`]: https://docs.rs/migrate-core\n[`diff`]: https://docs.rs/migrate-core\n[`rows`]: https://docs.rs/migrate-core"
)]
#![cfg_attr(not(feature = "analysis"), doc = "\n[`analyse`]: https://docs.rs/migrate-core")]
#![cfg_attr(
    not(feature = "refinery"),
    doc = "\n[`Chain::refinery_runner`]: https://docs.rs/migrate-core"
)]
#![cfg_attr(not(feature = "files"), doc = "\n[`files`]: https://docs.rs/migrate-core")]

// The wings, from the ground up; each says in its head what lives there. ARCHITECTURE.md has the picture.
mod syntax;

mod chain;

#[cfg(feature = "analysis")]
mod analysis;

#[cfg(feature = "catalog")]
mod schema;

#[cfg(feature = "runner")]
mod plan;

#[cfg(feature = "runner")]
mod runner;

#[cfg(all(feature = "tls", any(feature = "postgres", feature = "tokio-postgres")))]
mod connect;

mod fs;
mod interop;

// What the macro asks of the client.
mod client_macro;

pub use chain::edit;
#[cfg(feature = "files")]
pub use fs::files;
#[cfg(feature = "catalog")]
pub use schema::{catalog, diff, rows};

#[cfg(feature = "analysis")]
pub use analysis::{
    BlindSpot, Finding, analyse, analyse_with, analyse_with_blind_spots, blind_spot, blind_spots,
    lint,
};
#[cfg(feature = "analysis")]
#[doc(hidden)]
pub use analysis::{analyse_on as __analyse_on, predicted as __predicted};
#[doc(hidden)]
pub use chain::allow_comments::allowed as __allowed;
pub use chain::chain::{Chain, Digests, Down, Migration};
pub use chain::check::{Rejection, check};
pub use chain::config::{CONFIG_FILE, Config};
#[doc(hidden)]
pub use chain::diagnostic::point_at_with as __point_at_with;
pub use chain::diagnostic::{Diagnostic, Label, point_at};
pub use chain::digest::{
    BadDigest, DIGEST_VERSION, Digest, ShortDigest, chain_digest, section_digest,
};
pub use chain::edit::{EditError, FileEdit, NewRevision, NewSection};
#[doc(hidden)]
pub use chain::encoding::{FORMAT as __PACKED_FORMAT, Packing as __Packing, pack as __pack};
#[doc(hidden)]
pub use chain::executor::Workers as __Workers;
pub use chain::folder::{Content, Entry, Folder, FolderError, MAX_FILE_BYTES};
pub use chain::id::{BadId, MAX_ID_LENGTH, RevisionId};
pub use chain::lint::{Hazard, Level, Lint};
pub use chain::lockfile::{LOCK_FILE, Pin, lock_text, write as write_lock};
pub use chain::outline::{Outline, OutlineEntry};
pub use chain::problem::Problem;
pub use chain::sections::{Options, Section, parse_duration};
#[doc(hidden)]
pub use chain::sections::{
    TestSection as __TestSection, TestTime as __TestTime, test_sections as __test_sections,
};
#[doc(hidden)]
pub use chain::transaction_rules::needs_no_transaction as __needs_no_transaction;
pub use chain::variant::variant;
#[cfg(feature = "files")]
#[doc(hidden)]
pub use fs::directory_test::__same_chain;
#[cfg(feature = "files")]
#[doc(hidden)]
pub use fs::threads::Threads as __Threads;
#[cfg(feature = "refinery")]
pub use interop::refinery::RefineryError;
#[doc(hidden)]
pub use syntax::ident::{
    literal as __literal, quote as __quote, read_qualified as __read_qualified,
};
pub use syntax::lexer::{Lexer, Token, TokenKind, Unterminated};
#[doc(hidden)]
pub use syntax::source::counted as __counted;
pub use syntax::source::{Position, Source, Span, is_unsafe_to_show};
pub use syntax::statements::{Statement, split_statements};
pub use syntax::table_locks::{
    LockMode, LockedBy, Loss, RelationName, TableLock, Work, locks, losses,
};

#[cfg(all(feature = "tls", feature = "postgres"))]
pub use connect::connect;
#[cfg(all(feature = "tls", feature = "tokio-postgres"))]
pub use connect::connect_async;
#[cfg(all(feature = "tls", any(feature = "postgres", feature = "tokio-postgres")))]
pub use connect::tls::SslMode;
#[cfg(all(feature = "tls", any(feature = "postgres", feature = "tokio-postgres")))]
pub use connect::{Canceller, CertificateFault, ConnectError, Connector};

#[cfg(feature = "runner")]
pub use plan::direction::Direction;
#[cfg(feature = "runner")]
pub use plan::history::StoredDown;
#[cfg(feature = "runner")]
pub use plan::history::{History, Partial, Record};
#[cfg(feature = "runner")]
pub use plan::plan_error::PlanError;
#[cfg(feature = "runner")]
pub use plan::planner::{Redo, downgrade, redo, upgrade};
#[cfg(feature = "runner")]
pub use plan::stamp::{Stamp, adopt, stamp};
#[cfg(feature = "runner")]
pub use plan::status::{Divergence, HalfDone, Status, changed, half_done_elsewhere, status};
#[cfg(feature = "runner")]
pub use plan::step::{Plan, Step};
#[cfg(feature = "runner")]
pub use plan::target::{BadTarget, Target};
#[cfg(feature = "runner")]
pub use runner::drivers::Driver;
#[cfg(feature = "sqlx")]
pub use runner::drivers::sqlx::SqlxClient;
#[cfg(feature = "runner")]
pub use runner::embedded::{AtHead, Embedded, IntoTarget, UnknownRevision};
#[cfg(feature = "runner")]
pub use runner::error::{Aftermath, DoubtReason, Error, StatementError};
#[cfg(feature = "runner")]
pub use runner::failure::Failure;
#[cfg(all(feature = "runner", feature = "catalog"))]
pub use runner::history_tables::histories_in;
#[cfg(feature = "runner")]
pub use runner::history_tables::{ForeignRelation, HistoryTables};
#[cfg(feature = "runner")]
pub use runner::log::LogEntry;
#[cfg(feature = "runner")]
pub use runner::notices::{Notice, Notices};
#[cfg(feature = "runner")]
pub use runner::report::{Done, Event, LockHolder, Report, StatementProgress};
#[cfg(feature = "runner")]
pub use runner::runner::Runner;
