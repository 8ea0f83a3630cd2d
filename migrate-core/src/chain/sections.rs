//! Parses the sections of a migration file, `-- migrate:up`, `-- migrate:down` and those for tests, and
//! their options.

use std::time::Duration;

use crate::chain::allow_comments::{allowed, suggestion, unknown_code};
use crate::chain::diagnostic::Diagnostic;
use crate::chain::markers::{marker_body, todo, touched};
use crate::chain::problem::Problem;
use crate::syntax::lexer::{Lexer, Token, TokenKind};
use crate::syntax::source::{Source, Span};
use crate::syntax::suggest::did_you_mean;

/// How a section runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether it runs in a transaction. It does, unless it says `transaction:false`.
    pub transactional: bool,
    /// How long one of its statements may wait for a lock, if the section specifies it.
    pub lock_timeout: Option<Duration>,
    /// How long one of its statements may run, if the section specifies it.
    pub statement_timeout: Option<Duration>,
}

impl Options {
    /// The options of a section that specifies none.
    pub(crate) const USUAL: Self =
        Options { transactional: true, lock_timeout: None, statement_timeout: None };
}

impl Default for Options {
    fn default() -> Self {
        Options::USUAL
    }
}

/// A section: the position of its SQL in the file, and how it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// The position of its SQL: from the line after the marker to the next marker or the end.
    pub span: Span,
    /// How it runs.
    pub options: Options,
}

impl Section {
    /// A missing section: no SQL, and the default options.
    pub(crate) const EMPTY: Self = Section { span: Span::new(0, 0), options: Options::USUAL };
}

/// A part of a file that only tests run: in no digest, and in no program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestSection {
    /// When it is run.
    pub when: TestTime,
    /// The position of its SQL.
    pub span: Span,
}

/// When a test section is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestTime {
    /// Before the upgrade: it puts rows there.
    BeforeUp,
    /// After the upgrade: its queries must return no row.
    AfterUp,
    /// After the downgrade: its queries must return no row.
    AfterDown,
}

const TESTS: [(&str, TestTime); 3] = [
    ("test before up", TestTime::BeforeUp),
    ("test after up", TestTime::AfterUp),
    ("test after down", TestTime::AfterDown),
];

/// What a marker says of a test section: its words, and which section it is, if there is such a one.
fn test_marker(source: &Source<'_>, marker: Span) -> Option<(String, Option<TestTime>)> {
    let words: Vec<&str> = words(source, marker).map(|span| source.slice(span)).collect();
    let name = words.join(" ");
    let found = TESTS.iter().find(|(known, _)| *known == name).map(|(_, when)| *when);
    (words.first() == Some(&"test")).then_some((name, found))
}

/// The test sections of a file. What is wrong with a marker was reported when the chain was checked.
pub fn test_sections(source: &Source<'_>) -> Vec<TestSection> {
    // Most files have none.
    if !source.text().to_ascii_lowercase().contains("migrate:test") {
        return Vec::new();
    }
    let tokens: Vec<Token> = Lexer::new(source.text()).collect();
    let markers = markers(source, &tokens);
    let section = |(nth, marker): (usize, &Span)| {
        let (_, when) = test_marker(source, *marker)?;
        Some(TestSection { when: when?, span: sql_below(source, &markers, nth) })
    };
    markers.iter().enumerate().filter_map(section).collect()
}

/// The text of a file up to its first test section.
pub(crate) fn without_tests<'s>(source: &'s Source<'_>) -> &'s str {
    let first = test_sections(source).first().map(|section| section.span.start);
    // The marker stands on the line before.
    let end = first.map(|start| source.line_at(start.saturating_sub(1)).start);
    end.and_then(|end| source.text().get(..end)).unwrap_or(source.text())
}

fn line_start(source: &Source<'_>, marker: Span) -> usize {
    source.line_at(marker.start).start
}

/// Whether nothing stands before a marker on its line.
fn is_alone(source: &Source<'_>, marker: Span) -> bool {
    source.slice(Span::new(line_start(source, marker), marker.start)).trim().is_empty()
}

/// The position of the SQL below a marker.
fn sql_below(source: &Source<'_>, markers: &[Span], nth: usize) -> Span {
    let end = markers.get(nth + 1).map_or(source.text().len(), |next| {
        if is_alone(source, *next) { line_start(source, *next) } else { next.start }
    });
    let start = markers.get(nth).map_or(end, |marker| marker.end + 1);
    Span::new(start.min(end), end)
}

/// The sections of one file, as far as they could be parsed, each with the span of its marker.
#[derive(Debug, Default)]
pub(crate) struct Sections {
    pub(crate) up: Option<(Section, Span)>,
    pub(crate) down: Option<(Section, Span)>,
    /// Whether the name or position of a marker is wrong, so that a section may only seem to be
    /// missing.
    pub(crate) unclear: bool,
    /// Whether an option is wrong, so that it is unknown how a section runs.
    pub(crate) unclear_mode: bool,
}

const NAMES: [&str; 2] = ["up", "down"];
const OPTIONS: [&str; 3] = ["transaction", "lock_timeout", "statement_timeout"];

/// The section markers among the tokens of a file, valid or not.
pub(crate) fn markers(source: &Source<'_>, tokens: &[Token]) -> Vec<Span> {
    let markers = tokens.iter().filter(|token| is_marker(source, token));
    markers.map(|token| token.span).collect()
}

fn is_marker(source: &Source<'_>, token: &Token) -> bool {
    if token.kind != TokenKind::LineComment {
        return false;
    }
    let comment = source.slice(token.span);
    allowed(comment).is_none()
        && todo(comment).is_none()
        && touched(comment).is_none()
        && (marker_body(comment).is_some() || misspelt(comment).is_some())
}

/// The section that a comment is clearly meant to start, such as `-- migrat:up`, `-- migrate up` or
/// another tool's `-- +goose Up`. If it were read as a comment, two sections would become one.
fn misspelt(comment: &str) -> Option<&'static str> {
    let body = comment.trim_start_matches(['-', '+', ' ', '\t']).trim_end();
    let (word, rest) = body.split_at(body.find(|c: char| !c.is_ascii_alphabetic())?);
    let section = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
    let name = match rest.trim_start().starts_with(':') {
        true => section.split_whitespace().next()?,
        // Without the colon, it could be the start of a sentence.
        false => section,
    };
    let name = NAMES.into_iter().find(|known| name.eq_ignore_ascii_case(known))?;
    did_you_mean(word, ["migrate", "migration", "goose"])?;
    Some(name)
}

/// Whether the text contains a line that would be a section marker if it were not in a string or
/// comment.
pub(crate) fn has_marker_line(text: &str) -> bool {
    let name =
        |line: &str| marker_body(line.trim_start())?.split_whitespace().next().map(String::from);
    text.lines().skip(1).filter_map(name).any(|name| NAMES.contains(&name.as_str()))
}

/// Parses the sections from all tokens of a file and its [`markers`].
pub(crate) fn parse(
    index: usize,
    source: &Source<'_>,
    tokens: &[Token],
    markers: &[Span],
    problems: &mut Vec<Diagnostic>,
) -> Sections {
    let mut sections = Sections::default();
    for comment in tokens.iter().filter(|token| token.kind == TokenKind::LineComment) {
        if let Some(what) = todo(source.slice(comment.span)) {
            let problem = Problem::Todo { what: what.to_owned() };
            problems.push(Diagnostic::at(problem, index, comment.span, ""));
        }
    }
    let mut first_test: Option<Span> = None;
    for (nth, marker) in markers.iter().enumerate() {
        if marker_body(source.slice(*marker)).is_none() {
            sections.unclear = true;
            let name = source.slice(*marker).trim_end().to_owned();
            let problem = Problem::UnknownSection { suggestion: misspelt(&name), name };
            problems.push(Diagnostic::at(problem, index, *marker, ""));
            continue;
        }
        if !is_alone(source, *marker) {
            sections.unclear = true;
            problems.push(Diagnostic::at(Problem::MarkerNotAlone, index, *marker, ""));
        }
        if let Some((code, span)) = unknown_code(source, *marker) {
            sections.unclear = true;
            let problem =
                Problem::UnknownCode { code: code.to_owned(), suggestion: suggestion(code) };
            problems.push(Diagnostic::at(problem, index, span, ""));
            continue;
        }
        if let Some((name, when)) = test_marker(source, *marker) {
            if when.is_none() {
                let suggestion = did_you_mean(&name, TESTS.map(|(known, _)| known));
                let problem = Problem::UnknownSection { name, suggestion };
                problems.push(Diagnostic::at(problem, index, *marker, ""));
            }
            first_test.get_or_insert(*marker);
            continue;
        }
        let mut words = words(source, *marker);
        let name_span = words.next().unwrap_or(Span::new(marker.end, marker.end));
        let name = source.slice(name_span);
        let slot = match name {
            "up" => &mut sections.up,
            "down" => &mut sections.down,
            _ => {
                sections.unclear = true;
                let suggestion = did_you_mean(name, NAMES);
                let problem = Problem::UnknownSection { name: name.to_owned(), suggestion };
                problems.push(Diagnostic::at(problem, index, name_span, ""));
                continue;
            }
        };
        // Of several sections below it the first is reported.
        if let Some(test) = first_test.take() {
            let name = if name == "up" { "up" } else { "down" };
            let found = Diagnostic::at(Problem::SectionAfterTest { name }, index, *marker, "");
            problems.push(found.and(index, test, "the tests begin here"));
        }
        let before = problems.len();
        let options = options(index, source, words, problems);
        sections.unclear_mode |= problems.len() > before;
        if let Some((_, first)) = slot {
            let name = if name == "up" { "up" } else { "down" };
            let twice =
                Diagnostic::at(Problem::DuplicateSection { name }, index, *marker, "the second");
            problems.push(twice.and(index, *first, "the first"));
            sections.unclear = true;
            continue;
        }
        *slot = Some((Section { span: sql_below(source, markers, nth), options }, *marker));
    }
    sections
}

/// The spans of the words after `migrate:` in a marker. The first one is the name of the section.
fn words<'s>(source: &'s Source<'_>, marker: Span) -> impl Iterator<Item = Span> + 's {
    let body = marker_body(source.slice(marker)).unwrap_or_default();
    let mut at = marker.end - body.len();
    body.split(char::is_whitespace)
        .map(move |word| {
            let span = Span::new(at, at + word.len());
            let blank = source.text()[span.end..].chars().next().map_or(0, char::len_utf8);
            at = span.end + blank;
            span
        })
        .filter(|span| span.start < span.end)
}

fn options(
    index: usize,
    source: &Source<'_>,
    words: impl Iterator<Item = Span>,
    problems: &mut Vec<Diagnostic>,
) -> Options {
    let mut options = Options::default();
    let mut seen: Vec<(&'static str, Span)> = Vec::new();
    for span in words {
        let word = source.slice(span);
        let (name, value) = word.split_once(':').unwrap_or((word, ""));
        let Some(&option) = OPTIONS.iter().find(|option| **option == name) else {
            let suggestion = did_you_mean(name, OPTIONS);
            let problem = Problem::UnknownOption { option: name.to_owned(), suggestion };
            problems.push(Diagnostic::at(problem, index, span, ""));
            // The rest may be SQL on the same line as the marker.
            break;
        };
        if let Some((_, first)) = seen.iter().find(|(seen, _)| *seen == option) {
            let twice =
                Diagnostic::at(Problem::DuplicateOption { option }, index, span, "the second");
            problems.push(twice.and(index, *first, "the first"));
            continue;
        }
        seen.push((option, span));
        let understood = match option {
            "transaction" => value.parse().map(|on| options.transactional = on).is_ok(),
            "lock_timeout" => {
                parse_duration(value).map(|time| options.lock_timeout = Some(time)).is_some()
            }
            _ => parse_duration(value).map(|time| options.statement_timeout = Some(time)).is_some(),
        };
        if !understood {
            let want = match option {
                "transaction" => "`transaction:false` or `transaction:true`",
                _ => "a whole number and a unit (ms, s, min, h), such as `2s`; `0` means no limit",
            };
            let problem = Problem::BadOption { option, value: value.to_owned(), want };
            problems.push(Diagnostic::at(problem, index, span, ""));
            break;
        }
    }
    options
}

/// The longest time that PostgreSQL's settings can hold: 2^31 - 1 milliseconds.
const MAX_MILLISECONDS: u64 = i32::MAX as u64;

/// Parses a time in the format of the section options: `2s`, `500ms`, `10min`, `1h`; `0` needs no
/// unit. `None` if it is not a time, or exceeds the limit of PostgreSQL's settings.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let factor = match unit {
        "" if number == 0 => 0,
        "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    let milliseconds = number.checked_mul(factor)?;
    (milliseconds <= MAX_MILLISECONDS).then_some(Duration::from_millis(milliseconds))
}

#[cfg(test)]
mod tests;
