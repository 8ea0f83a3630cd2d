//! The log: what happened to a database, append-only.

use super::{TOOL, Tables, literal, tag};

/// The longest text of an error that is kept, in bytes: a function may raise megabytes.
const LONGEST_ERROR: usize = 10_000;

/// Notes that a revision has failed.
pub(crate) fn failure(tables: &Tables, revision: &str, error: &str) -> String {
    format!(
        "INSERT INTO {} VALUES (pg_catalog.clock_timestamp(), session_user, 'failure', {}, NULL, {}, '{TOOL}')",
        tables.log,
        literal(revision),
        literal(&error[..error.floor_char_boundary(LONGEST_ERROR)]),
    )
}

/// All of it, the oldest first.
pub(crate) fn read(tables: &Tables) -> String {
    format!(
        "SELECT '{}', pg_catalog.to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), \
         by, action, revision, duration_ms, error, tool FROM {} ORDER BY at",
        tag::LOG,
        tables.log,
    )
}
