//! A cursor over a statement's tokens: words, names, and the content of parentheses.

use super::RelationName;
use crate::syntax::ident;
use crate::syntax::lexer::{Token, TokenKind};

/// The remaining tokens of a statement.
#[derive(Clone, Copy)]
pub(super) struct Words<'s> {
    sql: &'s str,
    tokens: &'s [Token],
}

impl<'s> Words<'s> {
    pub(super) fn new(sql: &'s str, tokens: &'s [Token]) -> Self {
        Words { sql, tokens }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Reads these words if they come next, and returns whether they did.
    pub(super) fn take(&mut self, words: &[&str]) -> bool {
        let fits = words.len() <= self.tokens.len()
            && words.iter().zip(self.tokens).all(|(word, token)| token.is_word(self.sql, word));
        if fits {
            self.tokens = &self.tokens[words.len()..];
        }
        fits
    }

    /// Reads the first of these phrases that comes next, and returns whether one did.
    pub(super) fn take_any(&mut self, phrases: &[&[&str]]) -> bool {
        phrases.iter().any(|phrase| self.take(phrase))
    }

    /// Reads this sign if it comes next, and returns whether it did.
    pub(super) fn take_sign(&mut self, sign: &str) -> bool {
        let is = self.tokens.first().is_some_and(|token| self.is_sign(*token, sign));
        self.tokens = &self.tokens[usize::from(is)..];
        is
    }

    fn is_sign(&self, token: Token, sign: &str) -> bool {
        let signs = matches!(token.kind, TokenKind::Punctuation | TokenKind::Operator);
        signs && token.text(self.sql) == sign
    }

    /// Reads a name of one or more parts.
    pub(super) fn name(&mut self) -> Option<RelationName> {
        let (parts, count) = ident::read_qualified(self.sql, self.tokens)?;
        self.tokens = &self.tokens[count..];
        Some(RelationName { parts })
    }

    /// Reads one part of a name, as in the catalog.
    pub(super) fn part(&mut self) -> Option<String> {
        let (part, count) = ident::read(self.sql, self.tokens)?;
        self.tokens = &self.tokens[count..];
        Some(part)
    }

    /// Reads a table in the form used by queries: `ONLY t`, `t *`.
    pub(super) fn table(&mut self) -> Option<RelationName> {
        self.take(&["only"]);
        let name = self.name();
        self.take_sign("*");
        name
    }

    /// Reads tables separated by commas.
    pub(super) fn tables(&mut self) -> Option<Vec<RelationName>> {
        let mut tables = vec![self.table()?];
        while self.take_sign(",") {
            tables.push(self.table()?);
        }
        Some(tables)
    }

    /// Reads parentheses, if they come next, and returns their content.
    pub(super) fn parentheses(&mut self) -> Option<Words<'s>> {
        let mut rest = *self;
        if !rest.take_sign("(") {
            return None;
        }
        let mut depth = 1;
        for (at, token) in rest.tokens.iter().enumerate() {
            depth = self.deeper(depth, *token);
            if depth == 0 {
                self.tokens = &rest.tokens[at + 1..];
                return Some(Words { tokens: &rest.tokens[..at], ..*self });
            }
        }
        None
    }

    fn deeper(&self, depth: usize, token: Token) -> usize {
        match token.text(self.sql) {
            "(" | "[" if token.kind == TokenKind::Punctuation => depth + 1,
            ")" | "]" if token.kind == TokenKind::Punctuation => depth.saturating_sub(1),
            _ => depth,
        }
    }

    /// The parts between commas, ignoring commas inside parentheses.
    pub(super) fn split(&self) -> Vec<Words<'s>> {
        let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0);
        for (at, token) in self.tokens.iter().enumerate() {
            depth = self.deeper(depth, *token);
            if depth == 0 && self.is_sign(*token, ",") {
                parts.push(Words { tokens: &self.tokens[start..at], ..*self });
                start = at + 1;
            }
        }
        parts.push(Words { tokens: &self.tokens[start..], ..*self });
        parts
    }

    /// The tokens after the first occurrence of these words outside of parentheses.
    pub(super) fn after(&self, words: &[&str]) -> Option<Words<'s>> {
        let mut depth = 0;
        for (at, token) in self.tokens.iter().enumerate() {
            let mut rest = Words { tokens: &self.tokens[at..], ..*self };
            if depth == 0 && rest.take(words) {
                return Some(rest);
            }
            depth = self.deeper(depth, *token);
        }
        None
    }

    /// The tokens before the first of these words outside of parentheses.
    pub(super) fn until(&self, words: &[&str]) -> Words<'s> {
        let mut depth = 0;
        let end = self.tokens.iter().position(|token| {
            depth = self.deeper(depth, *token);
            depth == 0 && words.iter().any(|word| token.is_word(self.sql, word))
        });
        Words { tokens: &self.tokens[..end.unwrap_or(self.tokens.len())], ..*self }
    }

    /// Whether these words occur outside of parentheses.
    pub(super) fn has(&self, words: &[&str]) -> bool {
        self.after(words).is_some()
    }

    /// All tables named after an occurrence of this word.
    pub(super) fn all_after(&self, word: &str) -> Vec<RelationName> {
        let places = (0..self.tokens.len()).map(|at| Words { tokens: &self.tokens[at..], ..*self });
        places.filter_map(|mut place| place.take(&[word]).then(|| place.name())?).collect()
    }

    /// Whether a function other than these is called.
    pub(super) fn calls_other_than(&self, known: &[&str]) -> bool {
        self.tokens.windows(2).any(|pair| {
            let name = matches!(pair[0].kind, TokenKind::Word | TokenKind::QuotedIdentifier);
            let known = known.iter().any(|word| pair[0].is_word(self.sql, word));
            name && !known && self.is_sign(pair[1], "(")
        })
    }
}
