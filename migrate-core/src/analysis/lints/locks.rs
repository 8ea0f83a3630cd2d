//! Lints derived from the locks of statements: a table that is blocked where no other lint reports
//! it, long work in a transaction that blocks a table, and a transaction that blocks two tables.

mod work;

use super::tables::{Table, What};
use super::{Context, Raw, columns};
use crate::analysis::names::{Ident, Name};
use crate::analysis::statement::{
    Action, AlterTable, ColumnChange, ColumnDef, ConstraintKind, Default, ObjectType, Statement,
};
use crate::chain::lint::Lint;
use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::Token;
use crate::syntax::table_locks::{LockedBy, TableLock, locks};

const UNDER_LOCK: &str = "all rows are read under a lock that everybody waits for";

pub(super) fn check(context: &Context<'_>, report: &mut dyn FnMut(Raw)) {
    match context.view {
        Statement::AlterTable(alter) if alter.kind == ObjectType::Table => {
            let found = alter.actions.iter().filter_map(|action| altered(context, alter, action));
            found.for_each(&mut *report);
        }
        Statement::Query { writes: Some(view), rest } => {
            refreshed(context, view, *rest).into_iter().for_each(&mut *report);
        }
        _ => locked(context).into_iter().for_each(&mut *report),
    }
    work::behind(context).into_iter().for_each(&mut *report);
    second(context).into_iter().for_each(report);
}

/// An action of `ALTER TABLE` that blocks a table for long, and that no other lint reports.
fn altered(context: &Context<'_>, alter: &AlterTable<'_>, action: &Action<'_>) -> Option<Raw> {
    let table = &alter.name;
    if let Action::Attach(partition) = action {
        return attached(context, partition);
    }
    if !context.in_use(table) {
        return None;
    }
    let (span, what, label, help) = match action {
        Action::Detach(partition) if !is_concurrent(context.words()) => (
            partition.span(),
            "`DETACH PARTITION` waits for its lock",
            "everybody who comes later waits behind this statement",
            "write `DETACH PARTITION … CONCURRENTLY`, in a revision whose marker says `-- migrate:up transaction:false`; \
             the server refuses that only if the table has a default partition",
        ),
        Action::AddConstraint(one) => match &one.kind {
            ConstraintKind::Exclude { .. } => (
                one.span,
                "the index of this constraint is built",
                "builds an index under a lock that everybody waits for",
                "there is no other way to add an exclusion constraint: run it when few use the table, with a \
                 `lock_timeout`; or create a new table with the constraint, and move the rows in batches",
            ),
            ConstraintKind::PrimaryKey { using_index: Some(index), .. }
                if context.tables.get(table)?.has_nullable_key(&index.text) =>
            {
                (
                    one.span,
                    "the new key looks for NULL in every row",
                    "a column of the index is not known to be NOT NULL",
                    "first set its columns to NOT NULL, in a way that reads no row under this lock: \
                     `migrate lint --explain not-null-scans`",
                )
            }
            _ => return None,
        },
        Action::AddColumn { column, .. } if is_checked(context, column) => (
            column.name.span,
            "the constraint of the new column is checked",
            UNDER_LOCK,
            "add the column without the constraint, then the constraint with `NOT VALID`; in the next revision \
             `VALIDATE CONSTRAINT`, which lets everybody go on",
        ),
        Action::Column { name, change: ColumnChange::Other } if sets_expression(context, name) => (
            name.span,
            "the column is computed again for every row",
            "the table is rewritten, unless the column is VIRTUAL (PostgreSQL 18)",
            "add a column with the new expression and change over in a later release; or run it when nobody needs the \
             table",
        ),
        _ => return None,
    };
    let message = format!("nobody can use `{table}` while {what}");
    Some(context.raw(Lint::BlocksTable, span, message, label, help.to_owned()))
}

fn attached(context: &Context<'_>, partition: &Name) -> Option<Raw> {
    // The server reads no row if a check of the partition implies its bounds.
    let is_proven = context.tables.get(partition).is_some_and(Table::has_valid_check);
    if is_proven || !context.in_use(partition) {
        return None;
    }
    let message =
        format!("nobody can use `{partition}` while its rows are compared with the bounds");
    let help = "first add a `CHECK` that says what the bounds say, and `IS NOT NULL`, to the partition, with `NOT VALID`; in \
                the next revision `VALIDATE CONSTRAINT`; then this reads no row";
    Some(context.raw(Lint::BlocksTable, partition.span(), message, UNDER_LOCK, help.to_owned()))
}

fn is_concurrent(words: Cursor<'_>) -> bool {
    words.has(&["concurrently"]) || words.has(&["finalize"])
}

/// Whether a constraint of the new column is checked against existing rows, although they are not
/// rewritten. Keys have a lint of their own.
fn is_checked(context: &Context<'_>, column: &ColumnDef<'_>) -> bool {
    let is_key = |kind: &ConstraintKind<'_>| {
        matches!(kind, ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. })
    };
    let has_value =
        matches!(&column.default, Some(Default::Expression(value)) if !value.is(0, "null"));
    let is_checked = |kind: &ConstraintKind<'_>| match kind {
        ConstraintKind::Check(_) => true,
        ConstraintKind::ForeignKey { .. } => has_value,
        _ => false,
    };
    let mut kinds = column.constraints.iter().map(|one| &one.kind);
    kinds.clone().any(is_checked)
        && !kinds.any(is_key)
        && columns::rewrites(context, column).is_none()
}

/// Whether `SET EXPRESSION` follows the name of the column.
fn sets_expression(context: &Context<'_>, column: &Ident) -> bool {
    let mut words = context.words();
    let is_before = |token: &Token| words.place(*token).start < column.span.end;
    words.skip(words.tokens().partition_point(is_before));
    words.starts(&["set", "expression"])
}

fn refreshed(context: &Context<'_>, view: &Name, mut words: Cursor<'_>) -> Option<Raw> {
    let is_refresh = words.take(&["refresh", "materialized", "view"]);
    if !is_refresh
        || words.has(&["concurrently"])
        || words.has(&["no", "data"])
        || !context.in_use(view)
    {
        return None;
    }
    let message = format!("nobody can read `{view}` while it is refreshed");
    let help = "write `REFRESH MATERIALIZED VIEW CONCURRENTLY`, which needs a unique index on columns of the view, without \
                `WHERE`";
    let label = "its query runs under a lock that everybody waits for";
    Some(context.raw(Lint::BlocksTable, view.span(), message, label, help.to_owned()))
}

/// `LOCK TABLE` in a mode that blocks writers.
fn locked(context: &Context<'_>) -> Option<Raw> {
    if !context.transactional || !context.words().is(0, "lock") {
        return None;
    }
    let lock = context.takes()?;
    let message =
        format!("nobody can {} `{}` until this transaction ends", prevented(&lock), lock.relation);
    let label = "this lock is kept until the transaction ends";
    let help = "leave it out: each statement takes the lock that it needs, when it needs it; or lock in a weaker mode";
    Some(context.raw(Lint::BlocksTable, context.whole, message, label, help.to_owned()))
}

/// What others can't do with a locked table.
fn prevented(lock: &TableLock) -> &'static str {
    if lock.mode.blocks_reads() { "use" } else { "write to" }
}

/// The second table in use that the transaction blocks for everybody.
fn second(context: &Context<'_>) -> Option<Raw> {
    if !context.transactional {
        return None;
    }
    let new = exclusive(context);
    let before = context.blocked.first();
    let (first, second) = match (before, new.as_slice()) {
        (Some((_, first)), [second, ..]) if context.blocked.len() == 1 => (first, second),
        (None, [first, second, ..]) => (first, second),
        _ => return None,
    };
    let message = format!(
        "nobody can use `{}` and `{}` until this transaction ends",
        first.relation, second.relation
    );
    let help = "give each table a revision of its own; if they belong together, set a short `lock_timeout`, so that a \
                program that waits the other way round is not stopped by a deadlock";
    let label = format!("locks `{}`, too", second.relation);
    let found = context.raw(Lint::LocksTwoTables, context.whole, message, &label, help.to_owned());
    Some(match before {
        Some((span, lock)) => found.and(*span, format!("locked here: {}", lock.mode)),
        None => found,
    })
}

/// The tables in use that this statement blocks for everybody, and that the transaction did not
/// block before. Without tables that are dropped, for which nobody should be waiting.
pub(super) fn exclusive(context: &Context<'_>) -> Vec<TableLock> {
    let locks_tables = match context.view {
        Statement::AlterTable(alter) => alter.kind == ObjectType::Table,
        Statement::CreateOnTable { .. } | Statement::DropOnTable { .. } => true,
        Statement::Query { rest, .. } => rest.is(0, "truncate"),
        Statement::Harmless => context.words().is(0, "lock"),
        _ => false,
    };
    if !locks_tables {
        return Vec::new();
    }
    let mut found = locks(context.sql, context.statement);
    found.retain(|lock| {
        let key = super::lock_key(lock);
        // A partition or the parent of a table can't be left out of the same statement.
        let is_named = match context.view {
            Statement::AlterTable(alter) => key == super::key(&alter.name),
            _ => true,
        };
        let is_view = context.tables.by_key(&key).is_some_and(|table| table.what == What::View);
        let is_known = context.blocked.iter().any(|(_, known)| super::lock_key(known) == key);
        lock.mode.blocks_reads()
            && lock.locked_by == LockedBy::Name
            && context.is_used(&key)
            && is_named
            && !is_view
            && !is_known
    });
    found
}
