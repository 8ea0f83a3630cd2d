//! Computes the text that `EXECUTE` runs, as far as the body shows it: constants, with holes for
//! the rest.

use std::cell::Cell;

use super::plpgsql::Body;
use super::routine::inside;
use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::TokenKind;

/// Stands for a part of a text that is only known at run time. The lexer takes it for a part of a
/// word.
pub(crate) const HOLE: char = '\u{E000}';

/// How deep variables set to variables, and nested calls, are followed.
const DEEPEST: usize = 16;

/// The text of an expression, with a [`HOLE`] for each part that is not constant.
pub(crate) fn text(expression: &Cursor<'_>, body: Option<&Body<'_>>) -> String {
    let mut text = String::new();
    append(&mut text, *expression, &Reading { body, left: Cell::new(MOST_PARTS) }, 0);
    text
}

/// The number of parts that are read. Variables built from variables can ask for any amount of
/// work.
const MOST_PARTS: usize = 10_000;
/// The length of the text that is built.
const MOST_TEXT: usize = 256 << 10;

struct Reading<'b> {
    body: Option<&'b Body<'b>>,
    left: Cell<usize>,
}

fn append(text: &mut String, expression: Cursor<'_>, body: &Reading<'_>, depth: usize) {
    let mut expression = expression;
    // `EXECUTE … INTO …` and `USING …`.
    for word in ["into", "using"] {
        if let Some(rest) = expression.after(&[word]) {
            expression = rest_before(&expression, &rest, 1);
        }
    }
    if depth > DEEPEST {
        text.push(HOLE);
        return;
    }
    for part in concatenated(&expression) {
        let left = body.left.get();
        if left == 0 || text.len() > MOST_TEXT {
            text.push(HOLE);
            return;
        }
        body.left.set(left - 1);
        if one(text, part, body, depth).is_none() {
            text.push(HOLE);
        }
    }
}

/// The tokens before `later`, except for the last `between` ones.
fn rest_before<'s>(all: &Cursor<'s>, later: &Cursor<'s>, between: usize) -> Cursor<'s> {
    let mut end = *all;
    end.skip(all.len().saturating_sub(later.len() + between));
    end.since(*all)
}

/// The parts between `||`.
fn concatenated<'s>(expression: &Cursor<'s>) -> Vec<Cursor<'s>> {
    let (mut parts, mut depth, mut rest) = (Vec::new(), 0, *expression);
    let mut start = rest;
    while let Some(token) = rest.token(0) {
        if depth == 0 && rest.is_sign(0, "||") {
            parts.push(rest.since(start));
            rest.skip(1);
            start = rest;
            continue;
        }
        depth = rest.deeper(depth, token);
        rest.skip(1);
    }
    parts.push(start);
    parts
}

fn one(text: &mut String, part: Cursor<'_>, body: &Reading<'_>, depth: usize) -> Option<()> {
    if depth > DEEPEST {
        return None;
    }
    let mut rest = part;
    if let Some(inner) = rest.parentheses() {
        if rest.is_empty() {
            append(text, inner, body, depth + 1);
            return Some(());
        }
        return None;
    }
    if let Some(constant) = constant(&part) {
        text.push_str(&constant);
        return Some(());
    }
    let name = rest.name()?;
    if rest.is_empty() && name.parts.len() == 1 {
        append(text, body.body?.value(name.last())?, body, depth + 1);
        return Some(());
    }
    let arguments = rest.parentheses().filter(|_| rest.is_empty())?.split();
    match name.last() {
        "format" => format(text, &arguments, body, depth),
        "quote_ident" | "quote_literal" | "quote_nullable" => {
            let quote = if name.last() == "quote_ident" { '"' } else { '\'' };
            quoted(text, quote, arguments.first(), body, depth);
            Some(())
        }
        "concat" => {
            for argument in &arguments {
                append(text, *argument, body, depth + 1);
            }
            Some(())
        }
        _ => None,
    }
}

/// The text of a string in any kind of quotes; `None` if it has escapes of its own.
pub(crate) fn constant(part: &Cursor<'_>) -> Option<String> {
    let mut rest = *part;
    let token = rest.next()?;
    // `'…'::text`
    if rest.take_sign("::") {
        rest.take_any(&[&["text"], &["varchar"]]).then_some(())?;
    }
    rest.is_empty().then_some(())?;
    let written = part.text(token);
    match token.kind {
        TokenKind::DollarString => Some(inside(written, token.kind)?.to_owned()),
        TokenKind::String if written.starts_with('\'') => {
            Some(inside(written, token.kind)?.replace("''", "'"))
        }
        _ => None,
    }
}

/// The text of an argument, or a hole.
fn value(argument: Option<&Cursor<'_>>, body: &Reading<'_>, depth: usize) -> String {
    let mut value = String::new();
    match argument.and_then(|argument| one(&mut value, *argument, body, depth + 1)) {
        Some(()) => value,
        None => HOLE.to_string(),
    }
}

/// The same, quoted as a name or as a string.
fn quoted(
    text: &mut String,
    quote: char,
    argument: Option<&Cursor<'_>>,
    body: &Reading<'_>,
    depth: usize,
) {
    let value = value(argument, body, depth);
    let doubled = value.replace(quote, &format!("{quote}{quote}"));
    text.push(quote);
    text.push_str(&doubled);
    text.push(quote);
}

/// `format('…', …)`.
fn format(
    text: &mut String,
    arguments: &[Cursor<'_>],
    body: &Reading<'_>,
    depth: usize,
) -> Option<()> {
    let mut pattern = String::new();
    append(&mut pattern, *arguments.first()?, body, depth + 1);
    let mut next: usize = 1;
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let mut specifier = String::new();
        let kind = loop {
            match rest.next()? {
                c @ ('s' | 'I' | 'L' | '%') => break c,
                c => specifier.push(c),
            }
        };
        if kind == '%' {
            text.push('%');
            continue;
        }
        let at = match specifier.split_once('$') {
            Some((number, _)) => number.parse().ok(),
            None => Some(next),
        };
        next = at.unwrap_or(next).saturating_add(1);
        let argument = at.and_then(|at: usize| arguments.get(at));
        match kind {
            'I' => quoted(text, '"', argument, body, depth),
            'L' => quoted(text, '\'', argument, body, depth),
            _ => text.push_str(&value(argument, body, depth)),
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::statement::plpgsql::body;
    use crate::analysis::statement::{Step, tokens};

    fn check(statement: &str, expected: &str) {
        let source = format!(
            "DECLARE t text := 'users'; q text; BEGIN q := 'DROP TABLE ' || t; {statement}; END"
        );
        let tokens = tokens(&source);
        let body = body(Cursor::new(&source, &tokens, 0)).expect("the body is read");
        let Some(Step::Execute(expression)) = body.steps.last() else { panic!("{statement}") };
        let found = text(expression, Some(&body)).replace(HOLE, "?");
        assert_eq!(found, expected, "{statement}");
    }

    #[test]
    fn what_is_constant_is_read() {
        check("EXECUTE 'SELECT 1'", "SELECT 1");
        check("EXECUTE 'SELECT ''a'''", "SELECT 'a'");
        check("EXECUTE $x$SELECT 1$x$ INTO n", "SELECT 1");
        check("EXECUTE ('GRANT ' || 'SELECT')", "GRANT SELECT");
        check(
            "EXECUTE 'DROP TABLE ' || quote_ident(r.name) || ' CASCADE' USING 1",
            "DROP TABLE \"?\" CASCADE",
        );
        check(
            "EXECUTE format('CREATE TRIGGER %I ON %s %%', 'a', b)",
            "CREATE TRIGGER \"a\" ON ? %",
        );
        check("EXECUTE format('DROP TABLE %1$I, %1$I', t)", "DROP TABLE \"users\", \"users\"");
        check("EXECUTE format('SELECT %L', x)", "SELECT '?'");
        check(
            "EXECUTE format('SELECT %L, %I', 'it''s', 'My \"Table')",
            "SELECT 'it''s', \"My \"\"Table\"",
        );
        check("EXECUTE q", "DROP TABLE users");
        check("EXECUTE unknown", "?");
        check("EXECUTE f('x')", "?");
        check("EXECUTE 'idx_' || x", "idx_?");
        check("EXECUTE E'SELECT \\n 1'", "?");
    }

    /// A few lines can ask for more parts than there are atoms in the universe.
    #[test]
    fn work_has_an_end() {
        for last in ["'x'", "''"] {
            let mut source = String::from("DECLARE ");
            for variable in 0..8 {
                let parts = vec![format!("v{}", variable + 1); 100].join(" || ");
                source.push_str(&format!("v{variable} text := {parts}; "));
            }
            source.push_str(&format!("v8 text := {last}; BEGIN EXECUTE v0; END"));
            let tokens = tokens(&source);
            let body = body(Cursor::new(&source, &tokens, 0)).expect("the body is read");
            let Some(Step::Execute(expression)) = body.steps.last() else { panic!() };
            assert!(text(expression, Some(&body)).len() <= 4 * MOST_PARTS);
        }
    }
}
