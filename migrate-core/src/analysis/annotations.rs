//! What the author of a migration says of a statement, in a comment above or in it.

use crate::chain::allow_comments::allowed;
use crate::chain::markers::touched;
use crate::syntax::lexer::{Lexer, TokenKind};

/// What an author says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Note<'s> {
    /// `-- migrate:allow(code): reason`.
    Allow(&'s str),
    /// `-- migrate:opaque touches(name, …)`.
    Touches(Vec<String>),
}

/// The notes in a section, and where they begin.
pub(super) fn notes(sql: &str) -> Vec<(usize, Note<'_>)> {
    // Most sections have none, and need no second reading.
    if !sql.to_ascii_lowercase().contains("migrate:") {
        return Vec::new();
    }
    let comments = Lexer::new(sql).filter(|token| token.kind == TokenKind::LineComment);
    let note = |text| match (allowed(text), touched(text)) {
        (Some(code), _) => Some(Note::Allow(code)),
        (None, Some(names)) => {
            let name = |name: &str| name.trim_matches('"').to_owned();
            Some(Note::Touches(names.into_iter().map(name).collect()))
        }
        (None, None) => None,
    };
    comments.filter_map(|token| Some((token.span.start, note(token.text(sql))?))).collect()
}
