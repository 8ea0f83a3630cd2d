//! The history's tables: how they are made, and brought from an older layout to this one.

use super::{HALF_DONE, HISTORY_CHANGED, Tables, guard, literal, tag};
use crate::syntax::ident::quote;

/// The version of the tables' layout that this program writes.
pub(crate) const VERSION: u32 = 3;

/// The SQLSTATE of tables that a newer program has made.
pub(crate) const NEWER: &str = "MG003";

/// Which layout the tables have, and which of those that are written beside the history are missing.
pub(crate) fn version(tables: &Tables) -> String {
    let [_, log, _, progress, statement] = tables.names();
    let beside = [(&tables.log, log), (&tables.progress, progress), (&tables.statement, statement)];
    let missing = beside.map(|(table, name)| {
        let (table, name) = (literal(table), literal(&name));
        format!("CASE WHEN pg_catalog.to_regclass({table}) IS NULL THEN {name} END")
    });
    format!(
        "SELECT '{}', pg_catalog.max(version), pg_catalog.concat_ws(',', {}) FROM {}",
        tag::LAYOUT,
        missing.join(", "),
        tables.layout
    )
}

/// Makes the tables, in a transaction of its own, unless another runner just has.
pub(crate) fn create(tables: &Tables) -> String {
    format!(
        "{begin}{tables}INSERT INTO {layout} VALUES ({VERSION});\nCOMMIT;\n",
        begin = begin(tables, ""),
        tables = ours(tables, ""),
        layout = tables.layout,
    )
}

/// Refuses, in words, to make the tables where some of them are left of a history that was dropped.
pub(crate) fn nothing_left(tables: &Tables) -> String {
    let Tables { history, layout, log, progress, statement, .. } = tables;
    let left = [layout, log, progress, statement]
        .map(|table| format!("pg_catalog.to_regclass({}) IS NOT NULL", literal(table)));
    format!(
        "DO $migrate$ BEGIN IF pg_catalog.to_regclass({}) IS NULL AND ({}) THEN RAISE EXCEPTION USING MESSAGE = \
         'tables of migrate are left, and its history is missing', HINT = \
         'remove them with `migrate forget`, and run the script again'; END IF; END $migrate$;\n",
        literal(history),
        left.join(" OR "),
    )
}

/// Makes those of the tables that are missing, where somebody has dropped some. Without the layout's own table nobody
/// knows the layout of the others: then it is the first, and what follows brings it up to date. What is kept of unfinished
/// revisions belongs to the history, and goes with it.
pub(crate) fn repair(tables: &Tables, has_history: bool) -> String {
    let Tables { layout, progress, .. } = tables;
    let stale = match has_history {
        true => String::new(),
        false => format!(
            "DELETE FROM {progress} p WHERE {HALF_DONE} \
             RETURNING '{}', revision, direction, next_statement, started, false, done_digest;\n\
             DELETE FROM {progress};\n",
            tag::STALE
        ),
    };
    // A newer program may have given the history columns that this one does not know.
    let newer = format!(
        "DO $migrate$ BEGIN IF (SELECT pg_catalog.max(version) FROM {layout}) > {VERSION} THEN RAISE EXCEPTION \
         USING ERRCODE = '{NEWER}', MESSAGE = (SELECT pg_catalog.max(version)::text FROM {layout}); \
         END IF; END $migrate$;\n"
    );
    format!(
        "{begin}{QUIET}{tables}INSERT INTO {layout} SELECT 1 WHERE NOT EXISTS (SELECT FROM {layout});\n{newer}{stale}COMMIT",
        begin = begin(tables, "IF NOT EXISTS "),
        tables = ours(tables, "IF NOT EXISTS "),
    )
}

/// Of what is there already, nobody wants to hear.
const QUIET: &str = "SET LOCAL client_min_messages = warning;\n";

/// Opens a transaction that makes tables: with the lock, and only if they are not there.
fn begin(tables: &Tables, if_missing: &str) -> String {
    let Tables { schema, history, log, layout, progress, statement, .. } = tables;
    let needed: &[&String] = match if_missing.is_empty() {
        true => &[history, layout],
        false => &[history, layout, log, progress, statement],
    };
    let are_there = needed
        .iter()
        .map(|table| format!("pg_catalog.to_regclass({}) IS NOT NULL", literal(table)))
        .collect::<Vec<_>>();
    let guard = guard(
        tables,
        &format!(
            "IF {are_there} THEN \
             RAISE EXCEPTION USING ERRCODE = '{HISTORY_CHANGED}', MESSAGE = 'the history has been made'; END IF; \
             IF pg_catalog.to_regnamespace({quoted}) IS NULL THEN CREATE SCHEMA {name}; END IF; ",
            are_there = are_there.join(" AND "),
            quoted = literal(&quote(schema)),
            name = quote(schema),
        ),
    );
    format!("BEGIN ISOLATION LEVEL READ COMMITTED;\n{guard}\n")
}

/// The tables. What each start asks for stands first in a row of the history: to find a column, a server reads over all
/// before it.
fn ours(tables: &Tables, if_missing: &str) -> String {
    let Tables { history, log, layout, progress, statement, .. } = tables;
    format!(
        "CREATE TABLE {if_missing}{layout} (version integer NOT NULL);
CREATE SEQUENCE {if_missing}{statement} MINVALUE 0 START 0;
CREATE TABLE {if_missing}{progress} (
    revision text PRIMARY KEY,
    direction text NOT NULL,
    next_statement integer NOT NULL,
    started boolean NOT NULL,
    done_digest text NOT NULL,
    began timestamptz NOT NULL,
    statement_digest text,
    found text
);
CREATE TABLE {if_missing}{history} (
    revision text PRIMARY KEY,
    position bigint NOT NULL UNIQUE,
    undoing boolean NOT NULL DEFAULT false,
    chain_digest text NOT NULL,
    parents text[] NOT NULL,
    up_digest text NOT NULL,
    down_digest text,
    digest_version integer NOT NULL,
    down_sql text,
    down_transactional boolean NOT NULL,
    transactional boolean NOT NULL,
    applied_at timestamptz NOT NULL,
    applied_by text NOT NULL,
    duration_ms bigint NOT NULL,
    tool text NOT NULL,
    down_lock_timeout_ms bigint,
    down_statement_timeout_ms bigint
);
CREATE TABLE {if_missing}{log} (
    at timestamptz NOT NULL,
    by text NOT NULL,
    action text NOT NULL,
    revision text NOT NULL,
    duration_ms bigint,
    error text,
    tool text NOT NULL
);
"
    )
}

/// Brings tables of an older layout to this one, unless another runner just has. Nothing that an
/// older program reads or writes goes away, so it goes on working beside this one.
pub(crate) fn upgrade(tables: &Tables, from: u32) -> String {
    let Tables { history, layout, progress, .. } = tables;
    let then = format!(
        "IF (SELECT pg_catalog.max(version) FROM {layout}) <> {from} THEN \
         RAISE EXCEPTION USING ERRCODE = '{HISTORY_CHANGED}', MESSAGE = 'the layout has changed'; END IF; "
    );
    let mut sql =
        format!("BEGIN ISOLATION LEVEL READ COMMITTED;\n{}\n{QUIET}", guard(tables, &then));
    if from < 2 {
        sql.push_str(&format!(
            "ALTER TABLE {history} ADD COLUMN IF NOT EXISTS down_lock_timeout_ms bigint, \
             ADD COLUMN IF NOT EXISTS down_statement_timeout_ms bigint;\n"
        ));
    }
    if from < 3 {
        sql.push_str(&format!(
            "ALTER TABLE {progress} ADD COLUMN IF NOT EXISTS statement_digest text, ADD COLUMN IF NOT EXISTS found text;\n"
        ));
    }
    sql.push_str(&format!("UPDATE {layout} SET version = {VERSION};\nCOMMIT"));
    sql
}
