//! Finds the relations that a query certainly reads, and the functions that it calls.

use crate::analysis::names::{Ident, Name};
use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::TokenKind;

/// The names after `FROM` and `JOIN`, except for CTEs. Each of these relations certainly is read;
/// the query may read further ones.
pub(crate) fn relations(query: &Cursor<'_>) -> Vec<Name> {
    let mut found: Vec<Name> = Vec::new();
    // For each open bracket: whether it contains a query, and the name before it.
    let mut brackets: Vec<(bool, Option<Ident>)> = Vec::new();
    let mut common: Vec<Ident> = Vec::new();
    let mut before: Option<Ident> = None;
    let mut rest = *query;
    while let Some(token) = rest.next() {
        let this = rest.ident_of(token);
        let is = |word: &str| {
            token.kind == TokenKind::Word && rest.text(token).eq_ignore_ascii_case(word)
        };
        let in_query = brackets.last().is_none_or(|(in_query, _)| *in_query);
        // `name AS (…)` and `name (…) AS (…)` after WITH. Anything that may be a CTE counts as one.
        let named = match rest.text(token) {
            "(" if token.kind == TokenKind::Punctuation => {
                let is_query =
                    rest.is_any(0, &["select", "with", "values"]) || rest.is_sign(0, "(");
                brackets.push((is_query, before.take()));
                None
            }
            ")" if token.kind == TokenKind::Punctuation => {
                brackets.pop().and_then(|(_, name)| name)
            }
            _ => this.clone(),
        };
        let begins =
            rest.is(0, "as") && (rest.is_sign(1, "(") || rest.is_any(1, &["materialized", "not"]));
        common.extend(named.filter(|_| begins));
        let distinct = before.as_ref().is_some_and(|before| &*before.text == "distinct");
        if is("join") || is("from") && in_query && !distinct {
            let mut ahead = rest;
            ahead.take(&["only"]);
            let is_other = ahead.is_any(0, &["lateral", "rows"]);
            found.extend(ahead.name().filter(|_| !is_other && !ahead.is_sign(0, "(")));
        }
        before = this;
    }
    found.retain(|name| {
        name.parts.len() > 1 || !common.iter().any(|known| &*known.text == name.last())
    });
    found
}

/// The tables that a query changes, including those in `WITH`.
pub(crate) fn written(query: &Cursor<'_>) -> Vec<Name> {
    let (mut found, mut rest) = (Vec::new(), *query);
    while !rest.is_empty() {
        let mut ahead = rest;
        if ahead.take_any(&[&["insert", "into"], &["delete", "from"], &["merge", "into"]])
            || ahead.take(&["update"]) && !ahead.is_any(0, &["set", "of", "skip", "nowait"])
        {
            ahead.take(&["only"]);
            found.extend(ahead.name());
        }
        rest.skip(1);
    }
    found
}

/// The names followed by a parenthesis: functions and others, but not tables that are created or
/// filled.
pub(crate) fn calls(cursor: &Cursor<'_>) -> Vec<Name> {
    let mut found = Vec::new();
    let mut rest = *cursor;
    let mut is_table = false;
    while !rest.is_empty() {
        let names_table = rest.is_any(0, &["table", "exists", "into", "references"]);
        match rest.name() {
            Some(name) if rest.is_sign(0, "(") && !is_table => found.push(name),
            Some(_) => {}
            None => rest.skip(1),
        }
        is_table = names_table;
    }
    found
}
