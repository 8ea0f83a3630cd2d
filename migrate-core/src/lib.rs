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
//! - `tls`, beside one of these two: from a connection string to a client, with TLS by rustls.
//! - `encrypted-keys`: `tls`, and private keys of clients that a password protects.
//! - `catalog`, beside one of the two: what a database consists of, in the module [`catalog`], and
//!   the statements from one catalog to another, in the module [`diff`].
//!
//! Without the last five this crate does no IO at all; without `analysis` and `refinery`, it depends on a SHA-256
//! alone.
#![cfg_attr(not(feature = "runner"), doc = "\n[`Runner`]: https://docs.rs/migrate-core")]
#![cfg_attr(
    not(feature = "catalog"),
    doc = "\n[`catalog`]: https://docs.rs/migrate-core\n[`diff`]: https://docs.rs/migrate-core"
)]
#![cfg_attr(not(feature = "analysis"), doc = "\n[`analyse`]: https://docs.rs/migrate-core")]
#![cfg_attr(
    not(feature = "refinery"),
    doc = "\n[`Chain::refinery_runner`]: https://docs.rs/migrate-core"
)]
#![cfg_attr(not(feature = "files"), doc = "\n[`files`]: https://docs.rs/migrate-core")]
#![cfg_attr(
    all(feature = "runner", not(any(feature = "postgres", feature = "tokio-postgres"))),
    expect(dead_code, reason = "without a driver nobody asks the engine")
)]

// Floor 0: vocabulary.
mod diagnostic;
mod digest;
mod id;
mod levels;
mod problem;
mod text;
mod workers;

// Floor 1: one file.
mod allowances;
mod header;
mod ident;
mod lexer;
mod lock;
mod locks;
mod marks;
mod names;
mod rules;
mod sections;
mod statements;

// Floor 2: the whole chain, a whole database.
#[cfg(feature = "analysis")]
mod analysis;
#[cfg(feature = "catalog")]
pub mod catalog;
mod chain;
mod check;
mod config;
#[cfg(feature = "catalog")]
pub mod diff;
pub mod edit;
mod folder;
mod graph;
mod outline;
mod packed;
mod pins;

// Floor 3: decisions.
#[cfg(feature = "runner")]
mod deferred;
#[cfg(feature = "runner")]
mod embedded;
#[cfg(feature = "runner")]
mod engine;
#[cfg(feature = "runner")]
mod error;
#[cfg(feature = "runner")]
mod failure;
#[cfg(feature = "runner")]
mod goal;
#[cfg(feature = "runner")]
mod history;
#[cfg(feature = "runner")]
mod history_tables;
#[cfg(feature = "runner")]
mod leaks;
#[cfg(feature = "runner")]
mod log;
#[cfg(feature = "runner")]
mod message;
#[cfg(feature = "runner")]
mod notices;
#[cfg(feature = "runner")]
mod outside;
#[cfg(feature = "runner")]
mod plan;
#[cfg(feature = "refinery")]
mod refinery;
#[cfg(feature = "runner")]
mod report;
#[cfg(feature = "runner")]
mod runner;
#[cfg(feature = "runner")]
mod script;
#[cfg(feature = "runner")]
mod servers;
#[cfg(feature = "runner")]
mod settings;
#[cfg(feature = "runner")]
mod sql;
#[cfg(feature = "runner")]
mod stamp;
#[cfg(feature = "runner")]
mod status;
#[cfg(feature = "runner")]
mod stored;
#[cfg(feature = "runner")]
mod target;
#[cfg(feature = "runner")]
mod watch;

// Chains and histories for the unit tests.
#[cfg(all(test, feature = "runner"))]
mod samples;

// Floor 4: adapters.
#[cfg(all(feature = "catalog", any(feature = "postgres", feature = "tokio-postgres")))]
mod catalog_reader;
mod client;
#[cfg(all(feature = "tls", any(feature = "postgres", feature = "tokio-postgres")))]
mod connect;
mod directory_test;
#[cfg(any(feature = "postgres", feature = "tokio-postgres"))]
mod drivers;
#[cfg(feature = "files")]
pub mod files;
#[cfg(feature = "files")]
mod threads;
#[cfg(all(feature = "tls", any(feature = "postgres", feature = "tokio-postgres")))]
mod tls;

#[cfg(feature = "analysis")]
pub use analysis::{
    BlindSpot, Finding, analyse, analyse_with, analyse_with_blind_spots, blind_spot, blind_spots,
    lint,
};
#[cfg(feature = "analysis")]
#[doc(hidden)]
pub use analysis::{analyse_on as __analyse_on, predicted as __predicted};
pub use chain::{Chain, Digests, Down, Migration};
pub use check::{Rejection, check};
pub use config::{CONFIG_FILE, Config};
pub use diagnostic::{Diagnostic, Label, point_at};
pub use digest::{BadDigest, DIGEST_VERSION, Digest, ShortDigest, chain_digest, section_digest};
#[cfg(feature = "files")]
#[doc(hidden)]
pub use directory_test::__same_chain;
pub use edit::{EditError, FileEdit, NewRevision, NewSection};
pub use folder::{Content, Entry, Folder, FolderError, MAX_FILE_BYTES};
pub use id::{BadId, MAX_ID_LENGTH, RevisionId};
#[doc(hidden)]
pub use ident::{literal as __literal, quote as __quote, read_qualified as __read_qualified};
pub use levels::{Hazard, Level, Lint};
pub use lexer::{Lexer, Token, TokenKind, Unterminated};
pub use lock::{LOCK_FILE, Pin, lock_text, write as write_lock};
pub use locks::{LockMode, LockedBy, Loss, RelationName, TableLock, Work, locks, losses};
pub use names::variant;
pub use outline::{Outline, OutlineEntry};
#[doc(hidden)]
pub use packed::{FORMAT as __PACKED_FORMAT, Packing as __Packing, pack as __pack};
pub use problem::Problem;
#[cfg(feature = "refinery")]
pub use refinery::RefineryError;
#[doc(hidden)]
pub use rules::needs_no_transaction as __needs_no_transaction;
pub use sections::{Options, Section, parse_duration};
pub use statements::{Statement, split_statements};
#[doc(hidden)]
pub use text::counted as __counted;
pub use text::{Position, Source, Span, is_unsafe_to_show};
#[cfg(feature = "files")]
#[doc(hidden)]
pub use threads::Threads as __Threads;
#[doc(hidden)]
pub use workers::Workers as __Workers;

#[cfg(all(feature = "tls", feature = "postgres"))]
pub use connect::connect;
#[cfg(all(feature = "tls", feature = "tokio-postgres"))]
pub use connect::connect_async;
#[cfg(all(feature = "tls", any(feature = "postgres", feature = "tokio-postgres")))]
pub use connect::{Canceller, CertificateFault, ConnectError, Connector};
#[cfg(all(feature = "tls", any(feature = "postgres", feature = "tokio-postgres")))]
pub use tls::SslMode;

#[cfg(feature = "runner")]
pub use embedded::{AtHead, Embedded, IntoTarget, UnknownRevision};
#[cfg(feature = "runner")]
pub use error::{Aftermath, DoubtReason, Error, StatementError};
#[cfg(feature = "runner")]
pub use failure::Failure;
#[cfg(feature = "runner")]
pub use history::{History, Partial, Record};
#[cfg(all(feature = "runner", feature = "catalog"))]
pub use history_tables::histories_in;
#[cfg(feature = "runner")]
pub use history_tables::{ForeignRelation, HistoryTables};
#[cfg(feature = "runner")]
pub use log::LogEntry;
#[cfg(feature = "runner")]
pub use notices::{Notice, Notices};
#[cfg(feature = "runner")]
pub use plan::{Direction, Plan, PlanError, Redo, Step, downgrade, redo, upgrade};
#[cfg(feature = "runner")]
pub use report::{Done, Event, Holder, Report, StatementProgress};
#[cfg(feature = "runner")]
pub use runner::Runner;
#[cfg(feature = "runner")]
pub use stamp::{Stamp, adopt, stamp};
#[cfg(feature = "runner")]
pub use status::{Divergence, HalfDone, Status, changed, status};
#[cfg(feature = "runner")]
pub use stored::StoredDown;
#[cfg(feature = "runner")]
pub use target::{BadTarget, Target};
