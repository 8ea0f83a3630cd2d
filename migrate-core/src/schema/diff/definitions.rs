//! Finds definitions that differ in their text and may mean the same. PostgreSQL prints `c IN ('a', 'b')` for a varchar
//! column in one way, and prints it in another after it has read its own text.

use std::collections::{BTreeMap, BTreeSet};

use super::mentions;
use crate::schema::catalog::{Catalog, Column, Extension, Index, Name, Relation};

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
/// use migrate_core::schema::catalog::Catalog;
/// use migrate_core::schema::diff::differing_definitions;
///
/// assert!(differing_definitions(&Catalog::default(), &Catalog::default()).is_empty());
/// ```
#[must_use]
pub fn differing_definitions(one: &Catalog, other: &Catalog) -> Vec<Definition> {
    // What calls another function of the same name means another thing, however it is read where only one of them is.
    let has = |catalog: &Catalog, name| catalog.routines.contains_key(name);
    let here = one.routines.keys().filter(|name| !has(other, name));
    let there = other.routines.keys().filter(|name| !has(one, name));
    let replaced: BTreeSet<Name> =
        here.chain(there).map(|it| Name::new(&*it.schema, &*it.name)).collect();
    let calls = |text: &str| replaced.iter().any(|name| mentions::mentions(text, name));
    let (one, other) = (definitions(one), definitions(other));
    let differs = |(it, text): (Definition, String)| {
        let is_other = other.get(&it).is_some_and(|other| *other != text) && !calls(&text);
        is_other.then_some(it)
    };
    one.into_iter().filter_map(differs).collect()
}

impl Definition {
    fn of(kind: &'static str, name: &Name, part: &str) -> Self {
        Definition { kind, of: mentions::full(name), part: part.to_owned() }
    }

    /// Is it the key of a partitioned table? No statement changes it.
    #[must_use]
    pub fn is_partition_key(&self) -> bool {
        self.kind == PARTITION_KEY
    }
}

const PARTITION_KEY: &str = "partition key";

/// A catalog with another table beside each partitioned one: it has the same columns, and the partition key that
/// the table has in a third catalog. Returned with the names of both tables.
///
/// ```
/// use migrate_core::schema::catalog::Catalog;
/// use migrate_core::schema::diff::with_keys_beside;
///
/// let (beside, pairs) = with_keys_beside(&Catalog::default(), &Catalog::default(), &[]);
/// assert!(beside == Catalog::default() && pairs.is_empty());
/// ```
#[must_use]
pub fn with_keys_beside(
    catalog: &Catalog,
    other: &Catalog,
    which: &[Definition],
) -> (Catalog, Vec<(Definition, Name)>) {
    let (mut found, mut pairs) = (catalog.clone(), Vec::new());
    for (name, it) in &catalog.relations {
        let key = Definition::of(PARTITION_KEY, name, "");
        let theirs = other.relations.get(name).and_then(|it| it.partition_key.as_ref());
        let Some(theirs) = theirs.filter(|_| which.contains(&key)) else { continue };
        let beside = Name::new(&*name.schema, mentions::derived(&name.name, "_read_again"));
        let plain = |column: &Column| Column {
            not_null: false,
            not_null_name: None,
            not_null_comment: None,
            default: None,
            generated: None,
            identity: None,
            statistics: None,
            options: Vec::new(),
            comment: None,
            local: true,
            inherited: false,
            ..column.clone()
        };
        let table = Relation {
            inherits: Vec::new(),
            bound: None,
            of_type: None,
            partition_key: Some(theirs.clone()),
            row_security: false,
            force_row_security: false,
            replica_identity: None,
            comment: None,
            columns: it.columns.iter().map(plain).collect(),
            constraints: BTreeMap::new(),
            indexes: BTreeMap::new(),
            triggers: BTreeMap::new(),
            rules: BTreeMap::new(),
            policies: BTreeMap::new(),
            ..it.clone()
        };
        found.relations.insert(beside.clone(), table);
        pairs.push((key, beside));
    }
    (found, pairs)
}

/// Those of some definitions that have the same text in both catalogs.
///
/// ```
/// use migrate_core::schema::catalog::Catalog;
/// use migrate_core::schema::diff::same_definitions;
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
/// use migrate_core::schema::catalog::Catalog;
/// use migrate_core::schema::diff::with_definitions;
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
            let of = |kind| Definition::of(kind, name, key);
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

/// A catalog as extensions that get another schema leave it: what names something of theirs names it there.
pub(super) fn behind_extensions(mut catalog: Catalog, to: &Catalog) -> Catalog {
    let moves = |(name, it): (&String, &Extension)| {
        let (was, is) = (&it.schema, &to.extensions.get(name)?.schema);
        // A name of our own that moves as well is another thing.
        let mut own = catalog.relations.keys().filter(|it| it.schema == *was);
        let alone = own.all(|name| to.relations.contains_key(name));
        (was != is && alone)
            .then(|| (format!("{}.", mentions::ident(was)), format!("{}.", mentions::ident(is))))
    };
    let moved: Vec<(String, String)> = catalog.extensions.iter().filter_map(moves).collect();
    if moved.is_empty() {
        return catalog;
    }
    let follow = |text: &mut String, wanted: Option<&String>| {
        let Some(wanted) = wanted else { return };
        if moved.iter().any(|(was, is)| text.replace(was, is) == *wanted) {
            text.clone_from(wanted);
        }
    };
    for (name, relation) in &mut catalog.relations {
        let wanted = to.relations.get(name);
        for column in &mut relation.columns {
            let mut columns = wanted.into_iter().flat_map(|it| &it.columns);
            let wanted = columns.find(|it| it.name == column.name).map(|it| &it.data_type);
            follow(&mut column.data_type, wanted);
        }
    }
    for (name, domain) in &mut catalog.domains {
        follow(&mut domain.base, to.domains.get(name).map(|it| &it.base));
    }
    let wanted = definitions(to);
    each(&mut catalog, &mut |it, text| follow(text, wanted.get(&it)));
    catalog
}

fn definitions(catalog: &Catalog) -> BTreeMap<Definition, String> {
    let mut found = BTreeMap::new();
    each(&mut catalog.clone(), &mut |it, text| drop(found.insert(it, text.clone())));
    found
}

/// All that has expressions in it, but for what follows from others.
fn each(catalog: &mut Catalog, see: &mut impl FnMut(Definition, &mut String)) {
    for (name, it) in &mut catalog.relations {
        let of = |kind, part: &str| Definition::of(kind, name, part);
        if let Some(text) = &mut it.definition {
            see(of("view", ""), text);
        }
        if let Some(text) = &mut it.partition_key {
            see(of(PARTITION_KEY, ""), text);
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
        let of = |kind, part: &str| Definition::of(kind, name, part);
        for (key, text) in &mut it.constraints {
            see(of("domain", key), text);
        }
        if let Some(text) = &mut it.default {
            see(of("default of domain", ""), text);
        }
    }
    for (name, it) in &mut catalog.statistics {
        see(Definition::of("statistics", name, ""), &mut it.definition);
    }
    for (name, it) in &mut catalog.routines {
        if it.is_parsed() || it.has_defaults() {
            let full = Name::new(&*name.schema, &*name.name);
            see(Definition::of("routine", &full, &name.arguments), &mut it.definition);
        }
    }
}
