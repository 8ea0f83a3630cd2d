//! A database and a chain brought together so that neither loses anything: what only one of them has, both get.
//! Pure.

use std::collections::BTreeMap;

use migrate_core::schema::catalog::{Catalog, Enum, Relation};
use migrate_core::schema::diff::Proposal;

/// What a chain builds, with what only a database has. What is in both is as the chain has it, but for an enum
/// to which the database has added values.
pub(crate) fn both(built: &Catalog, live: &Catalog) -> Catalog {
    let mut found = built.clone();
    add(&mut found.schemas, &live.schemas);
    add(&mut found.extensions, &live.extensions);
    for (name, it) in &live.enums {
        let longer = found.enums.get(name).is_none_or(|chain| has_all(it, chain));
        if longer {
            found.enums.insert(name.clone(), it.clone());
        }
    }
    add(&mut found.domains, &live.domains);
    add(&mut found.composites, &live.composites);
    add(&mut found.ranges, &live.ranges);
    add(&mut found.sequences, &live.sequences);
    for (name, it) in &live.relations {
        match found.relations.get_mut(name) {
            None => drop(found.relations.insert(name.clone(), it.clone())),
            Some(table) if table.kind == it.kind => more(table, it),
            Some(_) => {}
        }
    }
    add(&mut found.routines, &live.routines);
    add(&mut found.statistics, &live.statistics);
    add(&mut found.others, &live.others);
    add(&mut found.grants, &live.grants);
    add(&mut found.owners, &live.owners);
    found
}

fn add<K: Ord + Clone, V: Clone>(to: &mut BTreeMap<K, V>, more: &BTreeMap<K, V>) {
    for (key, it) in more {
        to.entry(key.clone()).or_insert_with(|| it.clone());
    }
}

/// Has one enum all the values of another, in the same order?
fn has_all(it: &Enum, other: &Enum) -> bool {
    let mut values = it.labels.iter();
    other.labels.iter().all(|label| values.any(|it| it == label))
}

/// What only the database's table has.
fn more(table: &mut Relation, live: &Relation) {
    // The columns of a view follow from its definition.
    if table.definition.is_none() {
        for column in &live.columns {
            if !table.columns.iter().any(|it| it.name == column.name) {
                table.columns.push(column.clone());
            }
        }
    }
    // A table has one primary key.
    let is_key = |kind: &str| kind == "primary key";
    let has_key = table.constraints.values().any(|it| is_key(&it.kind));
    for (name, it) in &live.constraints {
        let second = has_key && is_key(&it.kind);
        if !second && !table.constraints.contains_key(name) {
            table.constraints.insert(name.clone(), it.clone());
        }
    }
    for (name, it) in &live.indexes {
        let backs = it.constraint.as_ref();
        if backs.is_none_or(|key| table.constraints.contains_key(key)) {
            table.indexes.entry(name.clone()).or_insert_with(|| it.clone());
        }
    }
    add(&mut table.triggers, &live.triggers);
    add(&mut table.rules, &live.rules);
    add(&mut table.policies, &live.policies);
}

/// Two proposals as one, part by part: what was said already is not said again.
pub(crate) fn together(mut one: Proposal, other: Proposal) -> Proposal {
    for part in other.parts {
        let Some(same) = one.parts.iter_mut().find(|it| it.kind == part.kind) else {
            one.parts.push(part);
            continue;
        };
        for step in part.up.steps {
            if !same.up.steps.iter().any(|it| it.sql == step.sql) {
                same.up.steps.push(step);
            }
        }
    }
    one.parts.sort_by_key(|it| it.kind);
    for it in other.unwritten {
        if !one.unwritten.contains(&it) {
            one.unwritten.push(it);
        }
    }
    one
}

#[cfg(test)]
mod tests {
    use migrate_core::schema::catalog::Name;

    use super::*;

    #[test]
    fn an_enum_keeps_the_values_of_both_where_one_has_all() {
        let catalog = |labels: &[&str]| {
            let labels = labels.iter().map(|label| (*label).to_owned()).collect();
            let mut catalog = Catalog::default();
            catalog.enums.insert(Name::new("public", "mood"), Enum { labels, comment: None });
            catalog
        };
        let check = |built: &[&str], live: &[&str], expected: &[&str]| {
            let found = both(&catalog(built), &catalog(live));
            assert_eq!(found.enums[&Name::new("public", "mood")].labels, expected);
        };
        check(&["a"], &["x", "a", "b"], &["x", "a", "b"]);
        check(&["a", "c"], &["a", "b"], &["a", "c"]);
        check(&["a", "b"], &["b", "a"], &["a", "b"]);
        assert_eq!(both(&Catalog::default(), &catalog(&["a"])), catalog(&["a"]));
    }
}
