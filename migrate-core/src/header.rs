//! The header of a migration file: `-- key: value` lines above the first section.

use crate::diagnostic::Diagnostic;
use crate::id::{RevisionId, did_you_mean};
use crate::lexer::{Token, TokenKind};
use crate::problem::Problem;
use crate::text::{Source, Span};

/// What a header can say.
pub(crate) const KEYS: [&str; 5] = ["revision", "parent", "message", "created", "irreversible"];

/// A header, as far as it could be read.
#[derive(Debug, Default)]
pub(crate) struct Header {
    pub(crate) id: Option<(RevisionId<'static>, Span)>,
    pub(crate) parents: Vec<(RevisionId<'static>, Span)>,
    pub(crate) message: Option<(String, Span)>,
    pub(crate) created: Option<(String, Span)>,
    pub(crate) irreversible: Option<(String, Span)>,
    /// Whether it has an id and parents that can't be read, so that its place in the chain is
    /// unknown.
    pub(crate) misplaced: bool,
}

/// Reads the header from the tokens above the first section marker.
pub(crate) fn parse(
    index: usize,
    source: &Source<'_>,
    tokens: &[Token],
    problems: &mut Vec<Diagnostic>,
) -> Header {
    let mut header = Header::default();
    let mut seen: Vec<(&'static str, Span)> = Vec::new();
    for token in tokens.iter().filter(|token| token.kind == TokenKind::LineComment) {
        let Some((key_span, value_span)) = key_and_value(source, token.span) else { continue };
        let (key, value) = (source.slice(key_span), source.slice(value_span));
        let Some(&known) = KEYS.iter().find(|known| **known == key) else {
            let meant = did_you_mean(key, KEYS);
            let problem = Problem::UnknownKey { key: key.to_owned(), meant };
            header.misplaced |= matches!(meant, Some("revision" | "parent"));
            problems.push(Diagnostic::at(problem, index, key_span, ""));
            continue;
        };
        if let Some((_, first)) = seen.iter().find(|(key, _)| *key == known) {
            let problem = Problem::DuplicateKey { key: known };
            let twice = Diagnostic::at(problem, index, key_span, "the second");
            problems.push(twice.and(index, *first, "the first"));
            continue;
        }
        seen.push((known, key_span));
        if value.is_empty() {
            header.misplaced |= matches!(known, "revision" | "parent");
            let problem = Problem::EmptyValue { key: known };
            problems.push(Diagnostic::at(problem, index, value_span, "nothing here"));
            continue;
        }
        let text = Some((value.to_owned(), value_span));
        match known {
            "revision" => header.id = id(index, source, value_span, problems),
            "parent" => {
                for span in comma_separated(source, value_span) {
                    match id(index, source, span, problems) {
                        Some(parent) => header.parents.push(parent),
                        None => header.misplaced = true,
                    }
                }
            }
            "message" => header.message = text,
            "created" => header.created = text,
            _ => header.irreversible = text,
        }
    }
    let start = Span::default();
    let has = |key: &str| seen.iter().any(|(seen, _)| *seen == key);
    for key in ["revision", "message"] {
        let misspelt = problems.iter().any(|found| {
            found.primary.as_ref().is_some_and(|label| label.source == index)
                && matches!(&found.problem, Problem::UnknownKey { meant: Some(meant), .. } if *meant == key)
        });
        if !has(key) && !misspelt {
            problems.push(Diagnostic::at(Problem::MissingKey { key }, index, start, ""));
        }
    }
    header.misplaced |= header.id.is_none();
    header
}

/// The spans of `key` and `value` in a comment `-- key: value`, if it has that shape.
fn key_and_value(source: &Source<'_>, comment: Span) -> Option<(Span, Span)> {
    let text = source.slice(comment);
    let body = text.trim_start_matches('-').trim_start();
    let key_start = comment.end - body.len();
    let key_length =
        body.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"_-".contains(b)).count();
    let after_key = body[key_length..].trim_start();
    let value = after_key.strip_prefix(':')?;
    if key_length == 0 || value.starts_with("//") {
        return None;
    }
    let trimmed = value.trim();
    let value_start = comment.end - value.trim_start().len();
    Some((
        Span::new(key_start, key_start + key_length),
        Span::new(value_start, value_start + trimmed.len()),
    ))
}

fn comma_separated(source: &Source<'_>, span: Span) -> Vec<Span> {
    let mut start = span.start;
    let mut spans = Vec::new();
    for part in source.slice(span).split(',') {
        let from = start + (part.len() - part.trim_start().len());
        spans.push(Span::new(from, from + part.trim().len()));
        start += part.len() + 1;
    }
    spans
}

fn id(
    index: usize,
    source: &Source<'_>,
    span: Span,
    problems: &mut Vec<Diagnostic>,
) -> Option<(RevisionId<'static>, Span)> {
    let text = source.slice(span);
    match RevisionId::new(text) {
        Ok(id) => Some((id.into_owned(), span)),
        Err(why) => {
            let problem = Problem::BadId { id: text.to_owned(), why };
            problems.push(Diagnostic::at(problem, index, span, ""));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexer::Lexer;

    /// Reads a header; gives what it says, or the codes of what is wrong with it.
    fn check(text: &str, expected: Result<(&str, &[&str], &str), &[&str]>) {
        let source = Source::new("a.sql", text);
        let tokens: Vec<Token> = Lexer::new(source.text()).collect();
        let mut problems = Vec::new();
        let header = parse(0, &source, &tokens, &mut problems);
        let codes: Vec<_> = problems.iter().map(|found| found.problem.code()).collect();
        match expected {
            Err(expected) => assert_eq!(codes, expected, "{text:?}"),
            Ok((id, parents, message)) => {
                assert!(codes.is_empty(), "{text:?}: {codes:?}");
                let names: Vec<_> = header.parents.iter().map(|(id, _)| id.as_str()).collect();
                assert_eq!(header.id.as_ref().map(|(id, _)| id.as_str()), Some(id), "{text:?}");
                assert_eq!(names, parents, "{text:?}");
                assert_eq!(
                    header.message.map(|(text, _)| text).as_deref(),
                    Some(message),
                    "{text:?}"
                );
            }
        }
    }

    #[test]
    fn headers_that_are_fine() {
        check("-- revision: 001\n-- message: It's a start", Ok(("001", &[], "It's a start")));
        check(
            "--revision:b\n--   parent :  a , c \n\n-- message: x: y",
            Ok(("b", &["a", "c"], "x: y")),
        );
        check(
            "-- A free comment, see https://example.org\n-- https://example.org\n-- revision: a\n-- message: m",
            Ok(("a", &[], "m")),
        );
    }

    #[test]
    fn headers_that_are_not() {
        check("", Err(&["missing-key", "missing-key"]));
        check("-- revision: a", Err(&["missing-key"]));
        check("-- revison: a\n-- message: m", Err(&["unknown-key"]));
        check("-- revision: a\n-- message: m\n-- author: me", Err(&["unknown-key"]));
        check("-- revision: a\n-- revision: b\n-- message: m", Err(&["duplicate-key"]));
        check("-- revision: a b\n-- message: m", Err(&["bad-id"]));
        check("-- revision: a\n-- parent: b,,c\n-- message: m", Err(&["bad-id"]));
        check("-- revision: a\n-- parent:\n-- message:", Err(&["empty-value", "empty-value"]));
    }
}
