//! Types that are right, and for which there are better ones. Off unless somebody asks.

use super::columns::is_serial;
use super::{Context, Raw};
use crate::analysis::statement::{Action, ColumnChange, ColumnDef, Element, Statement, TypeName};
use crate::levels::Lint;

pub(super) fn check(context: &Context<'_>, report: &mut dyn FnMut(Raw)) {
    match context.view {
        Statement::CreateTable(table) => {
            for element in &table.elements {
                if let Element::Column(column) = element {
                    of_column(context, column).into_iter().for_each(&mut *report);
                }
            }
        }
        Statement::AlterTable(alter) => {
            for action in &alter.actions {
                let found = match action {
                    Action::AddColumn { column, .. } => of_column(context, column),
                    Action::Column { change: ColumnChange::Type { to, .. }, .. } => of(context, to),
                    _ => None,
                };
                found.into_iter().for_each(&mut *report);
            }
        }
        _ => {}
    }
}

fn of_column(context: &Context<'_>, column: &ColumnDef<'_>) -> Option<Raw> {
    of(context, column.kind.as_ref()?)
}

fn of(context: &Context<'_>, kind: &TypeName) -> Option<Raw> {
    let is_own = kind.name.parts.len() == 1;
    let (lint, message, help) = match kind.name.last() {
        _ if is_serial(&kind.name) => (
            Lint::Serial,
            "a serial column is an integer, a default and a sequence that can come apart",
            "write `GENERATED ALWAYS AS IDENTITY` (or `BY DEFAULT`) behind `bigint`",
        ),
        "timestamp without time zone" if is_own => (
            Lint::TimestampWithoutZone,
            "a timestamp without a time zone is no point in time",
            "write `timestamptz`: it takes as much room, and means the same everywhere",
        ),
        "json" if is_own => (
            Lint::Json,
            "json is kept as text: it can't be compared or indexed, and is read anew each time",
            "write `jsonb`, unless the order of keys or the blanks matter",
        ),
        _ => return None,
    };
    Some(context.raw(lint, kind.span, message.to_owned(), "", help.to_owned()))
}
