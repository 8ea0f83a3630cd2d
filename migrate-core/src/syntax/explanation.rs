//! A message for people: what is wrong, where, what else is known, and what to do next.
//!
//! Its text is plain, so that it can be used in `compile_error!`. A terminal may add colours.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use crate::syntax::source::{self, Position, Source, Span, is_unsafe_to_show};

/// The largest width of a source line in a snippet, in characters.
const MAX_SNIPPET_WIDTH: usize = 140;

/// What is wrong, the places in files, facts and advice: each apart, until it is displayed.
///
/// ```
/// use migrate_core::syntax::{Explanation, Source, Span};
///
/// let source = Source::new("schema.sql", "CREATE TABEL t ();");
/// let explanation = Explanation::new("syntax error")
///     .with_snippet(&source, Span::new(7, 12), "here")
///     .with_help("did you mean `TABLE`?");
/// assert_eq!(
///     explanation.to_string(),
///     "syntax error\n --> schema.sql:1:8\n  |\n1 | CREATE TABEL t ();\n  |        ^^^^^ here\n  \
///      = help: did you mean `TABLE`?"
/// );
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Explanation<'a> {
    /// What is wrong.
    pub message: String,
    /// Facts that have no position.
    pub notes: Vec<String>,
    /// What to do next; may be empty.
    pub help: String,
    /// The first one is the place to look at first.
    snippets: Vec<Snippet<'a>>,
}

/// A position in a file, with a text.
#[derive(Debug, Clone)]
struct Snippet<'a> {
    source: &'a Source<'a>,
    span: Span,
    text: Cow<'a, str>,
}

impl<'a> Explanation<'a> {
    /// A message without a place.
    pub fn new(message: impl Into<String>) -> Self {
        let message = message.into();
        Explanation { message, notes: Vec::new(), help: String::new(), snippets: Vec::new() }
    }

    /// Adds a place in a file, with a text there, which may be empty. An empty span points between two characters.
    #[must_use]
    pub fn with_snippet(
        mut self,
        source: &'a Source<'a>,
        span: Span,
        text: impl Into<Cow<'a, str>>,
    ) -> Self {
        self.snippets.push(Snippet { source, span, text: text.into() });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The same with this advice.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Explanation { help: help.into(), ..self }
    }

    /// The place to look at first: a file's path, and the position in it.
    pub fn place(&self) -> Option<(&'a str, Position)> {
        let first = self.snippets.first()?;
        Some((first.source.path(), first.source.position(first.span.start)))
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.snippets.iter().map(|it| it.source.position(it.span.start).line);
        let gutter = lines.max().map_or(0, |line| line.to_string().len());
        let mut out = self.message.clone();
        for (index, snippet) in self.snippets.iter().enumerate() {
            let (arrow, mark) = if index == 0 { ("-->", '^') } else { (":::", '-') };
            draw(&mut out, snippet, gutter, arrow, mark);
        }
        for note in &self.notes {
            write!(out, "\n{:gutter$} = note: {note}", "")?;
        }
        if !self.help.is_empty() {
            write!(out, "\n{:gutter$} = help: {}", "", self.help)?;
        }
        // A message may contain text from a file, a database or a file name.
        f.write_str(&source::printable(&out))
    }
}

fn draw(out: &mut String, snippet: &Snippet<'_>, gutter: usize, arrow: &str, mark: char) {
    let Snippet { source, span, text } = snippet;
    let position = source.position(span.start);
    let line = source.line_at(span.start);
    let span_end = span.end.clamp(span.start, line.end.max(span.start));
    let before = source.slice(Span::new(line.start, span.start));
    let marked = source.slice(Span::new(span.start, span_end));
    let after = source.slice(Span::new(span_end, line.end));

    let (before, marked, after) = window(before, marked, after);
    let shown = format!("{before}{marked}{after}");
    let pad = " ".repeat(width(&before));
    let marks = mark.to_string().repeat(width(&marked).max(1));
    let lines = [
        format!("{:gutter$}{arrow} {}:{}:{}", "", source.path(), position.line, position.column),
        format!("{:gutter$} |", ""),
        format!("{:>gutter$} | {shown}", position.line),
        format!("{:gutter$} | {pad}{marks} {}", "", text),
    ];
    for line in lines {
        out.push('\n');
        out.push_str(line.trim_end());
    }
}

/// The three parts of a line, with unsafe characters replaced, truncated so that the marked part
/// stays visible.
fn window(before: &str, marked: &str, after: &str) -> (String, String, String) {
    let [before, marked, after] = [before, marked, after].map(printable);
    let half = MAX_SNIPPET_WIDTH / 2;
    let before = match before.chars().count().checked_sub(half) {
        None | Some(0) => before,
        Some(cut) => std::iter::once('…').chain(before.chars().skip(cut)).collect(),
    };
    let marked = cut_end(marked, half);
    let room = MAX_SNIPPET_WIDTH.saturating_sub(before.chars().count() + marked.chars().count());
    (before, marked, cut_end(after, room))
}

fn cut_end(text: String, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text;
    }
    text.chars().take(limit).chain(['…']).collect()
}

/// Replaces tabs by four spaces. Replaces control and bidirectional characters, which could
/// manipulate the terminal or hide code, by a visible character.
fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push_str("    "),
            c if is_unsafe_to_show(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// The width of a text in terminal columns: two for East Asian wide characters and emoji, none for
/// combining accents.
fn width(text: &str) -> usize {
    let columns = |c: char| match u32::from(c) {
        0x300..=0x36f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    };
    text.chars().map(columns).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, span: (usize, usize), label: &str, expected: &str) {
        let source = Source::new("dir/a.sql", text);
        let explanation = Explanation::new("it is wrong")
            .with_snippet(&source, Span::new(span.0, span.1), label)
            .with_note("a fact")
            .with_help("correct it");
        let expected = format!("it is wrong\n{expected}\n  = note: a fact\n  = help: correct it");
        assert_eq!(explanation.to_string(), expected);
    }

    #[test]
    fn without_a_place_and_without_help() {
        let explanation = Explanation::new("it is \u{1b}wrong");
        assert_eq!(explanation.to_string(), "it is \u{fffd}wrong");
        assert_eq!(explanation.with_help("stop").to_string(), "it is \u{fffd}wrong\n = help: stop");
    }

    #[test]
    fn points_at_a_span() {
        check(
            "one\ntwo three\n",
            (8, 13),
            "here",
            " --> dir/a.sql:2:5\n  |\n2 | two three\n  |     ^^^^^ here",
        );
    }

    #[test]
    fn an_empty_span_and_the_end_of_the_file() {
        check("one\n", (4, 4), "", " --> dir/a.sql:2:1\n  |\n2 |\n  | ^");
        check("", (0, 0), "", " --> dir/a.sql:1:1\n  |\n1 |\n  | ^");
    }

    #[test]
    fn a_span_of_several_lines_is_marked_on_its_first() {
        check("one\ntwo\n", (1, 6), "", " --> dir/a.sql:1:2\n  |\n1 | one\n  |  ^^");
    }

    #[test]
    fn tabs_wide_characters_and_control_characters_keep_the_caret_in_place() {
        check("\tx", (1, 2), "", " --> dir/a.sql:1:2\n  |\n1 |     x\n  |     ^");
        check("日x", (3, 4), "", " --> dir/a.sql:1:2\n  |\n1 | 日x\n  |   ^");
        check("\u{1b}[2Jx", (4, 5), "", " --> dir/a.sql:1:5\n  |\n1 | \u{fffd}[2Jx\n  |     ^");
    }

    #[test]
    fn a_long_line_is_cut_around_the_caret() {
        let line = format!("{}X{}", "a".repeat(500), "b".repeat(500));
        let shown = format!("…{}X{}…", "a".repeat(70), "b".repeat(68));
        let caret = format!("{}^", " ".repeat(71));
        let expected = format!(" --> dir/a.sql:1:501\n  |\n1 | {shown}\n  | {caret}");
        check(&line, (500, 501), "", &expected);
    }

    #[test]
    fn further_places_follow_and_line_numbers_share_one_gutter() {
        let (first, second) = (Source::new("a", "x"), Source::new("b", "\n".repeat(9) + "y"));
        let explanation = Explanation::new("it is wrong")
            .with_snippet(&second, Span::new(9, 10), "one")
            .with_snippet(&first, Span::new(0, 1), "two")
            .with_help("correct it");
        assert_eq!(
            explanation.place().map(|(path, at)| (path, at.line, at.column)),
            Some(("b", 10, 1))
        );
        let expected = "it is wrong\n  --> b:10:1\n   |\n10 | y\n   | ^ one\n  ::: a:1:1\n   |\n 1 | x\n   \
                        | - two\n   = help: correct it";
        assert_eq!(explanation.to_string(), expected);
    }
}
