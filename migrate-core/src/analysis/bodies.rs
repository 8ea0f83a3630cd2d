//! Checks the bodies of PL/pgSQL routines and `DO` blocks against PL/pgSQL's grammar. The server
//! parses these bodies when the routine is created, unless it is told not to.

use std::borrow::Cow;
use std::rc::Rc;

use super::statement::{
    Argument, Gives, Language, Piece, Refusal, Routine, RoutineKind, Setting, Statement, language,
    quoted_body, read, refusal, tokens,
};
use super::syntax::{self, Fault, SyntaxError};
use crate::chain::problem::Problem;
use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::{Token, TokenKind};
use crate::syntax::source::Span;
use crate::syntax::statements;

/// The SQL in a longer body is not checked.
const MOST_BYTES: usize = 64 << 10;

/// Whether the server parses routine bodies while this SQL runs.
pub(super) fn are_read(sql: &str) -> bool {
    const SETTING: &[u8] = b"check_function_bodies";
    !sql.as_bytes().windows(SETTING.len()).any(|part| part.eq_ignore_ascii_case(SETTING))
}

/// The error that the server would report for the body in a statement. Positions are relative to
/// the start of `sql`.
pub(super) fn refused(sql: &str, statement: &statements::Statement) -> Option<Refusal> {
    let all = Cursor::new(sql, &statement.tokens, 0);
    if all.is(0, "do") {
        let is_ours = language(&all, Language::Plpgsql) == Language::Plpgsql;
        let body = all.tokens().iter().find(|token| is_text(**token)).filter(|_| is_ours)?;
        let after_language = all.is(1, "language") && all.token(2) == Some(*body);
        let body = if after_language { all.token(3)? } else { *body };
        // The name of the block is also a label.
        let name = Some("inline_code_block".into());
        let setting = Setting { gives: Gives::Nothing, variables: Some(Vec::new()), name };
        return in_body(&all, body, &setting);
    }
    let kind = if all.is(1, "or") { 3 } else { 1 };
    if !(all.is(0, "create") && all.is_any(kind, &["function", "procedure"])) {
        return None;
    }
    let Statement::CreateRoutine(routine) = read(sql, statement, 0) else { return None };
    if language(&routine.rest, Language::Sql) != Language::Plpgsql {
        return None;
    }
    let body = routine.rest.after(&["as"])?;
    in_body(&body, body.token(0)?, &setting(&routine))
}

fn is_text(token: Token) -> bool {
    matches!(token.kind, TokenKind::String | TokenKind::DollarString)
}

/// The routine that a body belongs to.
fn setting(routine: &Routine<'_>) -> Setting {
    let all = || routine.arguments.iter().flatten().chain(routine.table.iter().flatten());
    let is_known = routine.arguments.is_some() && (!routine.is_table || routine.table.is_some());
    let names = || all().filter_map(|argument| argument.name.clone()).collect::<Vec<Rc<str>>>();
    let gives_by_argument = |argument: &Argument| argument.is_out || argument.is_inout;
    let has_out = routine.arguments.iter().flatten().any(gives_by_argument);
    let gives = match &routine.returns {
        _ if routine.arguments.is_none() => Gives::Unknown,
        _ if routine.is_table => Gives::Rows,
        Some(kind) if kind.set_of => Gives::Rows,
        _ if has_out || routine.kind == RoutineKind::Procedure => Gives::Nothing,
        Some(kind) if kind.name.last() == "void" => Gives::Nothing,
        // `RETURN` may have a value here, but does not need one.
        Some(kind) if kind.name.last() == "event_trigger" => Gives::Unknown,
        Some(_) => Gives::One,
        None => Gives::Unknown,
    };
    Setting { gives, variables: is_known.then(names), name: Some(routine.name.last().into()) }
}

/// The error in the body that this token quotes.
fn in_body(all: &Cursor<'_>, token: Token, setting: &Setting) -> Option<Refusal> {
    let quoted = all.text(token);
    let is_plain = is_text(token) && quoted.starts_with(['\'', '$']);
    let at = all.tokens().iter().position(|other| *other == token)?;
    let goes_on = all.token(at + 1).is_some_and(|next| next.kind == TokenKind::StringContinuation);
    if !is_plain || goes_on {
        return None;
    }
    let mut from = *all;
    from.skip(at);
    let body = quoted_body(&from)?;
    let tokens = tokens(&body);
    let start = match &body {
        Cow::Borrowed(inner) => inner.as_ptr() as usize - quoted.as_ptr() as usize,
        Cow::Owned(_) => 1,
    };
    let mut refusal = match refusal(Cursor::new(&body, &tokens, 0), setting) {
        Ok(_) if body.len() > MOST_BYTES => return None,
        Ok(pieces) => pieces.iter().find_map(misspelt)?,
        Err(refusal) => *refusal?,
    };
    // A quote inside a quoted body is doubled in the source.
    let place = |at: usize| {
        let doubled = match &body {
            Cow::Borrowed(_) => 0,
            Cow::Owned(text) => text.get(..at).unwrap_or_default().matches('\'').count(),
        };
        all.place(token).start + start + at + doubled
    };
    let span = |span: Span| Span::new(place(span.start), place(span.end));
    refusal.span = span(refusal.span);
    refusal.related = refusal.related.map(|(at, text)| (span(at), text));
    Some(refusal)
}

/// The syntax error, by PostgreSQL's grammar, in a piece of SQL inside a body.
fn misspelt(piece: &Piece<'_>) -> Option<Refusal> {
    let (source, _) = piece.text.source();
    let at = piece.text.span();
    let mut text = format!("{}{}", piece.lead, source.get(at.range())?);
    let before = piece.lead.len();
    if let Some(into) = piece.without {
        let into = into.start - at.start + before..into.end - at.start + before;
        let blank = " ".repeat(into.len());
        text.replace_range(into, &blank);
    }
    let statement = statements::Statement { span: Span::new(0, text.len()), tokens: tokens(&text) };
    let place = |place: usize| at.start + place.saturating_sub(before).min(at.end - at.start);
    let span = |span: Span| Span::new(place(span.start), place(span.end));
    let (problem, found, label) = match syntax::fault(&text, &statement)? {
        Fault::MissingSemicolon(span) => {
            (Problem::MissingSemicolon, span, "`;` is missing before this".to_owned())
        }
        Fault::Error(error) if may_be_label(&text, &statement, &error) => return None,
        Fault::Error(SyntaxError { span, text: found, suggestion, instead, label }) => {
            (Problem::Syntax { found, suggestion, instead }, span, label)
        }
    };
    Some(Refusal { problem, span: span(found), label, related: None })
}

/// Whether the word before a syntax error may be a column label that the parser takes for an
/// operator: `SELECT a in`, `SELECT a like FROM t`.
fn may_be_label(text: &str, statement: &statements::Statement, error: &SyntaxError) -> bool {
    const OPERATORS: [&str; 12] = [
        "and", "between", "collate", "ilike", "in", "is", "isnull", "like", "not", "notnull", "or",
        "similar",
    ];
    let before = statement.tokens.iter().rev().find(|token| token.span.end <= error.span.start);
    let before = before.filter(|before| before.kind == TokenKind::Word);
    before.is_some_and(|before| {
        error.text.is_empty() || OPERATORS.iter().any(|word| before.is_word(text, word))
    })
}

#[cfg(test)]
mod tests;
