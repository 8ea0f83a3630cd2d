//! Lints for valid SQL that probably is a mistake: an upgrade that does nothing, and discouraged
//! types. The lints for types are off by default.

use super::columns::is_serial;
use super::{Context, Raw};
use crate::analysis::statement::{Action, ColumnChange, ColumnDef, Element, Statement, TypeName};
use crate::chain::chain::Migration;
use crate::chain::lint::Lint;
use crate::syntax::source::Span;

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

/// An upgrade without statements, reported at the line that starts it.
pub(super) fn empty(migration: &Migration<'_>) -> Raw {
    let above =
        migration.source.text().get(..migration.up.span.start).unwrap_or_default().trim_end();
    let start = above.rfind('\n').map_or(0, |at| at + 1);
    let span = Span::new(start, above.len());
    Raw {
        lint: Lint::EmptyUpgrade,
        message: "the upgrade has no statement".to_owned(),
        help: "write the SQL of the upgrade below the marker; or, if nothing is to be done, say so in the header: \
               `-- migrate:allow(empty-upgrade): why`"
            .to_owned(),
        span,
        label: "nothing below".to_owned(),
        statement: span,
        also: None,
        level: None,
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
            "json is kept as text: it can't be compared or indexed, and is parsed again each time",
            "write `jsonb`, unless the order of keys or the blanks matter",
        ),
        _ => return None,
    };
    Some(context.raw(lint, kind.span, message.to_owned(), "", help.to_owned()))
}
