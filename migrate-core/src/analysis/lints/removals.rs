//! Lints for objects that are dropped or renamed while a running release still uses them.

use super::{Context, Raw};
use crate::analysis::names::{Ident, Name};
use crate::analysis::statement::{
    Action, AlterTable, AlterType, Drop, ObjectType, Statement, TypeChange,
};
use crate::chain::lint::Lint;

pub(super) fn check(context: &Context<'_>, report: &mut dyn FnMut(Raw)) {
    match context.view {
        Statement::AlterTable(alter) => altered(context, alter, report),
        Statement::Drop(drop) => dropped(context, drop, report),
        Statement::DropRoutines { cascade: true, .. } => report(cascade(context)),
        Statement::RenameSchema { name, to } if context.schema_in_use(name) => {
            let message = format!("the running release knows the schema `{to}` as `{name}`");
            let help = "leave the name; or make a schema of the new name, move one table after the other, and leave \
                        a view of each behind: `CREATE VIEW old.t AS SELECT * FROM new.t`";
            report(context.raw(Lint::RenameBreaks, name.span, message, "", help.to_owned()));
        }
        Statement::AlterType(alter) if context.type_in_use(&alter.name) => {
            renamed_type(context, alter).into_iter().for_each(report);
        }
        _ => {}
    }
}

fn altered(context: &Context<'_>, alter: &AlterTable<'_>, report: &mut dyn FnMut(Raw)) {
    let is_relation = matches!(
        alter.kind,
        ObjectType::Table
            | ObjectType::View
            | ObjectType::MaterializedView
            | ObjectType::ForeignTable
    );
    if !is_relation || !context.in_use(&alter.name) {
        return;
    }
    let table = &alter.name;
    for action in &alter.actions {
        match action {
            Action::DropColumn { name, cascade: is_cascade, .. } => {
                if added_here(context, alter, name) {
                    continue;
                }
                let message =
                    format!("the running release may still use the column `{name}` of `{table}`");
                let help = "first release a program that does not name it, also not by `SELECT *` or in an \
                            INSERT; then drop it, and say so: `-- migrate:allow(drop-column): why`";
                report(context.raw(Lint::DropColumn, name.span, message, "", help.to_owned()));
                if *is_cascade {
                    report(cascade(context));
                }
            }
            Action::DropConstraint { cascade: true, .. } => report(cascade(context)),
            Action::RenameColumn { name, to } => {
                if added_here(context, alter, name) {
                    continue;
                }
                let message = format!("the running release knows `{to}` of `{table}` as `{name}`");
                let help = "add a column of the new name, keep both until no release uses the old one, then drop \
                            that; or leave the name, and give it another one in the program";
                report(context.raw(Lint::RenameBreaks, name.span, message, "", help.to_owned()));
            }
            Action::RenameTo(to) if !stood_in(context, table) => {
                let message = format!("the running release knows `{to}` as `{table}`");
                report(renamed(context, table, message));
            }
            Action::SetSchema(schema) if !stood_in(context, table) => {
                let message =
                    format!("the running release knows `{schema}.{}` as `{table}`", table.last());
                report(renamed(context, table, message));
            }
            _ => {}
        }
    }
}

fn renamed(context: &Context<'_>, table: &Name, message: String) -> Raw {
    let help = format!(
        "make a view of the old name in the same revision, which can be read and written: `CREATE VIEW {table} AS \
         SELECT * FROM …`; drop it when no release uses it"
    );
    context.raw(Lint::RenameBreaks, table.span(), message, "", help)
}

/// A rename of a type, or of something in it.
fn renamed_type(context: &Context<'_>, alter: &AlterType) -> Option<Raw> {
    let own = &alter.name;
    let what = if alter.is_domain { "domain" } else { "type" };
    const LEAVE: &str = "leave the name, and give it another one in the program; or make a type of the new name, and change \
                         over one column after the other";
    let (span, message, help) = match &alter.change {
        // Something with the old name follows in the same section, e.g. an enum with other values.
        TypeChange::RenameTo(_) | TypeChange::SetSchema(_)
            if context.section.makes_type(own, context.at) =>
        {
            return None;
        }
        TypeChange::RenameTo(to) => {
            (own.span(), format!("the running release knows the {what} `{to}` as `{own}`"), LEAVE)
        }
        TypeChange::SetSchema(schema) => {
            let last = own.last();
            let message =
                format!("the running release knows the {what} `{schema}.{last}` as `{own}`");
            (own.span(), message, LEAVE)
        }
        TypeChange::RenameValue { from: (from, span), to: (to, _) } => {
            let message =
                format!("the running release knows the value `{to}` of `{own}` as `{from}`");
            let help = "add the new value with `ADD VALUE`; when no release writes the old one any more, update the rows \
                        that have it";
            (*span, message, help)
        }
        TypeChange::RenameAttribute { name, to } => {
            (name.span, format!("the running release knows `{to}` of `{own}` as `{name}`"), LEAVE)
        }
        _ => return None,
    };
    Some(context.raw(Lint::RenameBreaks, span, message, "", help.to_owned()))
}

/// Whether this section later creates something with the old name.
fn stood_in(context: &Context<'_>, table: &Name) -> bool {
    context.section.makes_relation(table, context.at)
}

/// Whether this section added the column itself, so that nothing uses it yet.
fn added_here(context: &Context<'_>, alter: &AlterTable<'_>, column: &Ident) -> bool {
    context.section.adds(&alter.name, column, context.at)
}

fn dropped(context: &Context<'_>, drop: &Drop, report: &mut dyn FnMut(Raw)) {
    let used: Vec<&Name> = drop.names.iter().filter(|name| context.in_use(name)).collect();
    if let ObjectType::Table
    | ObjectType::View
    | ObjectType::MaterializedView
    | ObjectType::ForeignTable = drop.kind
    {
        for name in &used {
            // A view that is dropped and recreated in one transaction never is missing for others.
            if drop.kind != ObjectType::Table && stood_in(context, name) && context.transactional {
                continue;
            }
            let message = format!("the running release may still use `{name}`");
            let help = "first release a program that does not, then drop it, and say so: \
                        `-- migrate:allow(drop-table): why`";
            report(context.raw(Lint::DropTable, name.span(), message, "", help.to_owned()));
        }
    }
    if drop.cascade && !used.is_empty() {
        report(cascade(context));
    }
}

fn cascade(context: &Context<'_>) -> Raw {
    let tokens = &context.statement.tokens;
    let word = tokens.iter().rfind(|token| token.is_word(context.sql, "cascade"));
    let span = word.map_or(context.whole, |token| token.span.within(context.offset));
    let message = "what else this drops is not in the file".to_owned();
    let label = "also drops views, foreign keys and whatever needs it, without a word";
    let help =
        "drop what depends on it by name, before it: then the server refuses what was forgotten";
    context.raw(Lint::DropCascade, span, message, label, help.to_owned())
}
