//! The state of the query parser: its tokens, its nesting depth, and the tree that it builds.

use std::borrow::Cow;

use super::tree::{Expr, ExprId, From, FromId, Query, QueryId, Tree};
use crate::analysis::keywords::is_reserved;
use crate::analysis::names::{Ident, Name};
use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::TokenKind;
use crate::syntax::source::Span;

/// The deepest nesting. A compiler thread has 2 MB of stack, and builds are not optimised.
const DEEPEST: usize = 48;

/// Longer queries are not parsed. They mostly are rows of data.
const MOST_TOKENS: usize = 30_000;

pub(super) struct Reader<'s> {
    all: Cursor<'s>,
    pub(super) rest: Cursor<'s>,
    length: usize,
    /// For each token that opens a bracket, the index of the one that closes it.
    closing: Vec<usize>,
    depth: usize,
    pub(super) tree: Tree,
}

impl<'s> Reader<'s> {
    /// `None` if the text is too long or its brackets do not match.
    pub(super) fn new(text: Cursor<'s>) -> Option<Self> {
        let length = text.len();
        if length > MOST_TOKENS {
            return None;
        }
        let (mut closing, mut open) = (vec![0; length], Vec::new());
        for (at, token) in text.tokens().iter().enumerate() {
            if text.is_escaped(*token) {
                return None;
            }
            if token.kind == TokenKind::Punctuation {
                match text.text(*token) {
                    "(" | "[" => open.push(at),
                    ")" | "]" => closing[open.pop()?] = at,
                    _ => {}
                }
            }
        }
        let tree = Tree::default();
        open.is_empty().then_some(Reader { all: text, rest: text, length, closing, depth: 0, tree })
    }

    pub(super) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn into_tree(self) -> Tree {
        self.tree
    }

    /// Goes one level deeper; `None` if that is too deep. A function that returns `None` ends the
    /// parsing.
    pub(super) fn enter(&mut self) -> Option<()> {
        self.depth += 1;
        (self.depth <= DEEPEST).then_some(())
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Adds an expression to point at by its last token.
    pub(super) fn add(&mut self, expression: Expr) -> ExprId {
        let read = self.length - self.rest.len();
        let last = read.checked_sub(1).and_then(|at| self.all.token(at));
        let span = last.map_or_else(|| self.rest.span(), |token| self.all.place(token));
        self.add_at(span, expression)
    }

    pub(super) fn add_at(&mut self, span: Span, expression: Expr) -> ExprId {
        self.tree.expressions.push(expression);
        self.tree.spans.push(span);
        self.tree.expressions.len() - 1
    }

    /// The position of the next token.
    pub(super) fn here(&self) -> Span {
        self.rest.token(0).map_or_else(|| self.rest.span(), |token| self.rest.place(token))
    }

    pub(super) fn add_query(&mut self, query: Query) -> QueryId {
        self.tree.queries.push(query);
        self.tree.queries.len() - 1
    }

    pub(super) fn add_from(&mut self, from: From) -> FromId {
        self.tree.from.push(from);
        self.tree.from.len() - 1
    }

    /// The distance to the token that closes the bracket opened `ahead` tokens from here.
    pub(super) fn closing(&self, ahead: usize) -> Option<usize> {
        let here = self.length - self.rest.len();
        self.closing.get(here + ahead)?.checked_sub(here)
    }

    /// Skips a pair of brackets and its content.
    pub(super) fn skip_brackets(&mut self) -> Option<()> {
        let end = self.closing(0).filter(|end| *end > 0)?;
        self.rest.skip(end + 1);
        Some(())
    }

    /// The word `ahead` tokens from here, in lower case; empty if there is none.
    pub(super) fn word(&self, ahead: usize) -> Cow<'s, str> {
        let Some(token) = self.rest.token(ahead).filter(|token| token.kind == TokenKind::Word)
        else {
            return Cow::Borrowed("");
        };
        let text = self.rest.text(token);
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        }
    }

    pub(super) fn kind(&self, ahead: usize) -> Option<TokenKind> {
        self.rest.token(ahead).map(|token| token.kind)
    }

    pub(super) fn is(&self, word: &str) -> bool {
        self.rest.is(0, word)
    }

    pub(super) fn take(&mut self, words: &[&str]) -> bool {
        self.rest.take(words)
    }

    pub(super) fn need(&mut self, words: &[&str]) -> Option<()> {
        self.rest.take(words).then_some(())
    }

    pub(super) fn take_sign(&mut self, sign: &str) -> bool {
        self.rest.take_sign(sign)
    }

    pub(super) fn need_sign(&mut self, sign: &str) -> Option<()> {
        self.rest.take_sign(sign).then_some(())
    }

    /// Whether the token can be the name of a column, a table or an alias at this place.
    pub(super) fn is_name(&self, ahead: usize) -> bool {
        match self.kind(ahead) {
            Some(TokenKind::QuotedIdentifier) => true,
            Some(TokenKind::Word) => !is_reserved(&self.word(ahead)),
            _ => false,
        }
    }

    /// Reads such a name.
    pub(super) fn name(&mut self) -> Option<Ident> {
        if self.is_name(0) { self.rest.ident() } else { None }
    }

    /// Reads a name with or without a schema.
    pub(super) fn qualified(&mut self) -> Option<Name> {
        let mut parts = vec![self.name()?];
        while self.take_sign(".") {
            parts.push(self.rest.ident()?);
        }
        Some(Name { parts })
    }

    /// Reads `(a, b)`.
    pub(super) fn names(&mut self) -> Option<Vec<Ident>> {
        self.need_sign("(")?;
        let mut names = vec![self.rest.ident()?];
        while self.take_sign(",") {
            names.push(self.rest.ident()?);
        }
        self.need_sign(")")?;
        Some(names)
    }

    /// Parses expressions separated by commas.
    pub(super) fn list(&mut self) -> Option<Vec<ExprId>> {
        let mut list = vec![self.expression()?];
        while self.take_sign(",") {
            list.push(self.expression()?);
        }
        Some(list)
    }

    /// The span of the tokens read since an earlier state.
    pub(super) fn since(&self, start: Cursor<'s>) -> Span {
        self.rest.since(start).span()
    }

    /// Whether the parenthesis `ahead` tokens from here contains a query. `((SELECT 1) UNION SELECT
    /// 2)` does, `((SELECT 1) + 1)` does not.
    pub(super) fn opens_query(&self, ahead: usize) -> bool {
        let mut first = ahead;
        while self.rest.is_sign(first, "(") {
            first += 1;
        }
        let begins = match &*self.word(first) {
            "select" | "with" | "table" => true,
            "values" => self.rest.is_sign(first + 1, "("),
            "insert" => self.rest.is(first + 1, "into"),
            "update" => self.is_name(first + 1) || self.rest.is(first + 1, "only"),
            "delete" => self.rest.is(first + 1, "from"),
            "merge" => self.rest.is(first + 1, "into"),
            _ => false,
        };
        if !begins || first == ahead {
            return false;
        }
        let goes_on = ["union", "intersect", "except", "order", "limit", "offset", "fetch", "for"];
        for inner in (ahead + 1..first).rev() {
            let Some(end) = self.closing(inner) else { return false };
            if goes_on.contains(&&*self.word(end + 1)) {
                return true;
            }
            if self.closing(inner - 1) != Some(end + 1) {
                return false;
            }
        }
        true
    }
}
