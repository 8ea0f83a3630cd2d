//! Finds foreign keys, and the keys that they reference.

use std::collections::BTreeSet;

use super::mentions;
use crate::schema::catalog::{Constraint, Name, Relation};

/// The columns that a foreign key refers to.
pub(super) fn referred(it: &Constraint) -> BTreeSet<String> {
    let Some(to) = &it.references else { return BTreeSet::new() };
    let start = format!("REFERENCES {}(", mentions::full(to));
    let text = it.definition.split_once(&start).map_or("", |(_, rest)| rest);
    mentions::list_of(text)
}

/// Does a foreign key refer to this table by these columns?
pub(super) fn needs(it: &Constraint, table: &Name, columns: &BTreeSet<String>) -> bool {
    it.references.as_ref() == Some(table) && referred(it) == *columns
}

/// The keys of a table that foreign keys can lean on: unique indexes, those of constraints among
/// them, each as the columns it is of, with all that is known of it.
pub(super) fn keys(it: &Relation) -> BTreeSet<(BTreeSet<String>, String)> {
    let unique = it.indexes.iter().filter(|(_, it)| it.unique && it.predicate.is_none());
    let key = unique.map(|(name, index)| {
        let columns = mentions::list_of(&format!("{})", index.keys.join(", ")));
        let constraint = index.constraint.as_ref().and_then(|name| it.constraints.get(name));
        let constraint = constraint.map_or("", |it| &it.definition);
        (columns, format!("{name} {} {constraint}", index.definition))
    });
    key.collect()
}
