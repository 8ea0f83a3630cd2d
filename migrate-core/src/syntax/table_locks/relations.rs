//! Reads relations from the tokens of a statement.

use super::RelationName;
use crate::syntax::cursor::Cursor;
use crate::syntax::ident;
use crate::syntax::lexer::TokenKind;

impl<'s> Cursor<'s> {
    /// Reads the name of a relation, of one or more parts.
    pub(super) fn relation(&mut self) -> Option<RelationName> {
        let (parts, count) = ident::read_qualified(self.source().0, self.tokens())?;
        self.skip(count);
        Some(RelationName { parts })
    }

    /// Reads one part of a name, as in the catalog.
    pub(super) fn part(&mut self) -> Option<String> {
        let (part, count) = ident::read(self.source().0, self.tokens())?;
        self.skip(count);
        Some(part)
    }

    /// Reads a table in the form used by queries: `ONLY t`, `t *`.
    pub(super) fn table(&mut self) -> Option<RelationName> {
        self.take(&["only"]);
        let name = self.relation();
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

    /// The tokens before the first of these words outside of parentheses.
    pub(super) fn until(&self, words: &[&str]) -> Cursor<'s> {
        let mut rest = *self;
        let mut depth = 0;
        while let Some(token) = rest.token(0) {
            depth = rest.deeper(depth, token);
            if depth == 0 && rest.is_any(0, words) {
                break;
            }
            rest.skip(1);
        }
        rest.since(*self)
    }

    /// All relations named after an occurrence of this word.
    pub(super) fn all_after(&self, word: &str) -> Vec<RelationName> {
        let mut rest = *self;
        let mut found = Vec::new();
        while !rest.is_empty() {
            let mut place = rest;
            if place.take(&[word]) {
                found.extend(place.relation());
            }
            rest.skip(1);
        }
        found
    }

    /// Whether a function other than these is called.
    pub(super) fn calls_other_than(&self, known: &[&str]) -> bool {
        self.tokens().iter().enumerate().any(|(at, token)| {
            let is_name = matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdentifier);
            is_name && !self.is_any(at, known) && self.is_sign(at + 1, "(")
        })
    }
}
