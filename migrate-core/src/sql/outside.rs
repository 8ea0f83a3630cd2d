//! The SQL around a step that runs outside a transaction: a lock of the session, and progress
//! kept statement by statement.

use super::step::{Guard, Then};
use super::{Session, Tables, held, literal, step, tag};
use crate::digest::Digest;
use crate::plan::{Direction, Step};
use crate::settings::Settings;

/// Takes the lock for the session, without waiting: the statements to come end the transaction
/// that could hold it. A session may take a lock twice, and behind a pooler in transaction mode another
/// client may have taken it in this one; so it is looked at before.
pub(crate) fn lock(tables: &Tables) -> String {
    format!(
        "SELECT '{lock}', CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_locks l \
         WHERE l.pid = pg_catalog.pg_backend_pid() AND {held}) THEN false \
         ELSE pg_catalog.pg_try_advisory_lock({key}) END;\n{PROCESS}",
        lock = tag::LOCK,
        held = held(tables),
        key = tables.lock_key,
    )
}

/// Gives the lock back, and the session its settings.
pub(crate) fn release(tables: &Tables, restore: &[String]) -> String {
    format!("SELECT {restore};\n{unlock}", restore = restore.join(", "), unlock = unlock(tables),)
}

/// Gives the lock back, and tells whether this session had it.
pub(crate) fn unlock(tables: &Tables) -> String {
    format!("SELECT '{}', pg_catalog.pg_advisory_unlock({})", tag::LOCK, tables.lock_key)
}

/// Which process of the server answers: another one than before, where a pooler stands in between.
pub(crate) const PROCESS: &str = "SELECT 'migrate:process', pg_catalog.pg_backend_pid()";

/// Is the history as the plan expects it, and was the step begun before?
pub(crate) fn check(tables: &Tables, step: &Step<'_>) -> String {
    format!(
        "{PROCESS};\nSELECT '{state}', {moved};\n\
         SELECT '{progress}', next_statement, started, done_digest FROM {table} \
         WHERE revision = {id} AND direction = '{direction}'",
        state = tag::STATE,
        moved = step::moved(tables, step.count, step.last.as_deref()),
        progress = tag::PROGRESS,
        table = tables.progress,
        id = literal(step.migration.id.as_str()),
        direction = step.direction,
    )
}

/// Asks for the settings that the step is going to change, sets its timeouts for the session, and
/// runs again what an earlier run has set. Behind a pooler another session may answer than the one that has the
/// lock: that one keeps its timeouts.
pub(crate) fn prepare(
    step: &Step<'_>,
    settings: &Settings,
    changes: &[String],
    process: &str,
    again: &str,
) -> String {
    let columns: String = changes
        .iter()
        .map(|name| format!(", pg_catalog.current_setting({}, true)", literal(name)))
        .collect();
    format!(
        "{PROCESS};\nSELECT '{}'{columns};\n\
         SELECT {set} WHERE pg_catalog.pg_backend_pid() = {process};\n{again}",
        tag::SAVED,
        set = step::timeout_columns(step, settings, false).join(", "),
    )
}

/// Keeps how far the step is: this many statements are done, and the next has started or not. A
/// role that the migration has taken may not write our tables, so for this transaction it is ours. The step began with the
/// transaction, in which a statement may stand before this.
pub(crate) fn keep(
    tables: &Tables,
    step: &Step<'_>,
    session: &Session,
    (done, started): (usize, bool),
    digest: Digest,
) -> String {
    // Half undone is not applied: whoever reads the history must not take it for that.
    let undoing = match step.direction {
        Direction::Up => String::new(),
        Direction::Down => format!(
            "UPDATE {} SET undoing = true WHERE revision = {};\n",
            tables.history,
            literal(step.migration.id.as_str())
        ),
    };
    format!(
        "SELECT pg_catalog.set_config('role', {role}, true);\n{undoing}\
         INSERT INTO {table} VALUES ({id}, '{direction}', {done}, {started}, '{digest}', \
         pg_catalog.transaction_timestamp()) \
         ON CONFLICT (revision) DO UPDATE SET direction = excluded.direction, \
         next_statement = excluded.next_statement, started = excluded.started, \
         done_digest = excluded.done_digest",
        role = literal(&session.role),
        table = tables.progress,
        id = literal(step.migration.id.as_str()),
        direction = step.direction,
    )
}

/// A statement and its progress in one transaction; where the statement begins in it.
pub(crate) fn together(label: &str, statement: &str, keep: &str) -> (String, usize) {
    let before = format!("{label}BEGIN ISOLATION LEVEL READ COMMITTED;\n");
    (format!("{before}{statement}\n;\n{keep};\nCOMMIT"), before.len())
}

/// The index of this name on this table (in quotes), and whether it is valid.
pub(crate) fn index(table: &str, name: &str) -> String {
    format!(
        "SELECT '{tag}', i.indisvalid, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) \
         FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE i.indrelid = pg_catalog.to_regclass({table}) AND c.relname = {name}",
        tag = tag::INDEX,
        table = literal(table),
        name = literal(name),
    )
}

/// Whether there is no index of this name, which is in quotes.
pub(crate) fn is_gone(name: &str) -> String {
    format!("SELECT '{}', pg_catalog.to_regclass({}) IS NULL", tag::INDEX, literal(name))
}

/// The record of the step, once all its statements are done.
pub(crate) fn record(
    tables: &Tables,
    step: &Step<'_>,
    settings: &Settings,
    session: &Session,
    guard: Guard,
) -> String {
    let id = literal(step.migration.id.as_str());
    format!(
        "SELECT {restore};\n{begin}SELECT pg_catalog.set_config('migrate.started', \
         (SELECT EXTRACT(epoch FROM began)::text FROM {progress} WHERE revision = {id}), true);\n\
         DELETE FROM {progress} WHERE revision = {id};\n{finish}{commit}",
        restore = session.restore_changed().join(", "),
        begin = step::begin(tables, step, settings, guard, &[]),
        progress = tables.progress,
        finish = step::finish(tables, step, session, None, &[], Then::Commit),
        commit = step::COMMIT,
    )
}
