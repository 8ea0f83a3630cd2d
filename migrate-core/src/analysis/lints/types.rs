//! Decides which changes of a column's type do not rewrite the table.

use crate::analysis::statement::{TypeName, is_built_in};

/// Whether this is a built-in type; such a type has no default of its own.
pub(super) fn is_known(kind: &TypeName) -> bool {
    kind.name.parts.len() == 1 && is_built_in(kind.name.last())
}

/// Whether this is the extension's text that ignores case, which is stored as `text` is and sorted otherwise.
pub(super) fn is_citext(kind: &TypeName) -> bool {
    kind.name.last() == "citext" && kind.modifiers.is_empty() && !kind.is_array
}

/// Whether a column can change from one type to the other without a scan of its rows. False if that
/// is uncertain.
pub(super) fn is_free(from: &TypeName, to: &TypeName) -> bool {
    let (old, new) = (from.name.to_string(), to.name.to_string());
    if old == new && from.modifiers == to.modifiers && from.is_array == to.is_array {
        return true;
    }
    let is_text = |kind: &TypeName| {
        let is_text = is_known(kind) && matches!(kind.name.last(), "text" | "character varying");
        is_text && !kind.is_array || is_citext(kind)
    };
    if is_text(from) && is_text(to) && to.modifiers.is_empty() {
        return true;
    }
    // The underlying type of a domain, an enum or an extension's type is not known here. For an
    // array, each element is checked.
    if from.is_array || to.is_array || !is_known(from) || !is_known(to) {
        return false;
    }
    let wider = |default: u32| {
        let digits = |kind: &TypeName| match kind.modifiers.as_str() {
            "" => Some(default),
            text => text.parse().ok(),
        };
        matches!((digits(from), digits(to)), (Some(from), Some(to)) if from <= to)
    };
    match (from.name.last(), to.name.last()) {
        ("cidr", "inet") | ("bit", "bit varying") => to.modifiers.is_empty(),
        ("character varying", "character varying") | ("bit varying", "bit varying") => {
            wider(u32::MAX)
        }
        ("numeric", "numeric") => numeric(from, to),
        ("timestamp without time zone", "timestamp without time zone")
        | ("timestamp with time zone", "timestamp with time zone")
        | ("time without time zone", "time without time zone")
        | ("time with time zone", "time with time zone") => wider(6),
        _ => false,
    }
}

/// The new type has at least as many digits, and the same scale.
fn numeric(from: &TypeName, to: &TypeName) -> bool {
    let parts = |kind: &TypeName| {
        let (precision, scale) = kind.modifiers.split_once(',').unwrap_or((&kind.modifiers, "0"));
        Some((precision.parse::<u32>().ok()?, scale.parse::<i32>().ok()?))
    };
    to.modifiers.is_empty()
        || matches!((parts(from), parts(to)), (Some((old, a)), Some((new, b))) if old <= new && a == b)
}
