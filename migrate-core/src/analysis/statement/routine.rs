//! Functions and procedures: their arguments, and the text of their bodies.

use std::borrow::Cow;

use super::Statement;
use super::types::{TypeName, type_name};
use crate::analysis::cursor::Cursor;
use crate::analysis::names::Name;
use crate::lexer::{Lexer, Token, TokenKind};

#[derive(Debug)]
pub(crate) struct Routine<'s> {
    pub(crate) name: Name,
    pub(crate) or_replace: bool,
    /// None where they could not be read.
    pub(crate) arguments: Option<Vec<Argument>>,
    pub(crate) returns: Option<TypeName>,
    /// All behind the arguments: the body is in it.
    pub(crate) rest: Cursor<'s>,
}

/// What a body is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Sql,
    Plpgsql,
    /// Nothing is known of what it does.
    Other,
}

/// The language that is named in a statement.
pub(crate) fn language(text: &Cursor<'_>, otherwise: Language) -> Language {
    let Some(mut rest) = text.after(&["language"]) else { return otherwise };
    let named = match rest.string() {
        Some((text, _)) => Some(text),
        None => rest.ident().map(|name| name.text.to_string()),
    };
    match named.map(|name| name.to_lowercase()).as_deref() {
        Some("sql") => Language::Sql,
        Some("plpgsql") => Language::Plpgsql,
        _ => Language::Other,
    }
}

impl<'s> Routine<'s> {
    /// The text that runs when it is called, and what it is written in.
    pub(crate) fn body(&self) -> Option<(Cow<'s, str>, Language)> {
        let written = language(&self.rest, Language::Sql);
        let Some(quoted) = self.rest.after(&["as"]) else {
            // `RETURN …`, `BEGIN ATOMIC … END`.
            let mut inner =
                self.rest.after(&["begin", "atomic"]).or(self.rest.after(&["return"]))?;
            let last = inner.tokens().last()?;
            let (first, (text, _)) = (inner.next()?, inner.source());
            return Some((text.get(first.span.start..last.span.end)?.into(), Language::Sql));
        };
        Some((quoted_body(&quoted)?, written))
    }
}

/// The text behind `AS`, without its quotes.
pub(crate) fn quoted_body<'s>(quoted: &Cursor<'s>) -> Option<Cow<'s, str>> {
    let token = quoted.token(0)?;
    let text = inside(quoted.text(token), token.kind)?;
    let is_doubled = token.kind == TokenKind::String && text.contains("''");
    Some(if is_doubled { text.replace("''", "'").into() } else { text.into() })
}

/// An argument of a routine, as far as it tells one from another of the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Argument {
    pub(crate) kind: TypeName,
    /// `OUT`, and the columns of `RETURNS TABLE`.
    pub(crate) is_out: bool,
}

/// What follows `CREATE [OR REPLACE] FUNCTION` or `PROCEDURE`.
pub(super) fn create<'s>(cursor: &mut Cursor<'s>, or_replace: bool) -> Option<Statement<'s>> {
    let name = cursor.name()?;
    let arguments = arguments(cursor.parentheses()?);
    let rest = *cursor;
    let returns_table = cursor.starts(&["returns", "table"]);
    let returns =
        if !returns_table && cursor.take(&["returns"]) { type_name(cursor) } else { None };
    let routine = Routine { name, or_replace, arguments, returns, rest };
    Some(Statement::CreateRoutine(routine))
}

/// What is in the parentheses behind a routine's name; nothing where it is not understood.
pub(super) fn arguments(inner: Cursor<'_>) -> Option<Vec<Argument>> {
    inner.split().into_iter().map(argument).collect()
}

fn argument(mut cursor: Cursor<'_>) -> Option<Argument> {
    let is_out = cursor.is(0, "out") && cursor.len() > 1;
    if cursor.len() > 1 {
        let _ = cursor.take_any(&[&["inout"], &["in", "out"], &["in"], &["out"], &["variadic"]]);
    }
    // `[name] type [DEFAULT …]`: with a name there is one more word than the type takes.
    let plain = |mut cursor: Cursor<'_>| {
        let kind = type_name(&mut cursor)?;
        let is_whole = cursor.is_empty() || cursor.is(0, "default") || cursor.is_sign(0, "=");
        is_whole.then_some(kind)
    };
    if let Some(kind) = plain(cursor) {
        return Some(Argument { kind, is_out });
    }
    cursor.ident()?;
    // The mode may stand behind the name.
    let late_out = cursor.is(0, "out");
    let _ = cursor.take_any(&[&["inout"], &["in", "out"], &["in"], &["out"], &["variadic"]]);
    Some(Argument { kind: plain(cursor)?, is_out: is_out || late_out })
}

/// A string without its quotes.
pub(super) fn inside(text: &str, kind: TokenKind) -> Option<&str> {
    match kind {
        TokenKind::DollarString => {
            let tag = text.get(1..)?.find('$')? + 2;
            text.get(tag..text.len().checked_sub(tag)?)
        }
        TokenKind::String => text.get(text.find('\'')? + 1..text.len() - 1),
        _ => None,
    }
}

/// The tokens of a body.
pub(crate) fn tokens(body: &str) -> Vec<Token> {
    Lexer::new(body).filter(|token| !token.kind.is_trivia()).collect()
}
