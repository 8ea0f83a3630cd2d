//! Names as they are written in a statement and as the server reads them.

use std::fmt;
use std::rc::Rc;

use crate::syntax::ident;
pub(crate) use crate::syntax::ident::{LONGEST, cut, shown as quoted};
use crate::syntax::lexer::Token;
use crate::syntax::source::Span;

/// An identifier as the server reads it, and its position in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ident {
    /// In lower case, unless it was quoted.
    pub(crate) text: Rc<str>,
    pub(crate) span: Span,
}

impl Ident {
    /// Reads a token as an identifier; `None` if it cannot be one, or has Unicode escapes.
    pub(super) fn new(source: &str, token: Token, span: Span) -> Option<Self> {
        Some(Ident { text: ident::of(source, token)?.into(), span })
    }
}

impl fmt::Display for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quoted(&self.text))
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

/// The name that the server chooses for an unnamed object: `table_columns_label`. The longer part
/// is truncated.
pub(crate) fn automatic(first: &str, second: &str, label: &str) -> String {
    let signs = usize::from(!second.is_empty()) + usize::from(!label.is_empty());
    let room = LONGEST.saturating_sub(label.len() + signs);
    let (mut a, mut b) = (first.len(), second.len());
    while a + b > room {
        if a > b { a -= 1 } else { b -= 1 }
    }
    let mut name = first[..first.floor_char_boundary(a)].to_owned();
    for part in [&second[..second.floor_char_boundary(b)], label] {
        if !part.is_empty() {
            name.push('_');
            name.push_str(part);
        }
    }
    name
}

/// Whether this is a system column, which every table has.
pub(crate) fn is_system_column(name: &str) -> bool {
    matches!(name, "ctid" | "xmin" | "xmax" | "cmin" | "cmax" | "tableoid" | "oid")
}

/// The columns' part of such a name.
pub(crate) fn joined<'c>(columns: impl IntoIterator<Item = &'c str>) -> String {
    let mut joined = String::new();
    for column in columns {
        if !joined.is_empty() {
            joined.push('_');
        }
        joined.push_str(column);
        if joined.len() > LONGEST {
            break;
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_names() {
        let check = |first: &str, second: &str, label: &str, expected: &str| {
            assert_eq!(automatic(first, second, label), expected);
        };
        check("users", "", "pkey", "users_pkey");
        check("users", &joined(["a", "b"]), "key", "users_a_b_key");
        check(&"t".repeat(63), "", "pkey", &format!("{}_pkey", "t".repeat(58)));
        check(
            &"t".repeat(40),
            &"c".repeat(40),
            "idx",
            &format!("{}_{}_idx", "t".repeat(29), "c".repeat(29)),
        );
        check(&"t".repeat(60), "id", "seq", &format!("{}_id_seq", "t".repeat(56)));
    }
}
