//! Names as they are written in a statement and as the server reads them.

use std::fmt;
use std::rc::Rc;

use super::ident::{self, shown};
use super::lexer::Token;
use super::source::Span;

/// An identifier as the server reads it, and its position in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ident {
    /// In lower case, unless it was quoted.
    pub(crate) text: Rc<str>,
    pub(crate) span: Span,
}

impl Ident {
    /// Reads a token as an identifier; `None` if it cannot be one, or has Unicode escapes.
    pub(crate) fn new(source: &str, token: Token, span: Span) -> Option<Self> {
        Some(Ident { text: ident::of(source, token)?.into(), span })
    }
}

impl fmt::Display for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.text))
    }
}

/// A name of one or more parts: `users`, `app.users`. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) parts: Vec<Ident>,
}

impl Name {
    /// The last part.
    pub(crate) fn last(&self) -> &str {
        self.parts.last().map_or("", |part| &part.text)
    }

    /// The part before the last one.
    pub(crate) fn schema(&self) -> Option<&Ident> {
        self.parts.len().checked_sub(2).and_then(|at| self.parts.get(at))
    }

    pub(crate) fn span(&self) -> Span {
        match (self.parts.first(), self.parts.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => Span::default(),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, part) in self.parts.iter().enumerate() {
            let dot = if nth == 0 { "" } else { "." };
            write!(f, "{dot}{part}")?;
        }
        Ok(())
    }
}
