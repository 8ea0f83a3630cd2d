//! Foreign keys, and the keys that they need.

use std::collections::BTreeSet;

use super::words;
use crate::catalog::{Constraint, Name, Relation};

/// The columns that a foreign key refers to.
pub(super) fn referred(it: &Constraint) -> BTreeSet<String> {
    let Some(to) = &it.references else { return BTreeSet::new() };
    let start = format!("REFERENCES {}(", words::full(to));
    let text = it.definition.split_once(&start).map_or("", |(_, rest)| rest);
    words::list_of(text)
}

/// Does a foreign key refer to this table by these columns?
pub(super) fn needs(it: &Constraint, table: &Name, columns: &BTreeSet<String>) -> bool {
    it.references.as_ref() == Some(table) && referred(it) == *columns
}

/// The keys of a table that foreign keys can lean on: unique indexes, those of constraints among
/// them, each with the columns it is of, and with its definition.
pub(super) fn keys(it: &Relation) -> BTreeSet<(BTreeSet<String>, String, Option<String>)> {
    let unique = it.indexes.iter().filter(|(_, it)| it.unique && it.predicate.is_none());
    let key = unique.map(|(name, it)| {
        let columns = words::list_of(&format!("{})", it.keys.join(", ")));
        (columns, format!("{name} {}", it.definition), it.constraint.clone())
    });
    key.collect()
}
