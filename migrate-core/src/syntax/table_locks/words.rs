//! A statement's tokens, read from the left: words, names, what is in parentheses.

use super::RelationName;
use crate::syntax::ident;
use crate::syntax::lexer::{Token, TokenKind};

/// What is left of a statement.
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

    /// Whether the next words are these, which it then goes past.
    pub(super) fn take(&mut self, words: &[&str]) -> bool {
        let fits = words.len() <= self.tokens.len()
            && words.iter().zip(self.tokens).all(|(word, token)| token.is_word(self.sql, word));
        if fits {
            self.tokens = &self.tokens[words.len()..];
        }
        fits
    }

    /// Goes past the first of these phrases that is there, and tells whether one was.
    pub(super) fn take_any(&mut self, phrases: &[&[&str]]) -> bool {
        phrases.iter().any(|phrase| self.take(phrase))
    }

    /// Whether the next token is this sign, which it then goes past.
    pub(super) fn take_sign(&mut self, sign: &str) -> bool {
        let is = self.tokens.first().is_some_and(|token| self.is_sign(*token, sign));
        self.tokens = &self.tokens[usize::from(is)..];
        is
    }

    fn is_sign(&self, token: Token, sign: &str) -> bool {
        let signs = matches!(token.kind, TokenKind::Punctuation | TokenKind::Operator);
        signs && token.text(self.sql) == sign
    }

    /// A name, of one part or several.
    pub(super) fn name(&mut self) -> Option<RelationName> {
        let (parts, count) = ident::read_qualified(self.sql, self.tokens)?;
        self.tokens = &self.tokens[count..];
        Some(RelationName { parts })
    }

    /// One part of a name, as the catalog has it.
    pub(super) fn part(&mut self) -> Option<String> {
        let (part, count) = ident::read(self.sql, self.tokens)?;
        self.tokens = &self.tokens[count..];
        Some(part)
    }

    /// A table as queries name one: `ONLY t`, `t *`.
    pub(super) fn table(&mut self) -> Option<RelationName> {
        self.take(&["only"]);
        let name = self.name();
        self.take_sign("*");
        name
    }

    /// Some tables with commas between.
    pub(super) fn tables(&mut self) -> Option<Vec<RelationName>> {
        let mut tables = vec![self.table()?];
        while self.take_sign(",") {
            tables.push(self.table()?);
        }
        Some(tables)
    }

    /// What is in the parentheses that come next, if any come.
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

    /// The parts between commas, those in parentheses not counted.
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

    /// What follows these words, where they come first; outside of parentheses.
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

    /// What stands before the first of these words, outside of parentheses.
    pub(super) fn until(&self, words: &[&str]) -> Words<'s> {
        let mut depth = 0;
        let end = self.tokens.iter().position(|token| {
            depth = self.deeper(depth, *token);
            depth == 0 && words.iter().any(|word| token.is_word(self.sql, word))
        });
        Words { tokens: &self.tokens[..end.unwrap_or(self.tokens.len())], ..*self }
    }

    /// Whether these words are there, outside of parentheses.
    pub(super) fn has(&self, words: &[&str]) -> bool {
        self.after(words).is_some()
    }

    /// All tables that are named behind this word, wherever it stands.
    pub(super) fn all_after(&self, word: &str) -> Vec<RelationName> {
        let places = (0..self.tokens.len()).map(|at| Words { tokens: &self.tokens[at..], ..*self });
        places.filter_map(|mut place| place.take(&[word]).then(|| place.name())?).collect()
    }

    /// Whether a function is called here, other than these.
    pub(super) fn calls_other_than(&self, known: &[&str]) -> bool {
        self.tokens.windows(2).any(|pair| {
            let name = matches!(pair[0].kind, TokenKind::Word | TokenKind::QuotedIdentifier);
            let known = known.iter().any(|word| pair[0].is_word(self.sql, word));
            name && !known && self.is_sign(pair[1], "(")
        })
    }
}
