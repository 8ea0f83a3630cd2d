//! Lints for constraints that scan every row while others wait.

use super::tables::What;
use super::{Context, Raw};
use crate::analysis::names::Ident;
use crate::analysis::statement::{
    Action, AlterTable, AlterType, ColumnChange, ConstraintDef, ConstraintKind, Statement,
};
use crate::chain::lint::Lint;
use crate::syntax::table_locks::{LockedBy, locks};

pub(super) fn check(context: &Context<'_>, report: &mut dyn FnMut(Raw)) {
    if let Statement::AlterType(alter) = context.view {
        return of_domain(context, alter).into_iter().for_each(report);
    }
    let Statement::AlterTable(alter) = context.view else { return };
    if !context.in_use(&alter.name) {
        return;
    }
    for action in &alter.actions {
        match action {
            Action::AddConstraint(constraint) => {
                added(context, alter, constraint).into_iter().for_each(&mut *report);
            }
            Action::AddColumn { column, .. } => {
                let builds = |one: &&ConstraintDef<'_>| is_key(&one.kind);
                if let Some(constraint) = column.constraints.iter().find(builds) {
                    report(builds_index(context, alter, constraint));
                }
            }
            Action::Column { name, change: ColumnChange::SetNotNull } => {
                let table = context.tables.get(&alter.name);
                let is_sure = table.is_some_and(|table| {
                    let known = table.columns.get(&*name.text);
                    table.is_checked(&name.text) || known.is_some_and(|column| column.not_null)
                });
                if !is_sure {
                    let table = &alter.name;
                    let message = format!(
                        "nobody can use `{table}` while `SET NOT NULL` looks for NULL in every row"
                    );
                    let help = format!(
                        "first `ADD CONSTRAINT {name}_set CHECK ({name} IS NOT NULL) NOT VALID`; in the next \
                         revision `VALIDATE CONSTRAINT {name}_set`; then `SET NOT NULL` looks at no row, and the \
                         constraint can go"
                    );
                    let label = "no constraint is known to have checked this column";
                    report(context.raw(Lint::NotNullScans, name.span, message, label, help));
                }
            }
            Action::UseConstraint(name) => {
                validated(context, alter, name).into_iter().for_each(&mut *report);
            }
            _ => {}
        }
    }
}

/// `ALTER DOMAIN` that adds a constraint and checks it against all rows.
fn of_domain(context: &Context<'_>, alter: &AlterType) -> Option<Raw> {
    let domain = &alter.name;
    let words = context.words();
    let adds = words.has(&["add"]) || words.has(&["set", "not", "null"]);
    let lock = locks(context.sql, context.statement).into_iter().next()?;
    if !adds || lock.locked_by != LockedBy::Domain || !context.type_in_use(domain) {
        return None;
    }
    let message =
        format!("nobody can write to a table with a column of `{domain}` while this is checked");
    let label = "all rows of those tables are read under a lock that writers wait for";
    let help = "add it with `NOT VALID`, which checks new values and looks at no table; `VALIDATE CONSTRAINT` keeps off \
                writers, too: run it in a revision of its own, when few write";
    Some(context.raw(Lint::ConstraintScans, context.whole, message, label, help.to_owned()))
}

/// Whether the constraint needs its own index.
fn is_key(kind: &ConstraintKind<'_>) -> bool {
    matches!(
        kind,
        ConstraintKind::PrimaryKey { using_index: None, .. }
            | ConstraintKind::Unique { using_index: None, .. }
    )
}

/// `ADD CONSTRAINT` on a table in use.
fn added(context: &Context<'_>, alter: &AlterTable<'_>, one: &ConstraintDef<'_>) -> Option<Raw> {
    let table = &alter.name;
    if is_key(&one.kind) {
        // With ONLY, the partitions get no index, so nothing is built.
        let quick = alter.only && context.is(table, What::Partitioned);
        return (!quick).then(|| builds_index(context, alter, one));
    }
    if one.not_valid || context.says(one.span, "enforced") {
        return None;
    }
    let (message, label) = match &one.kind {
        // Before version 18, the server does not accept NOT VALID for a partitioned table.
        ConstraintKind::ForeignKey { .. } if context.is(table, What::Partitioned) => return None,
        ConstraintKind::ForeignKey { target, .. } => (
            format!(
                "nobody can write to `{table}` or `{target}` while this foreign key is checked"
            ),
            "each row is looked up under locks that writers wait for",
        ),
        ConstraintKind::Check(_) | ConstraintKind::NotNull(_) => (
            format!("nobody can use `{table}` while this constraint is checked"),
            "all rows are read under a lock that everybody waits for",
        ),
        _ => return None,
    };
    let help = "add it with `NOT VALID`, which checks new rows from then on, and in the next revision \
                `VALIDATE CONSTRAINT`, which lets everybody go on";
    Some(context.raw(Lint::ConstraintScans, one.span, message, label, help.to_owned()))
}

fn builds_index(context: &Context<'_>, alter: &AlterTable<'_>, one: &ConstraintDef<'_>) -> Raw {
    let table = &alter.name;
    let primary = matches!(one.kind, ConstraintKind::PrimaryKey { .. });
    let what = if primary { "PRIMARY KEY" } else { "UNIQUE" };
    let message = format!("nobody can use `{table}` while the index of this key is built");
    let help = if context.is(table, What::Partitioned) {
        format!(
            "first `ALTER TABLE ONLY {table} ADD {what} …`, which builds nothing, then a unique index \
             `CONCURRENTLY` on each partition, and attach those: `ALTER INDEX … ATTACH PARTITION …`"
        )
    } else {
        format!(
            "first `CREATE UNIQUE INDEX CONCURRENTLY …` in a revision with `transaction:false`, then \
             `ADD CONSTRAINT … {what} USING INDEX …`"
        )
    };
    let label = "builds an index under a lock that everybody waits for";
    context.raw(Lint::UniqueBuildsIndex, one.span, message, label, help)
}

/// `VALIDATE CONSTRAINT` in a transaction that already holds a strong lock.
fn validated(context: &Context<'_>, alter: &AlterTable<'_>, name: &Ident) -> Option<Raw> {
    let (span, lock) = context.held?;
    let start = name.span.start.checked_sub(context.offset)?;
    let nth = context.statement.tokens.iter().position(|token| token.span.start == start)?;
    let verb = context.statement.tokens.get(nth.checked_sub(2)?)?;
    if !verb.is_word(context.sql, "validate") {
        return None;
    }
    let who = if lock.mode.blocks_reads() { "use" } else { "write to" };
    let message = format!(
        "nobody can {who} `{}` while `{}` is validated: the transaction has it locked",
        lock.relation, name
    );
    let help = "move it to the next revision: locks last until the transaction ends";
    let label = format!("reads all rows of `{}`", alter.name);
    let found = context.raw(Lint::ValidatesUnderLock, name.span, message, &label, help.to_owned());
    Some(found.and(*span, format!("locked here: {}", lock.mode)))
}
