//! Parses the header of a migration file: the `-- key: value` lines above the first section.

use std::collections::HashSet;

use crate::chain::allow_comments::allows;
use crate::chain::diagnostic::Diagnostic;
use crate::chain::id::RevisionId;
use crate::chain::problem::Problem;
use crate::syntax::lexer::{Token, TokenKind};
use crate::syntax::source::{Source, Span};
use crate::syntax::suggest::did_you_mean;

/// The valid keys of a header.
pub(crate) const KEYS: [&str; 5] = ["revision", "parent", "message", "created", "irreversible"];

/// A header, as far as it could be parsed.
#[derive(Debug, Default)]
pub(crate) struct Header {
    pub(crate) id: Option<(RevisionId<'static>, Span)>,
    pub(crate) parents: Vec<(RevisionId<'static>, Span)>,
    pub(crate) message: Option<(String, Span)>,
    pub(crate) created: Option<(String, Span)>,
    pub(crate) irreversible: Option<(String, Span)>,
    /// The keys that seem to have a line, but one that cannot be read.
    pub(crate) unclear: Vec<&'static str>,
}

impl Header {
    /// Whether the position of the revision in the chain is unknown.
    pub(crate) fn is_misplaced(&self) -> bool {
        self.id.is_none() || self.unclear.iter().any(|key| matches!(*key, "revision" | "parent"))
    }

    /// Whether it is a merge, or may be one.
    pub(crate) fn joins(&self) -> bool {
        self.parents.len() > 1 || self.unclear.contains(&"parent")
    }

    /// The position of the parents, or of the id if there are none.
    pub(crate) fn place(&self) -> Span {
        match (self.parents.first(), self.parents.last()) {
            (Some((_, first)), Some((_, last))) => first.to(*last),
            _ => self.id.as_ref().map_or(Span::default(), |(_, span)| *span),
        }
    }
}

/// Other words for the keys, used by other tools and by people.
const SYNONYMS: [(&str, &str); 10] = [
    ("id", "revision"),
    ("rev", "revision"),
    ("version", "revision"),
    ("down_revision", "parent"),
    ("depends_on", "parent"),
    ("revises", "parent"),
    ("description", "message"),
    ("title", "message"),
    ("date", "created"),
    ("create_date", "created"),
];

/// The key that was probably meant by a word.
fn meant_key(word: &str) -> Option<&'static str> {
    let synonym = SYNONYMS.iter().find(|(other, _)| other.eq_ignore_ascii_case(word));
    synonym.map(|(_, key)| *key).or_else(|| did_you_mean(word, KEYS))
}

/// Parses the header from the tokens above the first section marker.
pub(crate) fn parse(
    index: usize,
    source: &Source<'_>,
    tokens: &[Token],
    problems: &mut Vec<Diagnostic>,
) -> Header {
    let mut header = Header::default();
    let mut seen: Vec<(&'static str, Span)> = Vec::new();
    // The parents named in earlier lines.
    let mut earlier: HashSet<RevisionId<'static>> = HashSet::new();
    let first_sql = tokens.iter().find(|token| !token.kind.is_trivia()).map(|token| token.span);
    for token in tokens.iter().filter(|token| token.kind == TokenKind::LineComment) {
        if allows(source.slice(token.span)) {
            continue;
        }
        let Some((key_span, value_span)) = key_and_value(source, token.span) else { continue };
        let (key, value) = (source.slice(key_span), source.slice(value_span));
        let Some(&known) = KEYS.iter().find(|known| **known == key) else {
            if first_sql.is_some_and(|sql| sql.start < token.span.start) {
                // A comment in SQL that is outside of any section.
                continue;
            }
            let is_new = |suggestion: &&str| seen.iter().all(|(key, _)| key != suggestion);
            let suggestion = meant_key(key).filter(is_new);
            header.unclear.extend(suggestion);
            let problem = Problem::UnknownKey { key: key.to_owned(), suggestion };
            problems.push(Diagnostic::at(problem, index, key_span, ""));
            continue;
        };
        if let Some((_, first)) = seen.iter().find(|(key, _)| *key == known) {
            let problem = Problem::DuplicateKey { key: known };
            let twice = Diagnostic::at(problem, index, key_span, "the second");
            problems.push(twice.and(index, *first, "the first"));
            match known {
                "parent" => parents(index, source, value_span, &mut header, &mut earlier, problems),
                known => header.unclear.push(known),
            }
            continue;
        }
        seen.push((known, key_span));
        if value.is_empty() {
            header.unclear.push(known);
            let problem = Problem::EmptyValue { key: known };
            problems.push(Diagnostic::at(problem, index, value_span, "nothing here"));
            continue;
        }
        let text = Some((value.to_owned(), value_span));
        match known {
            "revision" => header.id = id(index, source, value_span, problems),
            "parent" => parents(index, source, value_span, &mut header, &mut earlier, problems),
            "message" => header.message = text,
            "created" => header.created = text,
            _ => header.irreversible = text,
        }
    }
    // An unterminated token has swallowed the lines after it.
    if tokens.iter().any(|token| matches!(token.kind, TokenKind::Unterminated(_))) {
        header.unclear.extend(KEYS);
    }
    header.unclear.extend(first_sql.and_then(|sql| dashless_key(source, sql)));
    for key in ["revision", "message"] {
        if seen.iter().all(|(seen, _)| *seen != key) && !header.unclear.contains(&key) {
            let start = Span::default();
            problems.push(Diagnostic::at(Problem::MissingKey { key }, index, start, ""));
        }
    }
    header
}

fn parents(
    index: usize,
    source: &Source<'_>,
    value: Span,
    header: &mut Header,
    earlier: &mut HashSet<RevisionId<'static>>,
    problems: &mut Vec<Diagnostic>,
) {
    let before = header.parents.len();
    for span in comma_separated(source, value) {
        match id(index, source, span, problems) {
            // A duplicate line is only one mistake.
            Some((id, _)) if earlier.contains(&id) => {}
            Some(parent) => header.parents.push(parent),
            None => header.unclear.push("parent"),
        }
    }
    earlier.extend(header.parents[before..].iter().map(|(id, _)| id.clone()));
}

/// The key of a line that is only read as SQL because a dash is missing: `- parent: a`.
fn dashless_key(source: &Source<'_>, sql: Span) -> Option<&'static str> {
    let line = source.slice(source.line_at(sql.start)).trim_start_matches(['-', ' ', '\t', '#']);
    let (word, _) = line.split_once(':')?;
    KEYS.into_iter().find(|key| *key == word.trim_end())
}

/// The spans of `key` and `value` in a comment of the form `-- key: value`.
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
    use crate::syntax::lexer::Lexer;

    /// Parses a header. Compares its content, or the codes of its problems.
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
        check("-- rev: a\n-- title: m", Err(&["unknown-key", "unknown-key"]));
        check("-- revision: a\n/* b\n-- message: m", Err(&[]));
        check("-- revision: a\n-- revision: b\n-- message: m", Err(&["duplicate-key"]));
        check("-- revision: a b\n-- message: m", Err(&["bad-id"]));
        check("-- revision: a\n-- parent: b,,c\n-- message: m", Err(&["bad-id"]));
        check("-- revision: a\n-- parent:\n-- message:", Err(&["empty-value", "empty-value"]));
    }
}
