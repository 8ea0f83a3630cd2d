//! A cursor over the tokens of a statement. It reads from left to right and keeps the position of
//! each token in the file.

use super::name::{Ident, Name};
use crate::syntax::lexer::{Token, TokenKind};
use crate::syntax::source::Span;

/// The tokens of a statement that have not been read yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'s> {
    sql: &'s str,
    tokens: &'s [Token],
    /// The offset of `sql` in its file.
    offset: usize,
}

#[cfg_attr(
    not(feature = "analysis"),
    expect(dead_code, reason = "most readers are in the analysis")
)]
impl<'s> Cursor<'s> {
    pub(crate) fn new(sql: &'s str, tokens: &'s [Token], offset: usize) -> Self {
        Cursor { sql, tokens, offset }
    }

    /// The text that the tokens come from, and its offset in its file.
    pub(crate) fn source(&self) -> (&'s str, usize) {
        (self.sql, self.offset)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(crate) fn tokens(&self) -> &'s [Token] {
        self.tokens
    }

    /// The token `at` places ahead.
    pub(crate) fn token(&self, at: usize) -> Option<Token> {
        self.tokens.get(at).copied()
    }

    pub(crate) fn text(&self, token: Token) -> &'s str {
        self.sql.get(token.span.range()).unwrap_or_default()
    }

    /// The position of a token in the file.
    pub(crate) fn place(&self, token: Token) -> Span {
        token.span.within(self.offset)
    }

    /// The span from the first remaining token to the last.
    pub(crate) fn span(&self) -> Span {
        match (self.tokens.first(), self.tokens.last()) {
            (Some(first), Some(last)) => self.place(*first).to(self.place(*last)),
            _ => Span::default(),
        }
    }

    /// Whether the token `at` places ahead is this word.
    pub(crate) fn is(&self, at: usize, word: &str) -> bool {
        at < self.tokens.len() && self.tokens[at].is_word(self.sql, word)
    }

    pub(crate) fn is_any(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(at, word))
    }

    /// Whether the token `at` places ahead is this sign.
    pub(crate) fn is_sign(&self, at: usize, sign: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| {
            matches!(token.kind, TokenKind::Punctuation | TokenKind::Operator)
                && self.text(*token) == sign
        })
    }

    /// Whether the next words are these.
    pub(crate) fn starts(&self, words: &[&str]) -> bool {
        // This runs at each token of each statement, and most builds do not optimise it.
        for (at, word) in words.iter().enumerate() {
            if !self.is(at, word) {
                return false;
            }
        }
        true
    }

    /// Reads these words if they come next, and returns whether they did.
    pub(crate) fn take(&mut self, words: &[&str]) -> bool {
        let is = self.starts(words);
        if is {
            self.skip(words.len());
        }
        is
    }

    /// Reads the first of these phrases that comes next, and returns whether one did.
    pub(crate) fn take_any(&mut self, phrases: &[&[&str]]) -> bool {
        phrases.iter().any(|phrase| self.take(phrase))
    }

    pub(crate) fn take_sign(&mut self, sign: &str) -> bool {
        let is = self.is_sign(0, sign);
        self.skip(usize::from(is));
        is
    }

    pub(crate) fn skip(&mut self, count: usize) {
        self.tokens = self.tokens.get(count..).unwrap_or_default();
    }

    /// Reads the next token.
    pub(crate) fn next(&mut self) -> Option<Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(*first)
    }

    /// The tokens read since an earlier state of this cursor.
    pub(crate) fn since(&self, earlier: Cursor<'s>) -> Cursor<'s> {
        let count = earlier.tokens.len().saturating_sub(self.tokens.len());
        Cursor { tokens: &earlier.tokens[..count], ..earlier }
    }

    /// All tokens except the last `count`.
    pub(crate) fn before(&self, count: usize) -> Cursor<'s> {
        Cursor { tokens: &self.tokens[..self.tokens.len().saturating_sub(count)], ..*self }
    }

    /// A token as an identifier, if it can be one.
    pub(crate) fn ident_of(&self, token: Token) -> Option<Ident> {
        Ident::new(self.sql, token, self.place(token))
    }

    /// Whether it is a name with Unicode escapes, `U&"d\0061ta"`. These are not decoded here.
    pub(crate) fn is_escaped(&self, token: Token) -> bool {
        token.kind == TokenKind::QuotedIdentifier && !self.text(token).starts_with('"')
    }

    /// Reads one part of a name.
    pub(crate) fn ident(&mut self) -> Option<Ident> {
        let ident = self.ident_of(self.token(0)?)?;
        self.skip(1);
        Some(ident)
    }

    /// Reads a name of one or more parts.
    pub(crate) fn name(&mut self) -> Option<Name> {
        let mut parts = vec![self.ident()?];
        while self.take_sign(".") {
            parts.push(self.ident()?);
        }
        Some(Name { parts })
    }

    /// Reads names separated by commas.
    pub(crate) fn names(&mut self) -> Option<Vec<Name>> {
        let mut names = vec![self.name()?];
        while self.take_sign(",") {
            names.push(self.name()?);
        }
        Some(names)
    }

    /// Reads a list of plain names: `(a, b)`.
    pub(crate) fn column_list(&mut self) -> Option<Vec<Ident>> {
        let mut inner = self.parentheses()?;
        let mut columns = vec![inner.ident()?];
        while inner.take_sign(",") {
            columns.push(inner.ident()?);
        }
        inner.is_empty().then_some(columns)
    }

    /// Reads parentheses, if they come next, and returns their content.
    pub(crate) fn parentheses(&mut self) -> Option<Cursor<'s>> {
        if !self.is_sign(0, "(") {
            return None;
        }
        let mut depth = 0;
        for (at, token) in self.tokens.iter().enumerate() {
            depth = self.deeper(depth, *token);
            if depth == 0 {
                let inner = Cursor { tokens: &self.tokens[1..at], ..*self };
                self.skip(at + 1);
                return Some(inner);
            }
        }
        None
    }

    pub(crate) fn deeper(&self, depth: usize, token: Token) -> usize {
        if token.kind != TokenKind::Punctuation {
            return depth;
        }
        match self.text(token) {
            "(" | "[" => depth + 1,
            ")" | "]" => depth.saturating_sub(1),
            _ => depth,
        }
    }

    /// The parts between commas, ignoring commas inside parentheses. No parts if there are no
    /// tokens.
    pub(crate) fn split(&self) -> Vec<Cursor<'s>> {
        self.split_at_sign(",")
    }

    /// The same for another separator.
    pub(crate) fn split_at_sign(&self, sign: &str) -> Vec<Cursor<'s>> {
        let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0);
        for (at, token) in self.tokens.iter().enumerate() {
            depth = self.deeper(depth, *token);
            if depth == 0 && self.is_sign(at, sign) {
                parts.push(Cursor { tokens: &self.tokens[start..at], ..*self });
                start = at + 1;
            }
        }
        if !self.is_empty() {
            parts.push(Cursor { tokens: &self.tokens[start..], ..*self });
        }
        parts
    }

    /// Advances by at least one token to the first place outside of parentheses and `CASE … END`
    /// where `ends` holds, and returns the tokens before that place.
    pub(crate) fn expression(&mut self, ends: impl Fn(&Cursor<'s>) -> bool) -> Cursor<'s> {
        let start = *self;
        let (mut depth, mut cases) = (0_usize, 0_usize);
        while let Some(token) = self.token(0) {
            if depth == 0 && cases == 0 && self.len() < start.len() && ends(self) {
                break;
            }
            depth = self.deeper(depth, token);
            if token.is_word(self.sql, "case") {
                cases += 1;
            } else if token.is_word(self.sql, "end") {
                cases = cases.saturating_sub(1);
            }
            self.skip(1);
        }
        self.since(start)
    }

    /// The tokens after the first occurrence of these words outside of parentheses.
    pub(crate) fn after(&self, words: &[&str]) -> Option<Cursor<'s>> {
        let mut depth = 0;
        for (at, token) in self.tokens.iter().enumerate() {
            let mut rest = Cursor { tokens: &self.tokens[at..], ..*self };
            if depth == 0 && rest.take(words) {
                return Some(rest);
            }
            depth = self.deeper(depth, *token);
        }
        None
    }

    /// Whether these words occur anywhere, inside of parentheses too.
    pub(crate) fn contains(&self, words: &[&str]) -> bool {
        (0..self.tokens.len())
            .any(|at| Cursor { tokens: &self.tokens[at..], ..*self }.starts(words))
    }

    /// Whether these words occur outside of parentheses.
    pub(crate) fn has(&self, words: &[&str]) -> bool {
        self.after(words).is_some()
    }

    /// All identifiers, including keywords.
    pub(crate) fn idents(&self) -> impl Iterator<Item = Ident> + use<'s> {
        let this = *self;
        this.tokens.iter().filter_map(move |token| this.ident_of(*token))
    }

    /// Reads a string and returns its plain text; `None` if it has escapes of its own.
    pub(crate) fn string(&mut self) -> Option<(String, Span)> {
        let token = self.token(0)?;
        if token.kind != TokenKind::String
            || self.token(1).is_some_and(|next| next.kind == TokenKind::StringContinuation)
        {
            return None;
        }
        let text = self.text(token).strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'");
        self.skip(1);
        Some((text, self.place(token)))
    }
}
