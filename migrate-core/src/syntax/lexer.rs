//! A lexer for PostgreSQL's lexical rules: every byte of the text belongs to exactly one token.
//!
//! It reads a text like a server with `standard_conforming_strings = on` (the default since 9.1;
//! the runner refuses any other setting). It accepts every text: something unterminated is a token
//! of a separate kind.

use crate::syntax::source::Span;

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenKind {
    /// Spaces and newlines.
    Whitespace,
    /// `-- …` up to the end of the line.
    LineComment,
    /// `/* … */`, which nests.
    BlockComment,
    /// A keyword or an unquoted identifier.
    Word,
    /// `"…"` or `U&"…"`.
    QuotedIdentifier,
    /// `'…'`, with or without a prefix (`E`, `B`, `X`, `N`, `U&`).
    String,
    /// Another `'…'` that continues the previous string: SQL joins strings that are separated by a
    /// newline.
    StringContinuation,
    /// `$$…$$` or `$tag$…$tag$`.
    DollarString,
    /// `1`, `1.5e3`, `0xff`, `1_000`.
    Number,
    /// `$1`.
    Parameter,
    /// One of PostgreSQL's or a user's operators.
    Operator,
    /// A parenthesis, bracket, comma, semicolon, colon or dot, or `::`, `:=`, `..`.
    Punctuation,
    /// A backslash, which starts a command in psql.
    Backslash,
    /// A byte that cannot start a token.
    Unknown,
    /// Something unterminated, with the rest of the text.
    Unterminated(Unterminated),
}

impl TokenKind {
    /// Whether the server ignores it.
    pub const fn is_trivia(self) -> bool {
        matches!(self, TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment)
    }
}

/// What is unterminated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unterminated {
    /// `'…`
    String,
    /// `"…`
    QuotedIdentifier,
    /// `/* …`
    BlockComment,
    /// `$tag$ …`
    DollarString,
}

/// A token and its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// Its kind.
    pub kind: TokenKind,
    /// Its position.
    pub span: Span,
}

impl Token {
    /// Its text, given the text that was tokenized.
    pub fn text(self, source: &str) -> &str {
        source.get(self.span.range()).unwrap_or_default()
    }

    /// Whether it is this keyword, in upper or lower case.
    pub fn is_word(self, source: &str, keyword: &str) -> bool {
        // Most words have another length, and builds run this without optimisation.
        matches!(self.kind, TokenKind::Word)
            && self.span.end - self.span.start == keyword.len()
            && self.text(source).eq_ignore_ascii_case(keyword)
    }
}

/// How the content of a quoted string is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quoting {
    /// Only `''` is an escaped quote.
    Plain,
    /// `\'` is one as well, as in an `E'…'` string.
    Backslash,
}

/// The tokens of a text, from the first byte to the last.
///
/// ```
/// use migrate_core::syntax::{Lexer, TokenKind};
///
/// let sql = "SELECT $x$it's$x$ -- done";
/// let kinds: Vec<_> = Lexer::new(sql).map(|t| t.kind).filter(|k| !k.is_trivia()).collect();
/// assert_eq!(kinds, [TokenKind::Word, TokenKind::DollarString]);
/// ```
#[derive(Debug, Clone)]
pub struct Lexer<'s> {
    text: &'s [u8],
    at: usize,
    /// Set after a string until a token shows that it is not continued: how the string was quoted,
    /// and whether a newline has followed.
    continued: Option<(Quoting, bool)>,
    /// Up to here, each operator character is a separate token, because an operator cannot end
    /// here.
    signs: usize,
}

impl<'s> Lexer<'s> {
    /// Creates a lexer at the start of this text.
    pub fn new(text: &'s str) -> Self {
        Lexer { text: text.as_bytes(), at: 0, continued: None, signs: 0 }
    }

    fn peek(&self, ahead: usize) -> u8 {
        let at = self.at + ahead;
        if at < self.text.len() { self.text[at] } else { 0 }
    }

    fn rest(&self) -> &'s [u8] {
        &self.text[self.at.min(self.text.len())..]
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        // An explicit loop, because builds run this without optimisation, where each iterator
        // adapter is a call.
        while self.at < self.text.len() && wanted(self.text[self.at]) {
            self.at += 1;
        }
    }

    fn token(&mut self) -> TokenKind {
        let continued = self.continued.take();
        let first = self.peek(0);
        match first {
            _ if is_space(first) => {
                let start = self.at;
                self.skip_while(is_space);
                let newline = self.text[start..self.at].iter().any(|byte| is_newline(*byte));
                self.continued = continued.map(|(quoting, seen)| (quoting, seen || newline));
                TokenKind::Whitespace
            }
            b'-' if self.peek(1) == b'-' => {
                self.skip_while(|byte| !is_newline(byte));
                self.continued = continued;
                TokenKind::LineComment
            }
            b'\'' => match continued {
                Some((quoting, true)) => self.string(quoting, TokenKind::StringContinuation),
                _ => self.string(Quoting::Plain, TokenKind::String),
            },
            b'/' if self.peek(1) == b'*' => self.block_comment(),
            b'"' => self.quoted_identifier(),
            b'$' => self.dollar(),
            b'0'..=b'9' => self.number(),
            b'.' if self.peek(1).is_ascii_digit() => self.number(),
            _ if is_word_start(first) => self.word_or_prefixed_string(first),
            _ if is_operator(first) => self.operator(),
            b':' if matches!(self.peek(1), b':' | b'=') => self.take(2, TokenKind::Punctuation),
            b'.' if self.peek(1) == b'.' => self.take(2, TokenKind::Punctuation),
            b'(' | b')' | b'[' | b']' | b',' | b';' | b':' | b'.' => {
                self.take(1, TokenKind::Punctuation)
            }
            b'\\' => self.take(1, TokenKind::Backslash),
            _ => self.take(1, TokenKind::Unknown),
        }
    }

    fn take(&mut self, bytes: usize, kind: TokenKind) -> TokenKind {
        self.at += bytes;
        kind
    }

    fn unterminated(&mut self, what: Unterminated) -> TokenKind {
        self.at = self.text.len();
        TokenKind::Unterminated(what)
    }

    /// Reads a string from its opening quote.
    fn string(&mut self, quoting: Quoting, kind: TokenKind) -> TokenKind {
        self.at += 1;
        loop {
            self.skip_while(|byte| byte != b'\'' && byte != b'\\');
            match (self.peek(0), self.peek(1)) {
                _ if self.at >= self.text.len() => return self.unterminated(Unterminated::String),
                (b'\\', _) if quoting == Quoting::Backslash => self.at += 2,
                (b'\\', _) => self.at += 1,
                (_, b'\'') => self.at += 2,
                _ => break,
            }
        }
        self.at += 1;
        self.continued = Some((quoting, false));
        kind
    }

    fn quoted_identifier(&mut self) -> TokenKind {
        self.at += 1;
        loop {
            self.skip_while(|byte| byte != b'"');
            match (self.peek(0), self.peek(1)) {
                (b'"', b'"') => self.at += 2,
                (b'"', _) => return self.take(1, TokenKind::QuotedIdentifier),
                _ => return self.unterminated(Unterminated::QuotedIdentifier),
            }
        }
    }

    fn block_comment(&mut self) -> TokenKind {
        let mut depth = 0;
        loop {
            match (self.peek(0), self.peek(1)) {
                _ if self.at >= self.text.len() => {
                    return self.unterminated(Unterminated::BlockComment);
                }
                (b'/', b'*') => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', b'/') if depth == 1 => return self.take(2, TokenKind::BlockComment),
                (b'*', b'/') => {
                    depth -= 1;
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
    }

    /// Reads `$1`, `$tag$…$tag$`, or a dollar that starts neither.
    fn dollar(&mut self) -> TokenKind {
        if self.peek(1).is_ascii_digit() {
            self.at += 1;
            self.skip_while(is_number_part);
            return TokenKind::Parameter;
        }
        let rest = self.rest();
        let tag =
            rest[1..].iter().take_while(|byte| is_word_part(**byte) && **byte != b'$').count();
        if rest.get(tag + 1) != Some(&b'$') {
            return self.take(1, TokenKind::Unknown);
        }
        let (delimiter, body) = rest.split_at(tag + 2);
        // Searches for a dollar that may end the closing delimiter, so that a long body is read
        // only once.
        let mut from = 0;
        while let Some(dollar) = body[from..].iter().position(|byte| *byte == b'$') {
            if body[from + dollar..].starts_with(delimiter) {
                return self.take(2 * delimiter.len() + from + dollar, TokenKind::DollarString);
            }
            from += dollar + 1;
        }
        self.unterminated(Unterminated::DollarString)
    }

    /// Letters directly after a number belong to the token. Since PostgreSQL 15 this is an error,
    /// and before it was two tokens; it never means the same as with a space in between.
    fn number(&mut self) -> TokenKind {
        let start = self.at;
        self.skip_while(is_number_part);
        if self.peek(0) == b'.' && self.peek(1) != b'.' {
            self.at += 1;
            self.skip_while(is_number_part);
        }
        let so_far = &self.text[start..self.at];
        let decimal =
            so_far[..so_far.len() - 1].iter().all(|b| b.is_ascii_digit() || b"._".contains(b));
        if matches!(so_far.last(), Some(b'e' | b'E'))
            && decimal
            && matches!(self.peek(0), b'+' | b'-')
            && self.peek(1).is_ascii_digit()
        {
            self.at += 1;
            self.skip_while(is_number_part);
        }
        TokenKind::Number
    }

    fn word_or_prefixed_string(&mut self, first: u8) -> TokenKind {
        let (second, third) = (self.peek(1), self.peek(2));
        match first.to_ascii_lowercase() {
            b'e' if second == b'\'' => {
                self.at += 1;
                self.string(Quoting::Backslash, TokenKind::String)
            }
            b'b' | b'x' | b'n' if second == b'\'' => {
                self.at += 1;
                self.string(Quoting::Plain, TokenKind::String)
            }
            b'u' if second == b'&' && third == b'\'' => {
                self.at += 2;
                self.string(Quoting::Plain, TokenKind::String)
            }
            b'u' if second == b'&' && third == b'"' => {
                self.at += 2;
                self.quoted_identifier()
            }
            _ => {
                self.skip_while(is_word_part);
                TokenKind::Word
            }
        }
    }

    /// Reads the longest run of operator characters without a comment. By PostgreSQL's rule, it can
    /// only end in `+` or `-` if it contains a character that does not occur in SQL's own
    /// operators.
    fn operator(&mut self) -> TokenKind {
        let mut length = 1;
        // Characters that were cut off before are not read again one by one.
        if self.at >= self.signs {
            let rest = self.rest();
            while length < rest.len() && is_operator(rest[length]) {
                if matches!(rest.get(length..length + 2), Some(b"--" | b"/*")) {
                    break;
                }
                length += 1;
            }
            if !rest[..length].iter().any(|byte| b"~!@#^&|`?%".contains(byte)) {
                self.signs = self.at + length;
                while length > 1 && matches!(rest[length - 1], b'+' | b'-') {
                    length -= 1;
                }
            }
        }
        self.take(length, TokenKind::Operator)
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let start = self.at;
        if start >= self.text.len() {
            return None;
        }
        let kind = self.token();
        // `E'\` at the very end would go past it.
        self.at = self.at.min(self.text.len());
        Some(Token { kind, span: Span::new(start, self.at) })
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0b' | b'\x0c')
}

fn is_newline(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// Every byte of a non-ASCII character counts as a letter, even that of a no-break space. The
/// server does the same.
fn is_word_start(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80..)
}

fn is_word_part(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9' | b'$' | 0x80..)
}

/// Unlike in a word, a dollar is not part of a number: `1$$a$$` is a number and a string.
fn is_number_part(byte: u8) -> bool {
    is_word_part(byte) && byte != b'$'
}

fn is_operator(byte: u8) -> bool {
    matches!(
        byte,
        b'~' | b'!'
            | b'@'
            | b'#'
            | b'^'
            | b'&'
            | b'|'
            | b'`'
            | b'?'
            | b'+'
            | b'-'
            | b'*'
            | b'/'
            | b'%'
            | b'<'
            | b'>'
            | b'='
    )
}

#[cfg(test)]
mod tests;
