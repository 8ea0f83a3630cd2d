//! `-- migrate:allow(code): why` in a migration: the author's word against a check's.

use crate::chain::lint::Lint;
use crate::chain::markers::marker_body;
use crate::syntax::source::{Source, Span};
use crate::syntax::suggest::did_you_mean;

/// The codes that an author may allow, beside those of the lints; `down` is for a downgrade that leaves
/// or loses something.
const ALLOWABLE: [&str; 20] = [
    "already-exists",
    "ambiguous",
    "ambiguous-column",
    "cannot-replace",
    "column-count",
    "down",
    "generated-column",
    "missing",
    "needs-server",
    "needs-transaction",
    "no-key",
    "no-operator-class",
    "not-immutable",
    "repeated-column",
    "still-needed",
    "syntax",
    "text-setting",
    "type-mismatch",
    "value-count",
    "wrong-kind",
];

/// The code in `-- migrate:allow(code): reason`: the author answers for what would be an error, or a
/// warning. Without a reason it is none.
pub(crate) fn allowed(comment: &str) -> Option<&str> {
    let (code, reason) = marker_body(comment)?.strip_prefix("allow(")?.split_once("):")?;
    (is_known(code) && !reason.trim().is_empty()).then_some(code)
}

fn is_known(code: &str) -> bool {
    ALLOWABLE.contains(&code) || Lint::of_code(code).is_some()
}

/// Whether a comment is meant to allow something, right or not.
pub(crate) fn allows(comment: &str) -> bool {
    marker_body(comment).is_some_and(|body| body.starts_with("allow"))
}

/// The code of a comment that allows what there is not, and what was probably meant.
pub(crate) fn unknown_code<'s>(source: &'s Source<'_>, marker: Span) -> Option<(&'s str, Span)> {
    let body = marker_body(source.slice(marker))?.strip_prefix("allow(")?;
    let (code, _) = body.split_once(')')?;
    let start = marker.end - body.len();
    (!is_known(code)).then_some((code, Span::new(start, start + code.len())))
}

/// The code that a word was probably meant to be.
pub(crate) fn suggestion(word: &str) -> Option<&'static str> {
    Lint::suggestion(word).or_else(|| did_you_mean(word, ALLOWABLE))
}
