//! The normalised text of a file, and positions in it: spans, lines and columns.

use std::borrow::Cow;
use std::ops::Range;

/// A file of the chain: its path as displayed to users, and its text.
///
/// The text is normalised once, when the file is read: a byte order mark is removed and CRLF
/// becomes LF. Everything after that (digests, the SQL sent to the server, the snippets in
/// messages) uses the same text, so a checkout on another platform is the same migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source<'a> {
    path: Cow<'a, str>,
    text: Cow<'a, str>,
}

impl<'a> Source<'a> {
    /// Creates a file with this path and text, and normalises the text.
    ///
    /// ```
    /// let source = migrate_core::syntax::Source::new("a.sql", "\u{feff}SELECT 1;\r\n");
    /// assert_eq!(source.text(), "SELECT 1;\n");
    /// ```
    pub fn new(path: impl Into<Cow<'a, str>>, text: impl Into<Cow<'a, str>>) -> Self {
        Source { path: path.into(), text: normalise(text.into()) }
    }

    /// A file whose text has already been normalised, as written by `embed_migrations!()`.
    pub(crate) const fn embedded(path: String, text: &'a str) -> Self {
        Source { path: Cow::Owned(path), text: Cow::Borrowed(text) }
    }

    /// The path as displayed to users.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The normalised text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a span; empty if the span is not valid in this file.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The line and column of a byte offset.
    pub fn position(&self, offset: usize) -> Position {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Position {
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// The span of the line that contains an offset, without its newline.
    pub fn line_at(&self, offset: usize) -> Span {
        let offset = self.text.floor_char_boundary(offset);
        let start = self.text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        let end = self.text[offset..].find('\n').map_or(self.text.len(), |length| offset + length);
        Span::new(start, end)
    }
}

fn normalise(text: Cow<'_, str>) -> Cow<'_, str> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if body.contains("\r\n") {
        Cow::Owned(body.replace("\r\n", "\n"))
    } else if body.len() < text.len() {
        Cow::Owned(body.to_owned())
    } else {
        text
    }
}

/// The text in a form that is safe to display: characters that could manipulate a terminal or hide
/// text are replaced by a visible one. Newlines and tabs are kept.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let is_shown = |c: char| matches!(c, '\n' | '\t') || !is_unsafe_to_show(c);
    if text.chars().all(is_shown) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if is_shown(c) { c } else { '\u{fffd}' }).collect())
}

/// Whether a character could manipulate a terminal or hide text: a control character, one that
/// changes the direction of the text, or one without a width. Of these, messages only contain
/// newlines and tabs; data from a database (such as `Record::applied_by`) may contain any.
///
/// ```
/// assert!(migrate_core::syntax::is_unsafe_to_show('\u{1b}'));
/// assert!(!migrate_core::syntax::is_unsafe_to_show('ö'));
/// ```
pub fn is_unsafe_to_show(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A count with its noun: `1 revision`, `2 revisions`.
pub fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// A range of bytes in the normalised text of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Span {
    /// The bytes from `start` to before `end`.
    pub const fn new(start: usize, end: usize) -> Self {
        Span { start, end }
    }

    /// The same as a range.
    pub const fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// From the start of `self` to the end of `other`.
    pub const fn to(self, other: Span) -> Span {
        Span { start: self.start, end: other.end }
    }

    /// Converts a span relative to a part of the text, which begins at `start`, to one relative to
    /// the whole text.
    pub(crate) const fn within(self, start: usize) -> Span {
        Span { start: self.start + start, end: self.end + start }
    }

    /// Converts a span relative to the whole text to one relative to the part that begins at
    /// `start`.
    pub(crate) const fn since(self, start: usize) -> Span {
        Span { start: self.start - start, end: self.end - start }
    }
}

/// A line and a column, both counted from 1. The column is counted in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_order_mark_and_crlf_are_dropped_and_a_lone_cr_is_kept() {
        let check =
            |from: &str, to: &str| assert_eq!(Source::new("a", from).text(), to, "{from:?}");
        check("", "");
        check("a\nb", "a\nb");
        check("\u{feff}a", "a");
        check("a\r\nb\r\n", "a\nb\n");
        check("\u{feff}a\r\n", "a\n");
        check("a\rb", "a\rb");
        check("a\u{feff}", "a\u{feff}");
    }

    #[test]
    fn what_is_shown_can_not_redraw_a_terminal() {
        let check = |text: &str, expected: &str| assert_eq!(printable(text), expected, "{text:?}");
        check("größe, 日本\n\tand so on", "größe, 日本\n\tand so on");
        check("\u{1b}[2J\u{1b}]0;title\u{7}", "\u{fffd}[2J\u{fffd}]0;title\u{fffd}");
        check("a\rb\u{8}\u{7f}\0", "a\u{fffd}b\u{fffd}\u{fffd}\u{fffd}");
        // The eight-bit form of the same, and characters that change the direction.
        check("\u{9b}2J \u{202e}x\u{2066}", "\u{fffd}2J \u{fffd}x\u{fffd}");
    }

    #[test]
    fn nouns_agree_with_their_number() {
        let check = |count, expected: &str| assert_eq!(counted(count, "revision"), expected);
        check(0, "0 revisions");
        check(1, "1 revision");
        check(2, "2 revisions");
    }

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let source = Source::new("a", "é1\n\n2x");
        let check = |offset, line, column| {
            assert_eq!(source.position(offset), Position { line, column }, "{offset}");
        };
        check(0, 1, 1);
        check(2, 1, 2);
        check(3, 1, 3);
        check(4, 2, 1);
        check(5, 3, 1);
        check(7, 3, 3);
        check(99, 3, 3);
    }

    #[test]
    fn the_line_of_an_offset() {
        let source = Source::new("a", "one\n\nthree");
        let check =
            |offset, line| assert_eq!(source.slice(source.line_at(offset)), line, "{offset}");
        check(0, "one");
        check(3, "one");
        check(4, "");
        check(5, "three");
        check(10, "three");
        check(99, "three");
    }
}
