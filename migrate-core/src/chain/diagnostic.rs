//! A problem with the places in the files that it refers to, and the renderer for both.
//!
//! The output is plain text, so that it can be used in `compile_error!`. A terminal may add
//! colours.

use std::fmt::Write as _;

use crate::chain::problem::Problem;
use crate::syntax::source::{self, Source, Span, is_unsafe_to_show};

/// The largest width of a source line in a snippet, in characters.
const MAX_SNIPPET_WIDTH: usize = 140;

/// The largest number of places shown for one problem.
const MOST_SNIPPETS: usize = 20;

/// A position in one of the files, with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The index of the file.
    pub source: usize,
    /// The position in it. An empty span points between two characters.
    pub span: Span,
    /// The text at this position; may be empty.
    pub text: String,
}

/// A problem and the places that it refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong.
    pub problem: Problem,
    /// The place to look at first, if the problem is in a file.
    pub primary: Option<Label>,
    /// Further places, such as where a name was first defined.
    pub related: Vec<Label>,
    /// Facts that have no position in a file.
    pub notes: Vec<String>,
}

impl Diagnostic {
    /// A problem without a position in a file.
    pub fn new(problem: Problem) -> Self {
        Diagnostic { problem, primary: None, related: Vec::new(), notes: Vec::new() }
    }

    /// A problem at this position.
    pub fn at(problem: Problem, source: usize, span: Span, text: impl Into<String>) -> Self {
        let primary = Some(Label { source, span, text: text.into() });
        Diagnostic { primary, ..Diagnostic::new(problem) }
    }

    /// A problem with several places; the first one is the one to look at.
    pub(crate) fn across<T: Into<String>>(
        problem: Problem,
        places: impl IntoIterator<Item = (usize, Span, T)>,
    ) -> Self {
        let label =
            |(source, span, text): (usize, Span, T)| Label { source, span, text: text.into() };
        let mut labels = places.into_iter().map(label);
        let primary = labels.next();
        Diagnostic { primary, related: labels.collect(), ..Diagnostic::new(problem) }
    }

    /// Adds a further place.
    #[must_use]
    pub fn and(mut self, source: usize, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label { source, span, text: text.into() });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The problem as text: message, snippets, notes and help.
    pub fn render(&self, sources: &[Source<'_>]) -> String {
        let labels = self.primary.iter().chain(&self.related);
        let snippets: Vec<Snippet<'_>> = labels
            .take(MOST_SNIPPETS)
            .filter_map(|label| Some(Snippet { source: sources.get(label.source)?, label }))
            .collect();
        let more = (self.related.len() + 1).saturating_sub(MOST_SNIPPETS);
        let more = (more > 0).then(|| format!("and {}", source::counted(more, "more place")));
        let notes: Vec<String> = more.into_iter().chain(self.notes.iter().cloned()).collect();
        render(&self.problem.to_string(), &snippets, &notes, &self.problem.help())
    }
}

/// A message about one position in a file that is not part of a chain: the message, the position,
/// and what to do next.
///
/// ```
/// use migrate_core::chain::point_at;
/// use migrate_core::syntax::{Source, Span};
///
/// let source = Source::new("schema.sql", "CREATE TABEL t ();");
/// let text = point_at("syntax error", &source, Span::new(7, 12), "here", "fix it");
/// assert!(text.starts_with("syntax error\n --> schema.sql:1:8"));
/// ```
pub fn point_at(message: &str, source: &Source<'_>, span: Span, text: &str, help: &str) -> String {
    point_at_with(message, source, span, text, &[], help)
}

/// The same with facts that have no position.
pub fn point_at_with(
    message: &str,
    source: &Source<'_>,
    span: Span,
    text: &str,
    notes: &[String],
    help: &str,
) -> String {
    let label = Label { source: 0, span, text: text.to_owned() };
    render(message, &[Snippet { source, label: &label }], notes, help)
}

/// A label with its file.
pub(crate) struct Snippet<'a> {
    pub(crate) source: &'a Source<'a>,
    pub(crate) label: &'a Label,
}

/// Renders a message with its snippets; the first one is the primary position.
pub(crate) fn render(
    message: &str,
    snippets: &[Snippet<'_>],
    notes: &[String],
    help: &str,
) -> String {
    let lines = snippets.iter().map(|s| s.source.position(s.label.span.start).line);
    let gutter = lines.max().map_or(0, |line| line.to_string().len());
    let mut out = message.to_owned();
    for (index, snippet) in snippets.iter().enumerate() {
        let (arrow, mark) = if index == 0 { ("-->", '^') } else { (":::", '-') };
        draw(&mut out, snippet, gutter, arrow, mark);
    }
    for note in notes {
        let _ = write!(out, "\n{:gutter$} = note: {note}", "");
    }
    if !help.is_empty() {
        let _ = write!(out, "\n{:gutter$} = help: {help}", "");
    }
    // A message may contain text from a file, a database or a file name.
    source::printable(&out).into_owned()
}

fn draw(out: &mut String, snippet: &Snippet<'_>, gutter: usize, arrow: &str, mark: char) {
    let Snippet { source, label } = snippet;
    let position = source.position(label.span.start);
    let line = source.line_at(label.span.start);
    let span_end = label.span.end.clamp(label.span.start, line.end.max(label.span.start));
    let before = source.slice(Span::new(line.start, label.span.start));
    let marked = source.slice(Span::new(label.span.start, span_end));
    let after = source.slice(Span::new(span_end, line.end));

    let (before, marked, after) = window(before, marked, after);
    let shown = format!("{before}{marked}{after}");
    let pad = " ".repeat(width(&before));
    let marks = mark.to_string().repeat(width(&marked).max(1));
    let lines = [
        format!("{:gutter$}{arrow} {}:{}:{}", "", source.path(), position.line, position.column),
        format!("{:gutter$} |", ""),
        format!("{:>gutter$} | {shown}", position.line),
        format!("{:gutter$} | {pad}{marks} {}", "", label.text),
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
        let sources = [Source::new("dir/a.sql", text)];
        let diagnostic =
            Diagnostic::at(Problem::NotUtf8, 0, Span::new(span.0, span.1), label).note("a fact");
        let expected = format!(
            "the file is not UTF-8\n{expected}\n  = note: a fact\n  = help: save the file as UTF-8"
        );
        assert_eq!(diagnostic.render(&sources), expected);
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
        let sources = [Source::new("a", "x"), Source::new("b", "\n".repeat(9) + "y")];
        let diagnostic = Diagnostic::at(Problem::NulByte, 1, Span::new(9, 10), "one").and(
            0,
            Span::new(0, 1),
            "two",
        );
        let expected = "the file has a NUL byte\n  --> b:10:1\n   |\n10 | y\n   | ^ one\n  ::: a:1:1\n   |\n 1 | x\n   | - two\n   = help: remove the byte; PostgreSQL can't hold it in any text";
        assert_eq!(diagnostic.render(&sources), expected);
    }
}
