//! The SQL that the runner sends besides the migrations' own: history, lock, guard, records.
//!
//! Everything is schema-qualified and nothing is prepared, so that no search_path misleads it and
//! a pooler may stand in between. Rows that are ours begin with a tag: a migration's own SELECTs
//! answer in the same message.

use std::fmt::Write as _;

use crate::chain::{Chain, Migration};
use crate::digest::DIGEST_VERSION;
use crate::plan::{Direction, Step};
use crate::settings::Settings;

/// The version of the history tables' layout.
pub(crate) const LAYOUT_VERSION: u32 = 1;

/// The SQLSTATE that the guard raises when another runner holds the lock.
pub(crate) const BUSY: &str = "MG001";
/// The SQLSTATE that the guard raises when the history is not what the plan was made for.
pub(crate) const MOVED: &str = "MG002";

/// The tags of our rows.
pub(crate) mod tag {
    pub(crate) const HEAD: &str = "migrate:head";
    pub(crate) const HOLDER: &str = "migrate:holder";
    pub(crate) const SESSION: &str = "migrate:session";
    pub(crate) const RECORD: &str = "migrate:record";
    pub(crate) const DONE: &str = "migrate:done";
    pub(crate) const STATEMENT: &str = "migrate:statement";
}

/// The version of the tool, for the record.
const TOOL: &str = concat!("migrate ", env!("CARGO_PKG_VERSION"));

/// An identifier, quoted.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A string, quoted so that it means the same whatever a migration did to the session's settings.
pub(crate) fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

fn optional_literal(text: Option<&str>) -> String {
    text.map_or_else(|| "NULL".to_owned(), literal)
}

/// The names of our tables, quoted and qualified.
#[derive(Debug, Clone)]
pub(crate) struct Tables {
    pub(crate) schema: String,
    pub(crate) history: String,
    pub(crate) log: String,
    pub(crate) layout: String,
    pub(crate) progress: String,
    /// The same as the server's messages name it.
    pub(crate) progress_name: String,
    /// What the lock is keyed by: runners of one history exclude each other.
    pub(crate) lock_key: i64,
}

impl Tables {
    pub(crate) fn new(schema: &str, prefix: &str) -> Self {
        let table = |name: &str| {
            format!("{}.{}", identifier(schema), identifier(&format!("{prefix}{name}")))
        };
        let seed = format!("migrate lock\0{schema}\0{prefix}");
        let [a, b, c, d, e, f, g, h, ..] = hmac_sha256::Hash::hash(seed.as_bytes());
        Tables {
            schema: schema.to_owned(),
            history: table("history"),
            log: table("log"),
            layout: table("layout"),
            progress: table("progress"),
            progress_name: format!("{prefix}progress"),
            lock_key: i64::from_be_bytes([a, b, c, d, e, f, g, h]),
        }
    }
}

/// Is our head recorded, and how many revisions are? The whole question when nothing is to do, and
/// as long for a chain of thousands.
pub(crate) fn head(tables: &Tables, chain: &Chain<'_>) -> String {
    format!(
        "SELECT '{tag}', (SELECT pg_catalog.count(*) FROM {history}), \
         (SELECT chain_digest FROM {history} WHERE revision = {id})",
        tag = tag::HEAD,
        history = tables.history,
        id = literal(chain.head().id.as_str()),
    )
}

/// Who holds the lock, if anyone does.
pub(crate) fn holder(tables: &Tables) -> String {
    // An advisory lock of one bigint shows as its two halves.
    let [a, b, c, d, e, f, g, h] = tables.lock_key.to_be_bytes();
    let (high, low) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
    format!(
        "SELECT '{tag}', l.pid, a.application_name, a.usename, \
         pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() - a.xact_start), pg_catalog.left(a.query, 200) \
         FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid \
         WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
         AND l.classid = {high} AND l.objid = {low} AND l.pid <> pg_catalog.pg_backend_pid() \
         AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) \
         LIMIT 1",
        tag = tag::HOLDER,
    )
}

/// The settings of the session that a migration may change and we put back.
pub(crate) fn session() -> String {
    format!(
        "SELECT '{}', pg_catalog.current_setting('search_path'), pg_catalog.current_setting('role'), \
         pg_catalog.current_setting('standard_conforming_strings')",
        tag::SESSION,
    )
}

/// All that was applied, in order; [`history::parse`](crate::history::parse) reads it.
pub(crate) fn read(tables: &Tables) -> String {
    format!(
        "SELECT '{}', revision, pg_catalog.array_to_string(parents, ','), up_digest, down_digest, \
         chain_digest, position, \
         pg_catalog.to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), \
         applied_by, duration_ms FROM {} ORDER BY position",
        tag::RECORD,
        tables.history,
    )
}

/// Ends a failed transaction; tells which statement was the last to begin, if the tables exist.
pub(crate) fn recover(tables: &Tables, has_tables: bool) -> String {
    let mut sql = "ROLLBACK".to_owned();
    if has_tables {
        let _ = write!(sql, ";\nSELECT '{}', last_value FROM {}", tag::STATEMENT, tables.progress);
    }
    sql
}

/// Makes the tables, in a transaction of its own, unless another runner just has.
pub(crate) fn create_tables(tables: &Tables) -> String {
    let Tables { schema, history, log, layout, progress, .. } = tables;
    let guard = guard(
        tables,
        &format!(
            "IF pg_catalog.to_regclass({table}) IS NOT NULL THEN \
             RAISE EXCEPTION USING ERRCODE = '{MOVED}', MESSAGE = 'the history has been made'; END IF; \
             IF pg_catalog.to_regnamespace({quoted}) IS NULL THEN CREATE SCHEMA {name}; END IF; ",
            table = literal(history),
            quoted = literal(&identifier(schema)),
            name = identifier(schema),
        ),
    );
    format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED;
{guard}
CREATE TABLE {layout} (version integer NOT NULL);
INSERT INTO {layout} VALUES ({LAYOUT_VERSION});
CREATE SEQUENCE {progress} MINVALUE 0 START 0;
CREATE TABLE {history} (
    revision text PRIMARY KEY,
    position bigint NOT NULL UNIQUE,
    parents text[] NOT NULL,
    up_digest text NOT NULL,
    down_digest text,
    chain_digest text NOT NULL,
    digest_version integer NOT NULL,
    down_sql text,
    down_transactional boolean NOT NULL,
    transactional boolean NOT NULL,
    applied_at timestamptz NOT NULL,
    applied_by text NOT NULL,
    duration_ms bigint NOT NULL,
    tool text NOT NULL
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

/// Takes the lock for this transaction or fails at once, never waits: a waiting statement would
/// hold a snapshot, and block a CREATE INDEX CONCURRENTLY of whoever has the lock.
fn guard(tables: &Tables, then: &str) -> String {
    format!(
        "DO $migrate$ BEGIN \
         IF NOT pg_catalog.pg_try_advisory_xact_lock({key}) THEN \
         RAISE EXCEPTION USING ERRCODE = '{BUSY}', MESSAGE = 'another migration is running'; END IF; \
         {then}END $migrate$;",
        key = tables.lock_key,
    )
}

/// Opens the transaction of a step: settings, lock, and the history is as the plan expects it.
pub(crate) fn begin(
    tables: &Tables,
    step: &Step<'_>,
    settings: &Settings,
    number: usize,
) -> String {
    let options = match step.direction {
        Direction::Up => step.migration.up.options,
        Direction::Down => step.migration.down_options(),
    };
    let mut sql = "BEGIN ISOLATION LEVEL READ COMMITTED;\n".to_owned();
    let timeouts = [
        ("lock_timeout", options.lock_timeout.or(settings.lock_timeout)),
        ("statement_timeout", options.statement_timeout.or(settings.statement_timeout)),
    ];
    for (name, timeout) in timeouts {
        if let Some(timeout) = timeout {
            let _ = writeln!(sql, "SET LOCAL {name} = {};", timeout.as_millis());
        }
    }
    let history = &tables.history;
    let last = match step.last {
        None => String::new(),
        Some(revision) => {
            format!(" OR NOT EXISTS (SELECT FROM {history} WHERE revision = {})", literal(revision))
        }
    };
    // The clock is kept in a setting of this transaction: now() is the same for all transactions
    // of one message.
    let then = format!(
        "IF (SELECT pg_catalog.count(*) FROM {history}) <> {count}{last} THEN \
         RAISE EXCEPTION USING ERRCODE = '{MOVED}', MESSAGE = 'the history has changed'; END IF; \
         PERFORM pg_catalog.set_config('migrate.started', \
         pg_catalog.date_part('epoch', pg_catalog.clock_timestamp())::text, true); \
         PERFORM pg_catalog.setval({progress}, {number}); ",
        count = step.count,
        progress = literal(&tables.progress),
    );
    sql.push_str(&guard(tables, &then));
    sql.push('\n');
    sql
}

/// Notes which statement begins. A sequence keeps it even when the transaction fails.
pub(crate) fn mark(tables: &Tables, number: usize) -> String {
    format!("SELECT pg_catalog.setval({}, {number});\n", literal(&tables.progress))
}

/// Closes the transaction of a step: the session as it was, the record, commit.
pub(crate) fn finish(tables: &Tables, step: &Step<'_>, session: &Session, marked: bool) -> String {
    // Only where it has changed, so that no setting of the session is left behind. The role goes
    // first: the one that the migration took may not write our tables.
    let restore = |name: &str, value: &str| {
        format!(
            "CASE WHEN pg_catalog.current_setting('{name}') <> {value} \
             THEN pg_catalog.set_config('{name}', {value}, false) END",
            value = literal(value),
        )
    };
    let (role, path) =
        (restore("role", &session.role), restore("search_path", &session.search_path));
    let mut sql = format!("SELECT {role}, {path}");
    if marked {
        let _ = write!(sql, ", pg_catalog.setval({}, 0)", literal(&tables.progress));
    }
    sql.push_str(";\n");
    let migration = step.migration;
    let id = literal(migration.id.as_str());
    match step.direction {
        Direction::Up => sql.push_str(&insert(tables, migration, step.position)),
        Direction::Down => {
            let _ = writeln!(sql, "DELETE FROM {} WHERE revision = {id};", tables.history);
        }
    }
    let _ = write!(
        sql,
        "INSERT INTO {log} VALUES (pg_catalog.clock_timestamp(), session_user, '{direction}', {id}, {DURATION}, NULL, '{TOOL}') \
         RETURNING '{tag}', duration_ms;
COMMIT;
",
        log = tables.log,
        direction = step.direction,
        tag = tag::DONE,
    );
    sql
}

/// Milliseconds since the step began; 0 where a migration has reset all settings.
const DURATION: &str = "coalesce(pg_catalog.round((pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) \
     - nullif(pg_catalog.current_setting('migrate.started', true), '')::float8) * 1000)::bigint, 0)";

fn insert(tables: &Tables, migration: &Migration<'_>, position: i64) -> String {
    let parents: Vec<String> = migration.parents.iter().map(|id| literal(id.as_str())).collect();
    format!(
        "INSERT INTO {history} VALUES ({id}, {position}, ARRAY[{parents}]::text[], '{up}', {down}, '{chain}', \
         {DIGEST_VERSION}, {down_sql}, {down_transactional}, {transactional}, pg_catalog.clock_timestamp(), session_user, \
         {DURATION}, '{TOOL}');\n",
        history = tables.history,
        id = literal(migration.id.as_str()),
        parents = parents.join(", "),
        up = migration.digests.up,
        down = optional_literal(migration.digests.down.map(|digest| digest.to_string()).as_deref()),
        chain = migration.digests.chain,
        down_sql = optional_literal(migration.down_sql()),
        down_transactional = migration.down_options().transactional,
        transactional = migration.up.options.transactional,
    )
}

/// The settings of a session that every step leaves as they were.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Session {
    pub(crate) search_path: String,
    pub(crate) role: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_are_quoted() {
        let check = |text: &str, name: &str, value: &str| {
            assert_eq!((identifier(text).as_str(), literal(text).as_str()), (name, value));
        };
        check("a", "\"a\"", "E'a'");
        check("a\"b", "\"a\"\"b\"", "E'a\"b'");
        check("it's", "\"it's\"", "E'it''s'");
        check("a\\'b", "\"a\\'b\"", "E'a\\\\''b'");
    }

    #[test]
    fn the_lock_is_one_per_history() {
        let key = |schema, prefix| Tables::new(schema, prefix).lock_key;
        assert_eq!(key("public", "migrate_"), key("public", "migrate_"));
        assert_ne!(key("public", "migrate_"), key("app", "migrate_"));
        assert_ne!(key("public", "migrate_"), key("public", "other_"));
    }
}
