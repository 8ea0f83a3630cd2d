//! Reads the annotations that authors write in comments above or inside a statement.

use crate::chain::allow_comments::allowed;
use crate::chain::markers::touched;
use crate::syntax::lexer::{Lexer, TokenKind};

/// An annotation in a comment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Note<'s> {
    /// `-- migrate:allow(code): reason`.
    Allow(&'s str),
    /// `-- migrate:opaque touches(name, …)`.
    Touches(Vec<String>),
}

/// The annotations in a section, and the positions where they start.
pub(super) fn notes(sql: &str) -> Vec<(usize, Note<'_>)> {
    // Most sections have no annotations, so this skips the tokenizer for them.
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
