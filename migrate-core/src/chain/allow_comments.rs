//! Parses `-- migrate:allow(code): reason` comments, by which an author suppresses a check.

use crate::chain::lint::Lint;
use crate::chain::markers::marker_body;
use crate::syntax::source::{Source, Span};
use crate::syntax::suggest::did_you_mean;

/// The codes that an author may allow, beside those of the lints; `down` is for a downgrade that leaves
/// or loses something, `rows` for an upgrade that can't be tested with generated rows.
const ALLOWABLE: [&str; 23] = [
    "already-exists",
    "ambiguous",
    "ambiguous-column",
    "breaks-deployed",
    "cannot-replace",
    "column-count",
    "down",
    "generated-column",
    "invalid-query",
    "missing",
    "needs-server",
    "needs-transaction",
    "no-key",
    "no-operator-class",
    "not-immutable",
    "repeated-column",
    "rows",
    "still-needed",
    "syntax",
    "text-setting",
    "type-mismatch",
    "value-count",
    "wrong-kind",
];

/// The code in `-- migrate:allow(code): reason`, which suppresses an error or a warning. A comment
/// without a reason has no effect.
pub fn allowed(comment: &str) -> Option<&str> {
    let (code, reason) = marker_body(comment)?.strip_prefix("allow(")?.split_once("):")?;
    (is_known(code) && !reason.trim().is_empty()).then_some(code)
}

fn is_known(code: &str) -> bool {
    ALLOWABLE.contains(&code) || Lint::of_code(code).is_some()
}

/// Whether a comment is meant to be an allow comment, valid or not.
pub(crate) fn allows(comment: &str) -> bool {
    marker_body(comment).is_some_and(|body| body.starts_with("allow"))
}

/// The unknown code in an allow comment, and its position.
pub(crate) fn unknown_code<'s>(source: &'s Source<'_>, marker: Span) -> Option<(&'s str, Span)> {
    let body = marker_body(source.slice(marker))?.strip_prefix("allow(")?;
    let (code, _) = body.split_once(')')?;
    let start = marker.end - body.len();
    (!is_known(code)).then_some((code, Span::new(start, start + code.len())))
}

/// The code that was probably meant by a misspelt one.
pub(crate) fn suggestion(word: &str) -> Option<&'static str> {
    Lint::suggestion(word).or_else(|| did_you_mean(word, ALLOWABLE))
}
