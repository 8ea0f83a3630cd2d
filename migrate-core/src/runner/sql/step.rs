//! The SQL around a step that is one transaction: settings, guard, marks, record.

use std::fmt::Write as _;
use std::time::Duration;

use super::{
    HALF_DONE, HISTORY_CHANGED, HISTORY_CHANGED_TEXT, IS_BUSY, Session, TOOL, Tables, guard,
    literal, refuse, tag,
};
use crate::chain::chain::Migration;
use crate::chain::digest::DIGEST_VERSION;
use crate::plan::direction::Direction;
use crate::plan::step::Step;
use crate::runner::settings::Settings;

/// How the guard of a transaction refuses.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Guard {
    /// By an expression that fails; if it does not, this mark is set. A `DO` block is compiled again each time, and takes
    /// longer than all else that surrounds a step.
    Quick(Option<u64>),
    /// With an SQLSTATE of its own, for whoever reads what psql says.
    Worded,
}

/// Opens the transaction of a step: settings, lock, and the history is as the plan expects it.
pub(crate) fn begin(
    tables: &Tables,
    step: &Step<'_>,
    settings: &Settings,
    how: Guard,
    changes: &[String],
    half_done: &[&str],
) -> String {
    let checked = checked(tables, step, settings, how, half_done);
    format!("BEGIN ISOLATION LEVEL READ COMMITTED;\n{}{checked}", save(changes))
}

/// What a transaction of a step begins with: settings, lock, and the history is as the plan expects it. These revisions
/// were half done when the plan was made.
pub(crate) fn checked(
    tables: &Tables,
    step: &Step<'_>,
    settings: &Settings,
    how: Guard,
    half_done: &[&str],
) -> String {
    let moved = moved_before(tables, step, half_done);
    match how {
        // The check is a statement of its own: a snapshot that both have would be older than the lock.
        Guard::Quick(marker) => format!(
            "SELECT CASE WHEN NOT pg_catalog.pg_try_advisory_xact_lock({key}) THEN {busy} END, {started};\n\
             SELECT CASE WHEN {moved} THEN {history_changed} END{marker};\n",
            key = tables.lock_key,
            busy = refuse(IS_BUSY),
            started = started(step, settings),
            history_changed = refuse(HISTORY_CHANGED_TEXT),
            marker = marker
                .map_or_else(String::new, |marker| format!(", {}", set_marker(tables, marker))),
        ),
        Guard::Worded => {
            let then = format!("{}PERFORM {STARTED}; ", raise_if(&moved));
            format!("{}{}\n", timeouts("SET LOCAL", step, settings), guard(tables, &then))
        }
    }
}

/// The same for a step that follows another in one transaction. `deferrable` says that there may be constraints that wait
/// for the commit.
pub(crate) fn continue_transaction(
    tables: &Tables,
    step: &Step<'_>,
    settings: &Settings,
    marker: u64,
    changes: &[String],
    deferrable: bool,
) -> String {
    format!(
        "{defer}{save}SELECT {started}, {marker};\n",
        defer = if deferrable { constraints("condeferred", "DEFERRED") } else { String::new() },
        save = save(changes),
        started = started(step, settings),
        marker = set_marker(tables, marker),
    )
}

/// Keeps the time in a setting of this transaction: `now()` is the same for all transactions of one message. As a numeric,
/// since the session's `extra_float_digits` may leave two digits of a float.
const STARTED: &str = "pg_catalog.set_config('migrate.started', \
     EXTRACT(epoch FROM pg_catalog.clock_timestamp())::text, true)";

/// The columns of a SELECT that sets what a step begins with: its timeouts, and the time.
fn started(step: &Step<'_>, settings: &Settings) -> String {
    let mut columns = timeout_columns(step, settings, true);
    columns.push(STARTED.to_owned());
    columns.join(", ")
}

/// Sets constraints one by one: a word about ALL would hold for those that are still to be made.
fn constraints(which: &str, mode: &str) -> String {
    format!(
        "DO $migrate$ DECLARE names text; BEGIN \
         SELECT pg_catalog.string_agg(DISTINCT pg_catalog.format('%I.%I', n.nspname, c.conname), ', ') INTO names \
         FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace WHERE c.{which}; \
         IF names IS NOT NULL THEN EXECUTE pg_catalog.concat('SET CONSTRAINTS ', names, ' {mode}'); \
         END IF; END $migrate$;\n"
    )
}

/// The end of the transaction of a step.
pub(crate) const COMMIT: &str = "COMMIT;\n";

/// Keeps the settings that a step is going to change, in settings of this transaction: `=` and the
/// value where the session has made it, `!` where it is the default.
pub(crate) fn save(names: &[String]) -> String {
    let save = names.iter().enumerate().map(|(nth, name)| {
        let name = literal(name);
        let value = format!("'=' || pg_catalog.current_setting({name}, true)");
        format!(
            "pg_catalog.set_config('migrate.saved_{nth}', coalesce((SELECT CASE WHEN source = 'session' \
             THEN {value} ELSE '!' END FROM pg_catalog.pg_settings \
             WHERE pg_catalog.lower(name) = pg_catalog.lower({name})), {value}), true)"
        )
    });
    match names {
        [] => String::new(),
        _ => format!("SELECT {};\n", save.collect::<Vec<_>>().join(", ")),
    }
}

/// The columns of a SELECT that puts them back.
fn restore_saved(names: &[String]) -> Vec<String> {
    let restore = names.iter().enumerate().map(|(nth, name)| {
        let saved = format!("pg_catalog.current_setting('migrate.saved_{nth}', true)");
        format!(
            "pg_catalog.set_config({name}, CASE WHEN {saved} LIKE '=%' \
             THEN pg_catalog.substr({saved}, 2) END, false)",
            name = literal(name),
        )
    });
    restore.collect()
}

/// The timeouts that a step runs under, its own before the runner's.
pub(crate) fn timeouts(set: &str, step: &Step<'_>, settings: &Settings) -> String {
    let timeouts = timeout_values(step, settings);
    timeouts.map(|(name, value)| format!("{set} {name} = {value};\n")).collect()
}

/// The same as the columns of a SELECT, for this transaction alone or for the session.
pub(crate) fn timeout_columns(step: &Step<'_>, settings: &Settings, is_local: bool) -> Vec<String> {
    let set = |(name, value)| format!("pg_catalog.set_config('{name}', '{value}', {is_local})");
    timeout_values(step, settings).map(set).collect()
}

/// The same, each by its name and in milliseconds.
fn timeout_values(
    step: &Step<'_>,
    settings: &Settings,
) -> impl Iterator<Item = (&'static str, u128)> {
    let options = match step.direction {
        Direction::Up => step.migration.up.options,
        Direction::Down => step.migration.down_options(),
    };
    let timeouts = [
        ("lock_timeout", options.lock_timeout.or(settings.lock_timeout)),
        ("statement_timeout", options.statement_timeout.or(settings.statement_timeout)),
    ];
    timeouts.into_iter().filter_map(|(name, timeout)| Some((name, milliseconds(timeout?))))
}

/// How long this transaction waits for a lock on a table.
pub(crate) fn local_lock_timeout(timeout: Duration) -> String {
    format!("SET LOCAL lock_timeout = {};\n", milliseconds(timeout))
}

/// As the server counts: not zero, which is no limit, unless it is, and no more than it can hold.
fn milliseconds(timeout: Duration) -> u128 {
    timeout.as_nanos().div_ceil(1_000_000).min(i32::MAX.unsigned_abs().into())
}

/// The condition that the history is not what the plan was made for. It is read once for both questions.
pub(crate) fn moved(tables: &Tables, count: usize, last: Option<&str>) -> String {
    let last = last.map_or_else(String::new, |revision| {
        format!(" OR pg_catalog.bool_or(revision = {}) IS NOT TRUE", literal(revision))
    });
    format!("(SELECT pg_catalog.count(*) <> {count}{last} FROM {})", tables.history)
}

/// The same before a step. A downgrade must not go below a revision that somebody has begun since.
pub(crate) fn moved_before(tables: &Tables, step: &Step<'_>, half_done: &[&str]) -> String {
    let moved = moved(tables, step.count, step.last.as_deref());
    match step.direction {
        Direction::Up => moved,
        Direction::Down => format!("{moved} OR {}", begun_since(tables, half_done)),
    }
}

/// The condition that a revision is half done which is none of these.
pub(crate) fn begun_since(tables: &Tables, half_done: &[&str]) -> String {
    let known: Vec<String> = half_done.iter().map(|id| literal(id)).collect();
    let others = match known.is_empty() {
        true => String::new(),
        false => format!(" AND revision NOT IN ({})", known.join(", ")),
    };
    format!("EXISTS (SELECT FROM {} p WHERE {HALF_DONE}{others})", tables.progress)
}

/// What a `DO` block does where that condition holds.
pub(crate) fn raise_if(moved: &str) -> String {
    format!(
        "IF {moved} THEN RAISE EXCEPTION USING ERRCODE = '{HISTORY_CHANGED}', \
         MESSAGE = 'the history has changed'; END IF; "
    )
}

/// Notes which statement begins. A sequence keeps it even when the transaction fails, and tells
/// each session its own.
pub(crate) fn marker(tables: &Tables, number: u64) -> String {
    format!("SELECT {};\n", set_marker(tables, number))
}

fn set_marker(tables: &Tables, number: u64) -> String {
    format!("pg_catalog.setval({}, {number})", literal(&tables.statement))
}

/// What follows the last statement of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AfterStep {
    /// The commit.
    Commit,
    /// Another step in the same transaction.
    Next {
        /// Whether there may be constraints that wait for the commit: they are looked at as if this were it.
        deferrable: bool,
    },
}

/// Closes a step, all but the commit: the session as it was, the record.
pub(crate) fn finish(
    tables: &Tables,
    step: &Step<'_>,
    session: &Session,
    marker: Option<u64>,
    changes: &[String],
    then: AfterStep,
) -> String {
    let first = changes.first().map(String::as_str);
    let mut columns = Session::columns(restore_saved(changes), first, session.restore_changed());
    if then != AfterStep::Commit {
        // Else the next step would run under what was set for this one.
        columns.extend(session.restore_timeouts());
    }
    columns.extend(marker.map(|number| set_marker(tables, number)));
    columns.push(format!("pg_catalog.set_config('migrate.took', {DURATION}::text, true)"));
    let mut sql = format!("SELECT {};\n", columns.join(", "));
    if then == (AfterStep::Next { deferrable: true }) {
        sql.push_str(&constraints("condeferrable", "IMMEDIATE"));
    }
    let migration = &step.migration;
    let id = literal(migration.id.as_str());
    match step.direction {
        Direction::Up => sql.push_str(&insert(tables, migration, step.position, TOOK)),
        Direction::Down => {
            let _ = writeln!(sql, "DELETE FROM {} WHERE revision = {id};", tables.history);
        }
    }
    let _ = writeln!(
        sql,
        "INSERT INTO {log} VALUES (pg_catalog.clock_timestamp(), session_user, '{direction}', {id}, {TOOK}, NULL, '{TOOL}') \
         RETURNING '{tag}', revision, duration_ms;",
        log = tables.log,
        direction = step.direction,
        tag = tag::DONE,
    );
    sql
}

/// Milliseconds since the step began; 0 where a migration has reset all settings. (A product with an `integer` would have
/// the server look for an operator that takes both.)
const DURATION: &str = "coalesce(pg_catalog.round((EXTRACT(epoch FROM pg_catalog.clock_timestamp()) \
     - nullif(pg_catalog.current_setting('migrate.started', true), '')::numeric) * 1000::numeric)::bigint, 0)";

/// The same where it has been kept: to read and to plan it takes a server as long as to insert a row.
const TOOK: &str = "pg_catalog.current_setting('migrate.took')::bigint";

/// The record of a revision, which took so many milliseconds.
pub(crate) fn insert(
    tables: &Tables,
    migration: &Migration<'_>,
    position: i64,
    took: &str,
) -> String {
    let down = migration.down_options();
    let parents: Vec<String> = migration.parents.iter().map(|id| literal(id.as_str())).collect();
    format!(
        "INSERT INTO {history} (revision, position, chain_digest, parents, up_digest, down_digest, digest_version, down_sql, \
         down_transactional, transactional, applied_at, applied_by, duration_ms, tool, down_lock_timeout_ms, \
         down_statement_timeout_ms) VALUES ({id}, {position}, '{chain}', ARRAY[{parents}]::text[], '{up}', {down}, \
         {DIGEST_VERSION}, {down_sql}, {down_transactional}, {transactional}, pg_catalog.clock_timestamp(), session_user, \
         {took}, '{TOOL}', {down_lock_timeout}, {down_statement_timeout});\n",
        history = tables.history,
        id = literal(migration.id.as_str()),
        parents = parents.join(", "),
        up = migration.digests.up,
        down = optional_literal(migration.digests.down.map(|digest| digest.to_string()).as_deref()),
        chain = migration.digests.chain,
        down_sql = optional_literal(migration.down_sql()),
        down_lock_timeout = optional_milliseconds(down.lock_timeout),
        down_statement_timeout = optional_milliseconds(down.statement_timeout),
        down_transactional = down.transactional,
        transactional = migration.up.options.transactional,
    )
}

fn optional_milliseconds(timeout: Option<Duration>) -> String {
    timeout.map_or_else(|| "NULL".to_owned(), |timeout| milliseconds(timeout).to_string())
}

fn optional_literal(text: Option<&str>) -> String {
    text.map_or_else(|| "NULL".to_owned(), literal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_whole_milliseconds_that_the_server_can_hold() {
        let check = |timeout, expected| assert_eq!(milliseconds(timeout), expected, "{timeout:?}");
        check(Duration::ZERO, 0);
        check(Duration::from_nanos(1), 1);
        check(Duration::from_micros(1500), 2);
        check(Duration::from_secs(5), 5000);
        check(Duration::MAX, 2_147_483_647);
    }
}
