//! Long work in a transaction that already blocks a table in use.

use super::prevented;
use crate::analysis::lints::tables::{Table, What, key};
use crate::analysis::lints::{Context, Raw};
use crate::analysis::names::Name;
use crate::analysis::statement::{Statement, relations};
use crate::chain::lint::Lint;
use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::{Token, TokenKind};
use crate::syntax::source::Span;

/// A statement that reads all rows of a table while the transaction blocks a table in use. What
/// other lints report is left to them.
pub(super) fn behind(context: &Context<'_>) -> Option<Raw> {
    let (span, lock) = context.held?;
    // Nobody should be waiting for a table that is dropped.
    let before = Span::new(span.start.checked_sub(context.offset)?, span.end - context.offset);
    if context.sql.get(before.range())?.trim_start().to_ascii_lowercase().starts_with("drop ") {
        return None;
    }
    let (read, label) = long(context)?;
    let message = format!(
        "nobody can {} `{}` while this runs: the transaction has locked it",
        prevented(lock),
        lock.relation
    );
    let help = "move it to the next revision: locks last until the transaction ends; write many rows in batches";
    let label = format!("{label} `{read}`");
    let found = context.raw(Lint::WorkBehindLock, context.whole, message, &label, help.to_owned());
    Some(found.and(*span, format!("locked here: {}", lock.mode)))
}

/// The relation in use whose rows the statement reads all, and how to say so. Nothing, if it may
/// find them by an index.
fn long(context: &Context<'_>) -> Option<(Name, &'static str)> {
    let (words, read) = match context.view {
        Statement::Query { writes: Some(view), rest } if rest.is(0, "refresh") => {
            return context.in_use(view).then(|| (view.clone(), "runs the query of"));
        }
        // Without WHERE, other lints report it.
        Statement::Query { writes: Some(table), rest } if rest.is_any(0, &["update", "delete"]) => {
            rest.has(&["where"]).then_some(())?;
            let mut read = vec![table.clone()];
            read.extend(relations(rest));
            (*rest, read)
        }
        Statement::Query { writes: Some(_), rest } if rest.is(0, "insert") => {
            (*rest, relations(rest))
        }
        Statement::CreateTableAs { query, .. } => (*query, relations(query)),
        Statement::CreateView(view) if view.materialized => (view.query, relations(&view.query)),
        _ => return None,
    };
    if words.has(&["with", "no", "data"]) {
        return None;
    }
    let known: Vec<&Table> =
        read.iter().map(|name| context.tables.get(name)).collect::<Option<_>>()?;
    if may_be_few(words, &known) {
        return None;
    }
    let has_rows = |name: &&Name| context.in_use(name) && !context.is(name, What::View);
    let found = read.iter().find(has_rows)?.clone();
    // Of a join, the server may read one side by an index.
    let joins = read.iter().any(|name| key(name) != key(&found))
        || words.has(&["using"])
        || words.is(0, "update") && words.has(&["from"]);
    Some((found, if joins { "joins the rows of" } else { "reads all rows of" }))
}

/// Whether the rows may be few, or may be found by an index.
fn may_be_few(words: Cursor<'_>, tables: &[&Table]) -> bool {
    let few = |token: &Token| {
        ["limit", "fetch", "tablesample", "current", "exists", "union", "with"]
            .iter()
            .any(|word| token.is_word(words.source().0, word))
    };
    if words.tokens().iter().any(few) {
        return true;
    }
    let Some(condition) = words.after(&["where"]) else {
        // A condition in a subquery.
        return words.tokens().iter().any(|token| token.is_word(words.source().0, "where"));
    };
    (0..condition.len()).any(|at| narrows(&condition, at, tables))
}

/// Whether what is compared at this place may be found by an index of these tables.
fn narrows(condition: &Cursor<'_>, at: usize, tables: &[&Table]) -> bool {
    const WORDS: [&str; 7] = ["between", "ilike", "in", "is", "like", "similar", "not"];
    let is_comparison = condition.is_any(at, &WORDS)
        || condition.token(at).is_some_and(|token| token.kind == TokenKind::Operator)
        || ["=", "<", ">"].iter().any(|sign| condition.is_sign(at, sign));
    let (Some(before), true) = (at.checked_sub(1), is_comparison) else { return false };
    let column = |at: usize| {
        let ident = condition.token(at).and_then(|token| condition.ident_of(token))?;
        (!condition.is_sign(at + 1, "(")).then_some(ident)
    };
    let (left, right) = (column(before), column(at + 1));
    if condition.is(at, "in") && condition.is_sign(at + 1, "(") && condition.is(at + 2, "select") {
        return true;
    }
    let leads = |column: &str| tables.iter().any(|table| table.may_find_by(column));
    match (left, right) {
        // A join; `is null` and the like are not.
        (Some(_), Some(_)) if !condition.is_any(at, &WORDS) => false,
        (Some(left), _) => leads(&left.text),
        (None, Some(right)) => leads(&right.text),
        (None, None) => tables.iter().any(|table| table.may_find_by_expression()),
    }
}
