//! The log: what happened to a database, append-only.

use super::{TOOL, Tables, literal, tag};

/// Notes that a revision has failed.
pub(crate) fn failure(tables: &Tables, revision: &str, error: &str) -> String {
    format!(
        "INSERT INTO {} VALUES (pg_catalog.clock_timestamp(), session_user, 'failure', {}, NULL, {}, '{TOOL}')",
        tables.log,
        literal(revision),
        literal(error),
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
