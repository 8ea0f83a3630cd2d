//! Lints for statements that write or delete all rows of a table.

use super::{Context, Raw};
use crate::analysis::names::Name;
use crate::analysis::statement::Statement;
use crate::chain::lint::Lint;
use crate::syntax::cursor::Cursor;

pub(super) fn check(context: &Context<'_>, report: &mut dyn FnMut(Raw)) {
    let Statement::Query { writes: Some(table), rest } = context.view else { return };
    if !context.in_use(table) {
        return;
    }
    let mut words = *rest;
    if words.take(&["truncate"]) {
        words.take(&["table"]);
        for part in words.split() {
            let mut part = part;
            part.take(&["only"]);
            if let Some(name) = part.name().filter(|name| context.in_use(name)) {
                report(emptied(context, &name));
            }
        }
        return;
    }
    let all = !words.has(&["where"]) && !chooses(&words);
    if all && words.take(&["delete"]) {
        report(emptied(context, table));
    } else if all && words.take(&["update"]) {
        let message = format!("every row of `{table}` is written in one transaction");
        let label = "each row stays locked until it ends, and is there twice until a vacuum";
        let help = "write them in batches, each with a `WHERE` and in a transaction of its own: from a program, or in \
                    a revision with `transaction:false`";
        let found = context.raw(Lint::UpdateAllRows, table.span(), message, label, help.to_owned());
        report(match context.held {
            Some((span, lock)) => found.and(
                *span,
                format!(
                    "and since here the transaction holds {} on `{}`",
                    lock.mode, lock.relation
                ),
            ),
            None => found,
        });
    }
}

/// Whether other rows restrict which rows are affected, as in a join.
fn chooses(words: &Cursor<'_>) -> bool {
    words.is(0, "delete") && words.has(&["using"])
}

fn emptied(context: &Context<'_>, table: &Name) -> Raw {
    let message = format!("all rows of `{table}` are deleted");
    let help = "a downgrade can't bring them back; if that is meant, say so: \
                `-- migrate:allow(delete-all-rows): why`";
    context.raw(Lint::DeleteAllRows, table.span(), message, "", help.to_owned())
}
