//! Carries a plan out over a client, and reports what happened.

// Imports the wings below: `plan`, `schema`, `chain`, `syntax`. `engine` decides what to send next (no IO), `batch` and `sql`
// write it, and only `drivers` talk to a server. `script` is the same plan as a file for psql. `error` says why a run has
// ended, and what to do. Start reading at `runner` for the API, and at `engine` for how a run proceeds.

pub(crate) mod batch;
#[cfg(all(feature = "catalog", any(feature = "postgres", feature = "tokio-postgres")))]
pub(crate) mod catalog_reader;
pub(crate) mod deferrable;
pub(crate) mod drivers;
pub(crate) mod embedded;
pub(crate) mod engine;
pub(crate) mod error;
pub(crate) mod failure;
pub(crate) mod history_tables;
pub(crate) mod log;
pub(crate) mod notices;
pub(crate) mod observer;
pub(crate) mod operation;
pub(crate) mod report;
#[expect(clippy::module_inception, reason = "the type that the wing is named for")]
pub(crate) mod runner;
pub(crate) mod script;
pub(crate) mod session_settings;
pub(crate) mod settings;
pub(crate) mod sql;
pub(crate) mod unsupported_servers;

pub use self::drivers::Driver;
#[cfg(feature = "sqlx")]
pub use self::drivers::sqlx::SqlxClient;
pub use self::embedded::{AtHead, Embedded, IntoTarget, UnknownRevision};
pub use self::error::{Aftermath, DoubtReason, Error, ErrorKind, StatementError};
pub use self::failure::Failure;
#[cfg(feature = "catalog")]
pub use self::history_tables::histories_in;
pub use self::history_tables::{ForeignRelation, HistoryTables};
pub use self::log::LogEntry;
pub use self::notices::{Notice, Notices};
pub use self::report::{Done, Event, LockHolder, Report, StatementProgress};
pub use self::runner::Runner;
