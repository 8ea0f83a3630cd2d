//! `-- migrate:…` in a comment, and what follows it.

/// What follows `-- migrate:`.
pub(crate) fn marker_body(comment: &str) -> Option<&str> {
    let body = comment.strip_prefix("--")?.trim_start();
    let (word, rest) = body.split_at_checked("migrate:".len())?;
    word.eq_ignore_ascii_case("migrate:").then_some(rest)
}

/// What is left to do, in `-- migrate:todo what`: the revision is not to be used before that is done.
pub(crate) fn todo(comment: &str) -> Option<&str> {
    let what = marker_body(comment)?.strip_prefix("todo")?;
    what.is_empty().then_some("").or_else(|| Some(what.strip_prefix([' ', '\t', ':'])?.trim()))
}

/// The names in `-- migrate:opaque touches(name, …)`: all that a statement does something to, where
/// nobody can read it off the statement.
pub(crate) fn touched(comment: &str) -> Option<Vec<&str>> {
    let rest = marker_body(comment)?.strip_prefix("opaque")?.trim_start();
    let (names, _) = rest.strip_prefix("touches(")?.split_once(')')?;
    let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
    Some(names.flat_map(|name| name.split('.')).collect())
}
