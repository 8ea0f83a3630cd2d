//! Definitions that two catalogs have in two texts: they may mean the same. PostgreSQL prints
//! `c IN ('a', 'b')` of a varchar in one way, and what it reads of that in another.

use std::collections::BTreeMap;

use super::words;
use crate::schema::catalog::{Catalog, Index, Name};

/// Which definition of a catalog it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Definition {
    kind: &'static str,
    /// What it is of, qualified.
    of: String,
    /// Its own name, for a part of something.
    part: String,
}

/// The definitions that are in both catalogs, in two texts.
///
/// ```
/// use migrate_core::catalog::Catalog;
/// use migrate_core::diff::differing_definitions;
///
/// assert!(differing_definitions(&Catalog::default(), &Catalog::default()).is_empty());
/// ```
#[must_use]
pub fn differing_definitions(one: &Catalog, other: &Catalog) -> Vec<Definition> {
    let (one, other) = (definitions(one), definitions(other));
    let differs = |(it, text): (Definition, String)| {
        other.get(&it).is_some_and(|other| *other != text).then_some(it)
    };
    one.into_iter().filter_map(differs).collect()
}

/// Those of some definitions that have the same text in both catalogs.
///
/// ```
/// use migrate_core::catalog::Catalog;
/// use migrate_core::diff::same_definitions;
///
/// assert!(same_definitions(&Catalog::default(), &Catalog::default(), &[]).is_empty());
/// ```
#[must_use]
pub fn same_definitions(one: &Catalog, other: &Catalog, among: &[Definition]) -> Vec<Definition> {
    let (one, other) = (definitions(one), definitions(other));
    let same = |it: &&Definition| one.get(it).is_some_and(|text| other.get(it) == Some(text));
    among.iter().filter(same).cloned().collect()
}

/// The first catalog, with some definitions as the other one has them.
///
/// ```
/// use migrate_core::catalog::Catalog;
/// use migrate_core::diff::with_definitions;
///
/// let (one, other) = (Catalog::default(), Catalog::default());
/// assert_eq!(with_definitions(&one, &other, &[]), one);
/// ```
#[must_use]
pub fn with_definitions(catalog: &Catalog, other: &Catalog, which: &[Definition]) -> Catalog {
    let (mut found, theirs) = (catalog.clone(), definitions(other));
    each(&mut found, &mut |it, text| {
        if let Some(new) = theirs.get(&it).filter(|_| which.contains(&it)) {
            text.clone_from(new);
        }
    });
    // What is read off an index's definition goes with it.
    for (name, relation) in &mut found.relations {
        let Some(theirs) = other.relations.get(name) else { continue };
        for (key, index) in &mut relation.indexes {
            let of = |kind| Definition { kind, of: words::full(name), part: key.clone() };
            let both = [of("index"), of("constraint")];
            if let Some(new) =
                theirs.indexes.get(key).filter(|_| both.iter().any(|it| which.contains(it)))
            {
                let Index { definition, keys, predicate, .. } = new.clone();
                (index.definition, index.keys, index.predicate) = (definition, keys, predicate);
            }
        }
    }
    found
}

fn definitions(catalog: &Catalog) -> BTreeMap<Definition, String> {
    let mut found = BTreeMap::new();
    each(&mut catalog.clone(), &mut |it, text| drop(found.insert(it, text.clone())));
    found
}

/// All that has expressions in it, but for what follows from others.
fn each(catalog: &mut Catalog, see: &mut impl FnMut(Definition, &mut String)) {
    for (name, it) in &mut catalog.relations {
        let of =
            |kind, part: &str| Definition { kind, of: words::full(name), part: part.to_owned() };
        if let Some(text) = &mut it.definition {
            see(of("view", ""), text);
        }
        for column in &mut it.columns {
            if let Some(text) = &mut column.default {
                see(of("column", &column.name), text);
            }
        }
        let checks = it.constraints.iter_mut();
        for (key, it) in checks.filter(|(_, it)| it.kind == "check" || it.kind == "exclusion") {
            see(of("constraint", key), &mut it.definition);
        }
        for (key, it) in it.indexes.iter_mut().filter(|(_, it)| it.constraint.is_none()) {
            see(of("index", key), &mut it.definition);
        }
        for (key, it) in &mut it.triggers {
            see(of("trigger", key), &mut it.definition);
        }
        for (key, it) in &mut it.rules {
            see(of("rule", key), &mut it.definition);
        }
        for (key, it) in &mut it.policies {
            for (kind, text) in [("policy using", &mut it.using), ("policy check", &mut it.check)] {
                if let Some(text) = text {
                    see(of(kind, key), text);
                }
            }
        }
    }
    for (name, it) in &mut catalog.domains {
        let of =
            |kind, part: &str| Definition { kind, of: words::full(name), part: part.to_owned() };
        for (key, text) in &mut it.constraints {
            see(of("domain", key), text);
        }
        if let Some(text) = &mut it.default {
            see(of("default of domain", ""), text);
        }
    }
    for (name, it) in &mut catalog.routines {
        if it.is_parsed() {
            let of = words::full(&Name::new(&*name.schema, &*name.name));
            let part = name.arguments.clone();
            see(Definition { kind: "routine", of, part }, &mut it.definition);
        }
    }
}
