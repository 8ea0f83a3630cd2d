//! The SQL around a step that runs outside a transaction: a lock of the session, and progress
//! kept statement by statement.

use super::step::{Guard, Then};
use super::{Session, Tables, held, is_refusal, literal, refuse, step, tag};
use crate::chain::digest::Digest;
use crate::plan::direction::Direction;
use crate::plan::non_transactional::{Kind, Reindexed, Shared};
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
    pub(crate) next: Option<Next<'p>>,
}

/// A statement that runs alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Next<'p> {
    pub(crate) digest: Digest,
    /// Whether it is about to run; else the server has refused it.
    pub(crate) is_announced: bool,
    /// An expression for what was there before it: see [`objects`].
    pub(crate) before: &'p str,
}

/// Keeps how far the step is. A role that the migration has taken may not write our tables, so for this transaction it is
/// ours. The step began with the
/// transaction, in which a statement may stand before this.
pub(crate) fn keep(
    tables: &Tables,
    step: &Step<'_>,
    session: &Session,
    progress: Progress<'_>,
) -> String {
    let Progress { done, digest, next } = progress;
    let is_announced = next.is_some_and(|next| next.is_announced);
    // Half undone is not applied: whoever reads the history must not take it for that.
    let undoing = match step.direction {
        Direction::Up => String::new(),
        Direction::Down => format!(
            "UPDATE {} SET undoing = {} WHERE revision = {};\n",
            tables.history,
            done > 0 || is_announced,
            literal(step.migration.id.as_str())
        ),
    };
    format!(
        "SELECT pg_catalog.set_config('role', {role}, true);\n{undoing}\
         INSERT INTO {table} (revision, direction, next_statement, started, done_digest, began, statement_digest, found) \
         VALUES ({id}, '{direction}', {done}, {is_announced}, '{digest}', pg_catalog.transaction_timestamp(), {statement}, {found}) \
         ON CONFLICT (revision) DO UPDATE SET direction = excluded.direction, \
         next_statement = excluded.next_statement, started = excluded.started, \
         done_digest = excluded.done_digest, statement_digest = excluded.statement_digest, found = excluded.found \
         RETURNING '{tag}', found",
        role = literal(&session.role),
        table = tables.progress,
        id = literal(step.migration.id.as_str()),
        direction = step.direction,
        statement = next.map_or_else(|| "NULL".to_owned(), |next| format!("'{}'", next.digest)),
        found = next.map_or("NULL", |next| next.before),
        tag = tag::FOUND,
    )
}

/// The same as a message of its own, for whoever has the lock. If the limit of waits for locks was off, it is put back.
pub(crate) fn keep_alone(tables: &Tables, keep: &str, lock_timeout: Option<&str>) -> String {
    let limit = lock_timeout.map_or_else(String::new, |limit| {
        format!("SELECT pg_catalog.set_config('lock_timeout', {}, false);\n", literal(limit))
    });
    format!("{BEGIN}{proof}{limit}{keep};\n{PROCESS};\nCOMMIT", proof = prove_lock(tables))
}

/// Whatever isolation is the default: what was committed meanwhile is to be seen, and nothing is to be tried again.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED;\n";

/// A statement and its progress in one transaction; where the statement begins in it.
pub(crate) fn together(
    tables: &Tables,
    label: &str,
    statement: &str,
    keep: &str,
) -> (String, usize) {
    let before = format!("{label}{BEGIN}{proof}", proof = prove_lock(tables));
    (format!("{before}{statement}\n;\n{keep};\nCOMMIT"), before.len())
}

/// Objects that tell whether a statement ran, as [`Found`](crate::plan::non_transactional::Found) has them.
pub(crate) struct Objects {
    /// The column with their ids.
    oid: &'static str,
    /// Whether they are whole, their names, whether somebody builds them, their definitions, whether this role may drop them.
    others: &'static str,
    /// Where they are.
    from: String,
}

/// The objects that tell whether a statement of this kind ran, if there are such.
pub(crate) fn objects(kind: &Kind) -> Option<Objects> {
    let index = |condition: String| Objects {
        oid: "i.indexrelid",
        // An index of a partitioned table alone is invalid until all its partitions have theirs.
        others: "i.indisvalid OR c.relkind = 'I', (SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) \
             FROM pg_catalog.pg_namespace n WHERE n.oid = c.relnamespace), \
             EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid), \
             pg_catalog.pg_get_indexdef(c.oid), \
             pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE') AND pg_catalog.pg_has_role(c.relowner, 'USAGE')",
        from: format!(
            "pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid WHERE {condition}"
        ),
    };
    let relation = |name: &str| format!("pg_catalog.to_regclass({})", literal(name));
    Some(match kind {
        Kind::InTransaction | Kind::Procedure | Kind::Alone => return None,
        Kind::CreateIndex { table, name: None } => {
            index(format!("i.indrelid = {}", relation(table)))
        }
        Kind::CreateIndex { table, name: Some(name) } => {
            let (table, name) = (relation(table), literal(name));
            index(format!("i.indrelid = {table} AND c.relname = {name}"))
        }
        // Of the TOAST tables, too, whose schema only some roles may use.
        Kind::Reindex(of) => index(format!(
            "NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'{}",
            match of {
                Reindexed::Relation(name) => format!(
                    " AND i.indrelid IN \
                     (SELECT pg_catalog.unnest(ARRAY[t.oid, t.reltoastrelid]) FROM (SELECT {of} AS relid \
                     UNION SELECT relid FROM pg_catalog.pg_partition_tree({of})) r \
                     LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = r.relid \
                     JOIN pg_catalog.pg_class t ON t.oid = coalesce(x.indrelid, r.relid))",
                    of = relation(name),
                ),
                Reindexed::Schema(name) => format!(
                    " AND i.indrelid IN (SELECT pg_catalog.unnest(ARRAY[t.oid, t.reltoastrelid]) \
                     FROM pg_catalog.pg_class t WHERE t.relnamespace = pg_catalog.to_regnamespace({}))",
                    literal(name),
                ),
                Reindexed::Database => String::new(),
            }
        )),
        Kind::CreateShared(of, name) | Kind::DropShared(of, name) => {
            let (catalog, column, condition) = match of {
                Shared::Database => ("pg_database", "datname", ""),
                Shared::Tablespace => ("pg_tablespace", "spcname", ""),
                Shared::Subscription => (
                    "pg_subscription",
                    "subname",
                    " AND o.subdbid = (SELECT oid FROM pg_catalog.pg_database \
                     WHERE datname = pg_catalog.current_database())",
                ),
            };
            Objects {
                oid: "o.oid",
                others: "true, '', false, '', true",
                from: format!(
                    "pg_catalog.{catalog} o WHERE o.{column} = {}{condition}",
                    literal(name)
                ),
            }
        }
        Kind::DropIndex { name } => Objects {
            oid: "c.oid",
            // One whose dropping has failed is invalid.
            others: "coalesce(i.indisvalid OR c.relkind = 'I', true), (SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) \
                 FROM pg_catalog.pg_namespace n WHERE n.oid = c.relnamespace), false, '', true",
            from: format!(
                "pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid WHERE c.oid = {}",
                relation(name)
            ),
        },
        Kind::Detach { table, partition } => Objects {
            oid: "h.inhrelid",
            others: "NOT h.inhdetachpending, pg_catalog.format('ALTER TABLE %I.%I DETACH PARTITION %I.%I FINALIZE', \
                 (SELECT nspname FROM pg_catalog.pg_namespace WHERE oid = p.relnamespace), p.relname, \
                 (SELECT nspname FROM pg_catalog.pg_namespace WHERE oid = c.relnamespace), c.relname), false, '', true",
            from: format!(
                "pg_catalog.pg_inherits h JOIN pg_catalog.pg_class p ON p.oid = h.inhparent \
                 JOIN pg_catalog.pg_class c ON c.oid = h.inhrelid WHERE p.oid = {} AND c.oid = {}",
                relation(table),
                relation(partition),
            ),
        },
    })
}

impl Objects {
    /// Looks at them, where the session has the lock.
    pub(crate) fn look(&self, tables: &Tables) -> String {
        format!("{proof}{PROCESS};\n{rows}", proof = prove_lock(tables), rows = self.rows())
    }

    pub(crate) fn rows(&self) -> String {
        let Objects { oid, others, from } = self;
        format!("SELECT '{tag}', {oid}, {others} FROM {from} ORDER BY {oid}", tag = tag::OBJECT)
    }

    /// An expression for their ids, with a blank between them.
    pub(crate) fn ids(&self) -> String {
        let Objects { oid, from, .. } = self;
        format!("(SELECT coalesce(pg_catalog.string_agg({oid}::text, ' '), '') FROM {from})")
    }
}

/// The same where there are none.
pub(crate) const NO_IDS: &str = "''";

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
) -> String {
    let id = literal(step.migration.id.as_str());
    format!(
        "{BEGIN}{proof}SELECT {restore};\n{checked}SELECT pg_catalog.set_config('migrate.started', \
         (SELECT EXTRACT(epoch FROM began)::text FROM {progress} WHERE revision = {id}), true);\n\
         DELETE FROM {progress} WHERE revision = {id};\n{finish}{commit}",
        proof = match guard {
            Guard::Quick(_) => prove_lock(tables),
            Guard::Worded => String::new(),
        },
        restore = session.restore_changed().join(", "),
        checked = step::checked(tables, step, settings, guard, half_done),
        progress = tables.progress,
        finish = step::finish(tables, step, session, None, &[], Then::Commit),
        commit = step::COMMIT,
    )
}
