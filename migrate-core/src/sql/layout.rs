//! The history's tables: how they are made, and brought from an older layout to this one.

use super::{MOVED, Tables, guard, literal, tag};
use crate::ident::quote;

/// The version of the tables' layout that this program writes.
pub(crate) const VERSION: u32 = 2;

/// Which layout the tables have.
pub(crate) fn version(tables: &Tables) -> String {
    format!("SELECT '{}', pg_catalog.max(version) FROM {}", tag::LAYOUT, tables.layout)
}

/// Makes the tables, in a transaction of its own, unless another runner just has. What each start asks
/// for stands first in a row of the history: to find a column, a server reads over all before it.
pub(crate) fn create(tables: &Tables) -> String {
    let Tables { schema, history, log, layout, progress, statement, .. } = tables;
    let guard = guard(
        tables,
        &format!(
            "IF pg_catalog.to_regclass({history}) IS NOT NULL AND pg_catalog.to_regclass({layout}) IS NOT NULL THEN \
             RAISE EXCEPTION USING ERRCODE = '{MOVED}', MESSAGE = 'the history has been made'; END IF; \
             IF pg_catalog.to_regnamespace({quoted}) IS NULL THEN CREATE SCHEMA {name}; END IF; ",
            history = literal(history),
            layout = literal(layout),
            quoted = literal(&quote(schema)),
            name = quote(schema),
        ),
    );
    format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED;
{guard}
CREATE TABLE {layout} (version integer NOT NULL);
INSERT INTO {layout} VALUES ({VERSION});
CREATE SEQUENCE {statement} MINVALUE 0 START 0;
CREATE TABLE {progress} (
    revision text PRIMARY KEY,
    direction text NOT NULL,
    next_statement integer NOT NULL,
    started boolean NOT NULL,
    done_digest text NOT NULL,
    began timestamptz NOT NULL
);
CREATE TABLE {history} (
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
CREATE TABLE {log} (
    at timestamptz NOT NULL,
    by text NOT NULL,
    action text NOT NULL,
    revision text NOT NULL,
    duration_ms bigint,
    error text,
    tool text NOT NULL
);
COMMIT;
"
    )
}

/// Brings tables of an older layout to this one, unless another runner just has. Nothing that an
/// older program reads or writes goes away, so it goes on working beside this one.
pub(crate) fn upgrade(tables: &Tables, from: u32) -> String {
    let Tables { history, layout, .. } = tables;
    let then = format!(
        "IF (SELECT pg_catalog.max(version) FROM {layout}) <> {from} THEN \
         RAISE EXCEPTION USING ERRCODE = '{MOVED}', MESSAGE = 'the layout has changed'; END IF; "
    );
    let mut sql = format!("BEGIN ISOLATION LEVEL READ COMMITTED;\n{}\n", guard(tables, &then));
    if from < 2 {
        sql.push_str(&format!(
            "ALTER TABLE {history} ADD COLUMN down_lock_timeout_ms bigint, ADD COLUMN down_statement_timeout_ms bigint;\n"
        ));
    }
    sql.push_str(&format!("UPDATE {layout} SET version = {VERSION};\nCOMMIT"));
    sql
}
