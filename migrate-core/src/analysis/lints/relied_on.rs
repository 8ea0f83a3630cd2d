//! Lints for guarantees that the running release may rely on: NOT NULL, a default, a constraint, a
//! function. They are off by default, because no file shows who relies on them.

use super::{Context, Raw};
use crate::analysis::names::{Ident, Name};
use crate::analysis::statement::{Action, AlterTable, ColumnChange, ObjectType, Statement};
use crate::chain::lint::Lint;

pub(super) fn check(context: &Context<'_>, report: &mut dyn FnMut(Raw)) {
    match context.view {
        Statement::AlterTable(alter)
            if alter.kind == ObjectType::Table && context.in_use(&alter.name) =>
        {
            let found = alter.actions.iter().filter_map(|action| altered(context, alter, action));
            found.for_each(report);
        }
        Statement::DropRoutines { routines, .. } => {
            let found = routines.iter().filter_map(|(name, _)| dropped(context, name));
            found.for_each(report);
        }
        _ => {}
    }
}

fn altered(context: &Context<'_>, alter: &AlterTable<'_>, action: &Action<'_>) -> Option<Raw> {
    let (table, section, at) = (&alter.name, context.section, context.at);
    let raw = |lint, name: &Ident, message: String, help: &str| {
        Some(context.raw(lint, name.span, message, "", help.to_owned()))
    };
    match action {
        Action::Column { name, change: ColumnChange::DropNotNull }
            if !section.adds(table, name, at) =>
        {
            raw(
                Lint::DropNotNull,
                name,
                format!("the running release may not expect NULL in `{name}` of `{table}`"),
                "first release a program that can read NULL there; then drop the constraint, and let nobody write NULL \
                 before",
            )
        }
        Action::Column { name, change: ColumnChange::DropDefault }
            if !section.adds(table, name, at) && !section.sets_default(table, name, at) =>
        {
            raw(
                Lint::DropDefault,
                name,
                format!("the running release may insert into `{table}` without `{name}`"),
                "first release a program that always gives the column a value; then drop the default",
            )
        }
        Action::DropConstraint { name, .. } if !section.adds_constraint(table, name, at) => raw(
            Lint::DropConstraint,
            name,
            format!("the running release may rely on the constraint `{name}` of `{table}`"),
            "look for `ON CONFLICT` and for queries that expect unique or checked values; first release a program that \
             does without them",
        ),
        _ => None,
    }
}

fn dropped(context: &Context<'_>, name: &Name) -> Option<Raw> {
    if !context.routine_in_use(name) || context.section.makes_routine(name, context.at) {
        return None;
    }
    let message = format!("the running release may call `{name}`");
    let help = "first release a program that does not call it; then drop it. To replace it, write `CREATE OR REPLACE`";
    Some(context.raw(Lint::DropFunction, name.span(), message, "", help.to_owned()))
}
