//! Upgrades with the downgrades that undo them exactly.

mod relations;
mod rest;

/// An upgrade, and what undoes it.
pub(crate) struct Pair {
    pub(crate) name: &'static str,
    /// What is there before.
    pub(crate) setup: &'static str,
    pub(crate) up: &'static str,
    pub(crate) down: &'static str,
}

const fn pair(
    name: &'static str,
    setup: &'static str,
    up: &'static str,
    down: &'static str,
) -> Pair {
    Pair { name, setup, up, down }
}

/// `%name` is a name of the pair in `public`, with the schema or without it, quoted or not; `#name` is never with the schema,
/// and `@name` as it is in the catalog, for strings. Of `{a|b}` one is taken, each time anew.
pub(crate) fn all() -> impl Iterator<Item = &'static Pair> {
    relations::PAIRS.iter().chain(rest::PAIRS)
}
