//! Parses functions and procedures: their arguments, and the text of their bodies.

use std::borrow::Cow;
use std::rc::Rc;

use super::types::{TypeName, type_name};
use super::{RoutineKind, Statement};
use crate::analysis::names::Name;
use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::{Lexer, Token, TokenKind};

#[derive(Debug)]
pub(crate) struct Routine<'s> {
    pub(crate) name: Name,
    pub(crate) or_replace: bool,
    /// `None` if they could not be parsed.
    pub(crate) arguments: Option<Vec<Argument>>,
    pub(crate) kind: RoutineKind,
    pub(crate) returns: Option<TypeName>,
    /// Whether it `RETURNS TABLE`, and the columns of that, if they could be parsed.
    pub(crate) is_table: bool,
    pub(crate) table: Option<Vec<Argument>>,
    /// Everything after the arguments, including the body.
    pub(crate) rest: Cursor<'s>,
}

/// The language of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Sql,
    Plpgsql,
    /// The effects of the body are unknown.
    Other,
}

/// The language that a statement specifies.
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
    /// The text that runs when the routine is called, and its language.
    pub(crate) fn body(&self) -> Option<(Cow<'s, str>, Language)> {
        let written = language(&self.rest, Language::Sql);
        let Some(quoted) = self.rest.after(&["as"]) else {
            // `RETURN …` or `BEGIN ATOMIC … END`.
            let mut inner =
                self.rest.after(&["begin", "atomic"]).or(self.rest.after(&["return"]))?;
            let last = inner.tokens().last()?;
            let (first, (text, _)) = (inner.next()?, inner.source());
            return Some((text.get(first.span.start..last.span.end)?.into(), Language::Sql));
        };
        Some((quoted_body(&quoted)?, written))
    }
}

/// The text after `AS`, without its quotes.
pub(crate) fn quoted_body<'s>(quoted: &Cursor<'s>) -> Option<Cow<'s, str>> {
    let token = quoted.token(0)?;
    let text = inside(quoted.text(token), token.kind)?;
    let is_doubled = token.kind == TokenKind::String && text.contains("''");
    Some(if is_doubled { text.replace("''", "'").into() } else { text.into() })
}

/// An argument of a routine, as far as it distinguishes overloads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Argument {
    pub(crate) kind: TypeName,
    pub(crate) name: Option<Rc<str>>,
    /// `OUT`.
    pub(crate) is_out: bool,
    pub(crate) is_inout: bool,
    pub(crate) is_variadic: bool,
    pub(crate) has_default: bool,
}

/// Parses what follows `CREATE [OR REPLACE] FUNCTION` or `PROCEDURE`.
pub(super) fn create<'s>(
    cursor: &mut Cursor<'s>,
    kind: RoutineKind,
    or_replace: bool,
) -> Option<Statement<'s>> {
    let name = cursor.name()?;
    let arguments = arguments(cursor.parentheses()?);
    let rest = *cursor;
    let is_table = cursor.take(&["returns", "table"]);
    let table = if is_table { cursor.parentheses().and_then(self::arguments) } else { None };
    let returns = if cursor.take(&["returns"]) { type_name(cursor) } else { None };
    let routine = Routine { name, or_replace, arguments, kind, returns, is_table, table, rest };
    Some(Statement::CreateRoutine(routine))
}

/// Parses the parentheses after the name of a routine; `None` if they are not understood.
pub(super) fn arguments(inner: Cursor<'_>) -> Option<Vec<Argument>> {
    inner.split().into_iter().map(argument).collect()
}

fn argument(mut cursor: Cursor<'_>) -> Option<Argument> {
    let mut mode = mode(&mut cursor);
    // `[name] type [DEFAULT …]`: with a name, there is one more word than the type needs.
    let plain = |mut cursor: Cursor<'_>| {
        let kind = type_name(&mut cursor)?;
        let has_default = cursor.is(0, "default") || cursor.is_sign(0, "=");
        (cursor.is_empty() || has_default).then_some((kind, has_default))
    };
    let (mut name, mut found) = (None, plain(cursor));
    if found.is_none() {
        name = Some(cursor.ident()?.text);
        // The mode may also follow the name.
        mode = self::mode(&mut cursor).or(mode);
        found = plain(cursor);
    }
    let (kind, has_default) = found?;
    let is = |wanted: Mode| mode == Some(wanted);
    let (is_out, is_inout) = (is(Mode::Out), is(Mode::InOut));
    Some(Argument { kind, name, is_out, is_inout, is_variadic: is(Mode::Variadic), has_default })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    In,
    Out,
    InOut,
    Variadic,
}

/// Reads the mode of an argument, if it comes next and something follows it.
fn mode(cursor: &mut Cursor<'_>) -> Option<Mode> {
    const MODES: [(&[&str], Mode); 5] = [
        (&["inout"], Mode::InOut),
        (&["in", "out"], Mode::InOut),
        (&["in"], Mode::In),
        (&["out"], Mode::Out),
        (&["variadic"], Mode::Variadic),
    ];
    let may_be = cursor.len() > 1;
    let (_, mode) = MODES.iter().find(|(words, _)| may_be && cursor.take(words))?;
    Some(*mode)
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
