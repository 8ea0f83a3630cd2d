//! The SQL that the runner sends besides the migrations' own: history, lock, guard, records.
//!
//! Everything is schema-qualified and nothing is prepared, so that no search_path misleads it and
//! a pooler may stand in between. Rows that are ours begin with a tag: a migration's own SELECTs
//! answer in the same message.

pub(crate) mod forget;
pub(crate) mod holder;
pub(crate) mod layout;
pub(crate) mod log;
pub(crate) mod non_transactional;
pub(crate) mod row_security;
pub(crate) mod stamp;
pub(crate) mod step;

use std::fmt::Write as _;

use crate::chain::chain::Chain;
use crate::runner::failure::Failure;
pub(crate) use crate::syntax::ident::literal;
use crate::syntax::ident::quote;

/// The SQLSTATE that a guard raises when another runner holds the lock.
pub(crate) const BUSY: &str = "MG001";
/// The SQLSTATE that a guard raises when the history is not what the plan was made for.
pub(crate) const HISTORY_CHANGED: &str = "MG002";

/// What a guard says without an SQLSTATE of its own.
const IS_BUSY: &str = "migrate: another migration is running";
/// The same for a history that is another.
const HISTORY_CHANGED_TEXT: &str = "migrate: the history has changed";

/// Whether a guard has found that another runner holds the lock.
pub(crate) fn is_busy(failure: &Failure) -> bool {
    failure.is(BUSY) || is_refusal(failure, IS_BUSY)
}

/// Whether a guard has found that the history is not what the plan was made for.
pub(crate) fn history_changed(failure: &Failure) -> bool {
    failure.is(HISTORY_CHANGED) || is_refusal(failure, HISTORY_CHANGED_TEXT)
}

/// The words of the server around the text are in its own language.
fn is_refusal(failure: &Failure, text: &str) -> bool {
    failure.is("22P02") && failure.message.contains(text)
}

/// An expression that fails with this text, which is no number. It fails where it is computed, and not where the statement
/// is planned: what `concat` gives is no constant.
fn refuse(text: &str) -> String {
    format!("pg_catalog.concat('{text}')::integer")
}

/// The tags of our rows.
pub(crate) mod tag {
    pub(crate) const HEAD: &str = "migrate:head";
    pub(crate) const HOLDER: &str = "migrate:holder";
    pub(crate) const SESSION: &str = "migrate:session";
    pub(crate) const LAYOUT: &str = "migrate:layout";
    pub(crate) const LOG: &str = "migrate:log";
    pub(crate) const RECORD: &str = "migrate:record";
    pub(crate) const DONE: &str = "migrate:done";
    pub(crate) const LOCK: &str = "migrate:lock";
    pub(crate) const STATE: &str = "migrate:state";
    pub(crate) const PROCESS: &str = "migrate:process";
    pub(crate) const PROGRESS: &str = "migrate:progress";
    pub(crate) const SAVED: &str = "migrate:saved";
    pub(crate) const OBJECT: &str = "migrate:object";
    pub(crate) const FOUND: &str = "migrate:found";
    pub(crate) const LOCK_TIMEOUT: &str = "migrate:lock_timeout";
    pub(crate) const PARTIAL: &str = "migrate:partial";
    pub(crate) const STATEMENT: &str = "migrate:statement";
    pub(crate) const TABLE: &str = "migrate:table";
    pub(crate) const STALE: &str = "migrate:stale";
    pub(crate) const HIDDEN: &str = "migrate:hidden";
}

/// The version of the tool, for the record.
pub(crate) const TOOL: &str = concat!("migrate ", env!("CARGO_PKG_VERSION"));

/// The names of our tables, quoted and qualified.
#[derive(Debug, Clone)]
pub(crate) struct Tables {
    pub(crate) schema: String,
    prefix: String,
    pub(crate) history: String,
    pub(crate) log: String,
    pub(crate) layout: String,
    /// The same as the server's messages name it.
    pub(crate) layout_name: String,
    pub(crate) progress: String,
    /// The same as the server's messages name it.
    pub(crate) progress_name: String,
    /// A sequence: the mark that was set last.
    pub(crate) statement: String,
    /// The same as the server's messages name it.
    pub(crate) statement_name: String,
    /// What the lock is keyed by: runners of one history exclude each other.
    pub(crate) lock_key: i64,
}

impl Tables {
    pub(crate) fn new(schema: &str, prefix: &str) -> Self {
        let table = |name: &str| format!("{}.{}", quote(schema), quote(&format!("{prefix}{name}")));
        let seed = format!("migrate lock\0{schema}\0{prefix}");
        let [a, b, c, d, e, f, g, h, ..] = hmac_sha256::Hash::hash(seed.as_bytes());
        Tables {
            schema: schema.to_owned(),
            prefix: prefix.to_owned(),
            history: table("history"),
            log: table("log"),
            layout: table("layout"),
            progress: table("progress"),
            statement: table("statement"),
            progress_name: format!("{prefix}progress"),
            layout_name: format!("{prefix}layout"),
            statement_name: format!("{prefix}statement"),
            lock_key: i64::from_be_bytes([a, b, c, d, e, f, g, h]),
        }
    }

    /// Which of the tables beside the history a message of the server names.
    pub(crate) fn beside_history(&self, message: &str) -> Option<&str> {
        let tables = [(&self.layout_name, &self.layout), (&self.progress_name, &self.progress)];
        let named = tables.into_iter().find(|(name, _)| message.contains(name.as_str()));
        named.map(|(_, table)| table.as_str())
    }
}

impl Tables {
    /// The names of all of them, the sequence last: neither qualified nor quoted.
    pub(crate) fn names(&self) -> [String; 5] {
        let own = ["history", "log", "layout", "progress", "statement"];
        own.map(|name| format!("{}{name}", self.prefix))
    }
}

/// How many revisions are recorded, how many of them are half undone, and is our head there? The whole question when
/// nothing is to do, and as long for a chain of thousands. A fresh session looks up each function, table and index that is
/// named, which takes longer than to run it: so it is one function, and the table is named once.
pub(crate) fn head(tables: &Tables, chain: &Chain<'_>) -> String {
    let (head, digest) = chain.tip();
    format!(
        "SELECT '{tag}', pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE undoing), \
         pg_catalog.count(*) FILTER (WHERE revision = {id} AND chain_digest = '{digest}') FROM {history}",
        tag = tag::HEAD,
        history = tables.history,
        id = literal(head),
    )
}

/// What is true of the lock in `pg_locks l` when somebody holds it.
fn held(tables: &Tables) -> String {
    // An advisory lock of one bigint shows as its two halves.
    let [a, b, c, d, e, f, g, h] = tables.lock_key.to_be_bytes();
    let (high, low) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
    format!(
        "l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
         AND l.classid = {high} AND l.objid = {low} \
         AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())"
    )
}

/// What stands between the settings that a session has made.
pub(crate) const SEPARATOR: char = '\u{1f}';

/// The settings of the session that a migration may change and we put back, without those of a single
/// transaction; whether a transaction began in an earlier message; which server it is; and, if that is asked for, whether
/// there is any constraint that can wait for a commit.
pub(crate) fn session(with_deferrable: bool) -> String {
    let deferrable = match with_deferrable {
        true => ", EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE condeferrable)",
        false => "",
    };
    format!(
        "SELECT '{}', pg_catalog.current_setting('search_path'), pg_catalog.current_setting('role'), \
         pg_catalog.current_setting('lock_timeout'), pg_catalog.current_setting('statement_timeout'), \
         pg_catalog.current_setting('standard_conforming_strings'), \
         (SELECT pg_catalog.string_agg(name || '=' || pg_catalog.current_setting(name), pg_catalog.chr({})) \
         FROM pg_catalog.pg_settings WHERE source = 'session' AND name <> 'seed' \
         AND NOT pg_catalog.starts_with(name, 'transaction_')), \
         pg_catalog.transaction_timestamp() <> pg_catalog.statement_timestamp(), pg_catalog.version(), \
         pg_catalog.quote_ident(current_user){deferrable}",
        tag::SESSION,
        u32::from(SEPARATOR),
    )
}

/// All that was applied, in order; [`history::parse`](crate::plan::history::parse) reads it.
/// With what the database keeps to undo them, if that is asked for; the timeouts' columns were added
/// later, and may be missing.
pub(crate) fn read(tables: &Tables, stored: bool) -> String {
    let stored = if stored {
        ", down_sql, down_transactional, pg_catalog.to_jsonb(h) ->> 'down_lock_timeout_ms', \
         pg_catalog.to_jsonb(h) ->> 'down_statement_timeout_ms'"
    } else {
        ""
    };
    format!(
        "SELECT '{}', revision, pg_catalog.array_to_string(parents, ','), up_digest, down_digest, \
         chain_digest, position, \
         pg_catalog.to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), \
         applied_by, duration_ms, undoing{stored} FROM {} h ORDER BY position",
        tag::RECORD,
        tables.history,
    )
}

/// What is true of the progress `p` of a revision that is half done: a statement is done, or under way, or was refused and has
/// left something. The column that says so was added later, and may be missing.
pub(crate) const HALF_DONE: &str = "(p.started OR p.next_statement > 0 \
     OR pg_catalog.strpos(pg_catalog.to_jsonb(p) ->> 'found', '+') > 0)";

/// The revisions that are under way outside a transaction, or have stopped on their way; and whether somebody has the lock.
pub(crate) fn partials(tables: &Tables) -> String {
    format!(
        "SELECT '{tag}', revision, direction, next_statement, started, \
         EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE {held}), done_digest \
         FROM {progress} p WHERE {HALF_DONE} ORDER BY began",
        tag = tag::PARTIAL,
        held = held(tables),
        progress = tables.progress,
    )
}

/// Ends a failed transaction; where marks were set, tells the last that this session has set.
pub(crate) fn recover(tables: &Tables, tracks_progress: bool) -> String {
    let mut sql = "ROLLBACK".to_owned();
    if tracks_progress {
        let sequence = literal(&tables.statement);
        let _ = write!(sql, ";\nSELECT '{}', pg_catalog.currval({sequence})", tag::STATEMENT);
    }
    sql
}

/// Takes the lock for this transaction or fails at once, never waits: a waiting statement would
/// hold a snapshot, and block a CREATE INDEX CONCURRENTLY of whoever has the lock. What follows sees what was committed
/// before the lock was had.
fn guard(tables: &Tables, then: &str) -> String {
    format!(
        "DO $migrate$ BEGIN \
         IF NOT pg_catalog.pg_try_advisory_xact_lock({key}) THEN \
         RAISE EXCEPTION USING ERRCODE = '{BUSY}', MESSAGE = 'another migration is running'; END IF; \
         {then}END $migrate$;",
        key = tables.lock_key,
    )
}

/// The settings of a session that every step leaves as they were.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Session {
    pub(crate) role: String,
    /// The role in force, quoted where its name needs that.
    pub(crate) user: String,
    pub(crate) search_path: String,
    pub(crate) lock_timeout: String,
    pub(crate) statement_timeout: String,
    /// The settings that the session itself has made, and their values; the others have their
    /// default.
    pub(crate) made: Vec<(String, String)>,
}

impl Session {
    /// What a migration inside a transaction may change for good, where it did. The role goes
    /// first: the one that a migration took may not write our tables.
    pub(crate) fn restore_changed(&self) -> Vec<String> {
        let changed = |name: &str, value: &str, reset: String| {
            let (name, value) = (literal(name), literal(value));
            format!("CASE WHEN pg_catalog.current_setting({name}) <> {value} THEN {reset} END")
        };
        let (role, path) = (literal(&self.role), &self.search_path);
        let role = format!("pg_catalog.set_config('role', {role}, false)");
        let mut columns = vec![
            changed("role", &self.role, role),
            changed("search_path", path, self.reset("search_path", path)),
        ];
        // RESET ALL changes what has no name in the migration.
        let others = self.made.iter().filter(|(name, _)| name != "search_path");
        columns.extend(others.map(|(name, value)| changed(name, value, self.reset(name, value))));
        columns
    }

    /// The same, and what we set ourselves for statements outside a transaction.
    pub(crate) fn restore_all(&self) -> Vec<String> {
        let mut columns = self.restore_changed();
        columns.extend(self.restore_timeouts());
        columns
    }

    /// The columns that put the session back: the settings that a migration has changed, of which
    /// this is the first, and what is put back in any case. The session's user goes first: it decides
    /// which role may be taken, and the role which tables may be written.
    pub(crate) fn columns(
        mut changed: Vec<String>,
        first: Option<&str>,
        always: Vec<String>,
    ) -> Vec<String> {
        let at = changed.len().min(usize::from(first == Some("session_authorization")));
        changed.splice(at..at, always);
        changed
    }

    /// What a step's own timeouts have changed.
    pub(crate) fn restore_timeouts(&self) -> [String; 2] {
        [
            self.reset("lock_timeout", &self.lock_timeout),
            self.reset("statement_timeout", &self.statement_timeout),
        ]
    }

    /// Makes a default a default again, so that the session holds no setting that it did not hold.
    pub(crate) fn reset(&self, name: &str, value: &str) -> String {
        let made = self.made.iter().any(|(made, _)| made.eq_ignore_ascii_case(name));
        let value = if made { literal(value) } else { "NULL".to_owned() };
        format!("pg_catalog.set_config({}, {value}, false)", literal(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_one_per_history() {
        let key = |schema, prefix| Tables::new(schema, prefix).lock_key;
        assert_eq!(key("public", "migrate_"), key("public", "migrate_"));
        assert_ne!(key("public", "migrate_"), key("app", "migrate_"));
        assert_ne!(key("public", "migrate_"), key("public", "other_"));
    }
}
