//! Parses `-- migrate:…` comments.

/// The text after `-- migrate:`.
pub(crate) fn marker_body(comment: &str) -> Option<&str> {
    let body = comment.strip_prefix("--")?.trim_start();
    let (word, rest) = body.split_at_checked("migrate:".len())?;
    word.eq_ignore_ascii_case("migrate:").then_some(rest)
}

/// The text of `-- migrate:todo what`. The revision cannot be used until that is done.
pub(crate) fn todo(comment: &str) -> Option<&str> {
    let what = marker_body(comment)?.strip_prefix("todo")?;
    what.is_empty().then_some("").or_else(|| Some(what.strip_prefix([' ', '\t', ':'])?.trim()))
}

/// The names in `-- migrate:opaque touches(name, …)`: all objects that a statement affects, where
/// the analysis cannot determine them.
pub(crate) fn touched(comment: &str) -> Option<Vec<&str>> {
    let rest = marker_body(comment)?.strip_prefix("opaque")?.trim_start();
    let (names, _) = rest.strip_prefix("touches(")?.split_once(')')?;
    let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
    Some(names.flat_map(|name| name.split('.')).collect())
}
