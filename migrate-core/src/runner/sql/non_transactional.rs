//! The SQL around a step that runs outside a transaction: a lock of the session, and progress
//! kept statement by statement.

mod objects;

pub(crate) use self::objects::{NO_IDS, objects, orphans};
use super::step::{AfterStep, Guard};
use super::{Session, Tables, held, is_refusal, literal, refuse, step, tag};
use crate::chain::digest::Digest;
use crate::plan::direction::Direction;
use crate::plan::step::Step;
use crate::runner::failure::Failure;
use crate::runner::settings::Settings;

/// Takes the lock for the session, without waiting: the statements to come end the transaction
/// that could hold it. A session may take a lock twice, and behind a pooler in transaction mode another
/// client may have taken it in this one; so it is looked at before.
pub(crate) fn lock(tables: &Tables) -> String {
    format!(
        "SELECT '{lock}', CASE WHEN {is_ours} THEN false \
         ELSE pg_catalog.pg_try_advisory_lock({key}) END;\n{PROCESS}",
        lock = tag::LOCK,
        is_ours = is_ours(tables),
        key = tables.lock_key,
    )
}

/// Whether this session has the lock.
fn is_ours(tables: &Tables) -> String {
    format!(
        "EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.pid = pg_catalog.pg_backend_pid() AND {held})",
        held = held(tables),
    )
}

/// What a message says that was sent without the lock; the process that answers follows.
const IS_LOST: &str = "migrate: the lock is lost, process ";

/// Proves that the session has the lock, or fails: a statement may have given it back, and behind a pooler another
/// session may answer.
fn prove_lock(tables: &Tables) -> String {
    format!(
        "SELECT CASE WHEN NOT {is_ours} THEN {refuse} END;\n",
        is_ours = is_ours(tables),
        refuse = refuse(&format!("{IS_LOST}', pg_catalog.pg_backend_pid(), '")),
    )
}

/// Which process of the server has answered that it does not have the lock, if that is what failed.
pub(crate) fn lost_by(failure: &Failure) -> Option<&str> {
    if !is_refusal(failure, IS_LOST) {
        return None;
    }
    let (_, process) = failure.message.split_once(IS_LOST)?;
    Some(process.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default())
}

/// Gives the session its settings, and the lock back.
pub(crate) fn release(tables: &Tables, restore: &[String]) -> String {
    format!("SELECT {restore};\n{unlock}", restore = restore.join(", "), unlock = unlock(tables))
}

/// Gives the lock back, and tells whether this session had it, and which process it is.
pub(crate) fn unlock(tables: &Tables) -> String {
    format!(
        "SELECT '{tag}', CASE WHEN {is_ours} THEN pg_catalog.pg_advisory_unlock({key}) ELSE false END;\n{PROCESS}",
        tag = tag::LOCK,
        is_ours = is_ours(tables),
        key = tables.lock_key,
    )
}

/// Which process of the server answers: another one than before, where a pooler is in between.
pub(crate) const PROCESS: &str = "SELECT 'migrate:process', pg_catalog.pg_backend_pid()";

/// Is the history as the plan expects it, and was the step begun before?
pub(crate) fn check(tables: &Tables, step: &Step<'_>, half_done: &[&str]) -> String {
    format!(
        "{PROCESS};\nSELECT '{state}', {moved};\n\
         SELECT '{progress}', next_statement, started, done_digest, statement_digest, found FROM {table} \
         WHERE revision = {id} AND direction = '{direction}'",
        state = tag::STATE,
        moved = step::moved_before(tables, step, half_done),
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

/// How far a step is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress<'p> {
    /// How many statements are done.
    pub(crate) done: usize,
    /// Their digest.
    pub(crate) digest: Digest,
    /// The next statement, where one is under way or was refused.
    pub(crate) next: Option<NextStatement<'p>>,
}

/// A statement that runs alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NextStatement<'p> {
    pub(crate) digest: Digest,
    /// Whether it is about to run; else the server has refused it.
    pub(crate) is_announced: bool,
    /// Whether it has left something behind. AfterStep the revision is half done.
    pub(crate) has_left: bool,
    /// An expression for what was there before it, and what it has left: see [`objects`].
    pub(crate) found: &'p str,
}

/// What our own statements need in a session that a section has changed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SessionNeeds<'s> {
    /// Who the session's user was, if the section sets that.
    pub(crate) user: Option<&'s str>,
    /// Whether the section sets what a transaction may do unless it says otherwise. Ours write.
    pub(crate) sets_read_only: bool,
}

impl SessionNeeds<'_> {
    /// Whatever isolation is the default: what was committed meanwhile is to be seen, and nothing is to be tried again.
    fn begin(self) -> String {
        let mode = if self.sets_read_only { " READ WRITE" } else { "" };
        format!("BEGIN ISOLATION LEVEL READ COMMITTED{mode};\n")
    }

    /// Makes the session's user the one that it was, for this transaction.
    fn user(self) -> String {
        self.user.map_or_else(String::new, |user| {
            format!(
                "SELECT pg_catalog.set_config('session_authorization', {}, true);\n",
                literal(user)
            )
        })
    }
}

/// Keeps how far the step is. A role that the migration has taken may not write our tables, so for this transaction it is
/// ours. The step began with the
/// transaction, in which a statement may stand before this.
pub(crate) fn keep(
    tables: &Tables,
    step: &Step<'_>,
    session: &Session,
    progress: Progress<'_>,
    ours: SessionNeeds<'_>,
) -> String {
    let Progress { done, digest, next } = progress;
    let is_announced = next.is_some_and(|next| next.is_announced);
    let is_begun = done > 0 || next.is_some_and(|next| next.is_announced || next.has_left);
    // Half undone is not applied: whoever reads the history must not take it for that.
    let undoing = match step.direction {
        Direction::Up => String::new(),
        Direction::Down => format!(
            "UPDATE {} SET undoing = {} WHERE revision = {};\n",
            tables.history,
            is_begun,
            literal(step.migration.id.as_str())
        ),
    };
    format!(
        "{user}SELECT pg_catalog.set_config('role', {role}, true);\n{undoing}\
         INSERT INTO {table} (revision, direction, next_statement, started, done_digest, began, statement_digest, found) \
         VALUES ({id}, '{direction}', {done}, {is_announced}, '{digest}', pg_catalog.transaction_timestamp(), {statement}, {found}) \
         ON CONFLICT (revision) DO UPDATE SET direction = excluded.direction, \
         next_statement = excluded.next_statement, started = excluded.started, \
         done_digest = excluded.done_digest, statement_digest = excluded.statement_digest, found = excluded.found \
         RETURNING '{tag}', found",
        user = ours.user(),
        role = literal(&session.role),
        table = tables.progress,
        id = literal(step.migration.id.as_str()),
        direction = step.direction,
        statement = next.map_or_else(|| "NULL".to_owned(), |next| format!("'{}'", next.digest)),
        found = next.map_or("NULL", |next| next.found),
        tag = tag::FOUND,
    )
}

/// The same as a message of its own, for whoever has the lock. If the limit of waits for locks was off, it is put back.
pub(crate) fn keep_alone(
    tables: &Tables,
    keep: &str,
    lock_timeout: Option<&str>,
    ours: SessionNeeds<'_>,
) -> String {
    let limit = lock_timeout.map_or_else(String::new, |limit| {
        format!("SELECT pg_catalog.set_config('lock_timeout', {}, false);\n", literal(limit))
    });
    format!(
        "{begin}{proof}{limit}{keep};\n{UTF8}{PROCESS};\nCOMMIT",
        begin = ours.begin(),
        proof = prove_lock(tables)
    )
}

/// A statement may have changed how the server reads what follows, which is in UTF-8 as all that is sent: the drivers say so when
/// they connect, so that is what the session falls back to.
const UTF8: &str = "SELECT CASE WHEN pg_catalog.current_setting('client_encoding') <> 'UTF8' \
     THEN pg_catalog.set_config('client_encoding', NULL, false) END;\n";

/// A statement and its progress in one transaction; where the statement begins in it.
pub(crate) fn together(
    tables: &Tables,
    label: &str,
    statement: &str,
    keep: &str,
    ours: SessionNeeds<'_>,
) -> (String, usize) {
    let (begin, proof) = (ours.begin(), prove_lock(tables));
    let before = format!("{label}{begin}{proof}");
    (format!("{before}{statement}\n;\n{keep};\n{UTF8}COMMIT"), before.len())
}

/// Lets the session wait for locks as long as it takes, and tells what its limit was.
pub(crate) fn wait_freely() -> String {
    format!(
        "SELECT '{}', pg_catalog.current_setting('lock_timeout'), pg_catalog.set_config('lock_timeout', '0', false);\n",
        tag::LOCK_TIMEOUT,
    )
}

/// The record of the step, once all its statements are done.
pub(crate) fn record(
    tables: &Tables,
    step: &Step<'_>,
    settings: &Settings,
    session: &Session,
    guard: Guard,
    half_done: &[&str],
    ours: SessionNeeds<'_>,
) -> String {
    let id = literal(step.migration.id.as_str());
    format!(
        "{begin}{proof}{user}SELECT {restore};\n{checked}SELECT pg_catalog.set_config('migrate.started', \
         (SELECT EXTRACT(epoch FROM began)::text FROM {progress} WHERE revision = {id}), true);\n\
         DELETE FROM {progress} WHERE revision = {id};\n{finish}{commit}",
        proof = match guard {
            Guard::Quick(_) => prove_lock(tables),
            Guard::Worded => String::new(),
        },
        begin = ours.begin(),
        user = ours.user(),
        restore = session.restore_changed().join(", "),
        checked = step::checked(tables, step, settings, guard, half_done),
        progress = tables.progress,
        finish = step::finish(tables, step, session, None, &[], AfterStep::Commit),
        commit = step::COMMIT,
    )
}
