//! Catalogs that two roles have made, as if one had: who owns and may do what is told from the role that
//! runs the chain, which is called otherwise on each server.

use std::collections::{BTreeMap, BTreeSet};

use super::privileges::objects;
use crate::catalog::{Catalog, Grant, GrantName, Name, ObjectName};

const MYSELF: &str = "CURRENT_ROLE";

/// Two catalogs with the roles that they are seen from, as SQL has their names: with the same words for the
/// same, and without what nobody can tell, as a privilege that one has granted to the role that owns the thing
/// in the other.
///
/// ```
/// use migrate_core::catalog::{Catalog, ObjectName};
/// use migrate_core::diff::comparable;
///
/// let on = |name: &str| {
///     let (kind, schema, name) = ("table".to_owned(), "public".to_owned(), name.to_owned());
///     ObjectName { kind, schema, name, part: String::new() }
/// };
/// let mut built = Catalog::default();
/// built.owners.insert(on("t"), "app".to_owned());
/// built.owners.insert(on("u"), "auditor".to_owned());
///
/// let (built, live) = comparable((&built, "postgres"), (&Catalog::default(), "app"));
/// assert_eq!(built.owners.values().collect::<Vec<_>>(), ["auditor"]);
/// assert!(live.owners.is_empty());
/// ```
#[must_use]
pub fn comparable(one: (&Catalog, &str), other: (&Catalog, &str)) -> (Catalog, Catalog) {
    let selves = [one.1, other.1];
    let (mut first, mut second) = (seen_from(one.0, &selves), seen_from(other.0, &selves));
    let (of_first, of_second) = (owned(&first), owned(&second));
    without_owners(&mut first, &of_second);
    without_owners(&mut second, &of_first);
    (first, second)
}

/// The role that owns all that has an owner in a catalog, if one does, and it is not the one that the catalog is
/// seen from: then whoever wrote it down, as `pg_dump` does, has only said who is to run it.
#[must_use]
pub fn sole_owner(catalog: &Catalog) -> Option<&str> {
    let mut found = catalog.owners.values().filter(|it| *it != MYSELF);
    let first = found.next()?;
    let is_columns = |on: &ObjectName| match on.kind.as_str() {
        "sequence" => {
            let name = Name::new(&*on.schema, &*on.name);
            catalog.sequences.get(&name).is_some_and(|it| it.owned_by.is_some())
        }
        kind => kind == "column",
    };
    let all = objects(catalog);
    let mut ordinary =
        all.iter().filter(|on| !is_columns(on) && **on != ObjectName::schema("public"));
    let is_all =
        ordinary.all(|on| on.kind == "user mapping" || catalog.owners.get(on) == Some(first));
    (is_all && found.all(|it| it == first)).then_some(first)
}

/// The same catalog without a privilege, for one that only one of two servers knows.
#[must_use]
pub fn without_privilege(mut catalog: Catalog, privilege: &str) -> Catalog {
    catalog.grants.retain(|_, it| {
        let had = it.privileges.len();
        it.privileges.retain(|it| it != privilege);
        it.grantable.retain(|it| it != privilege);
        had == it.privileges.len() || !it.privileges.is_empty()
    });
    catalog
}

/// A catalog in which some roles are the one that it is seen from.
fn seen_from(catalog: &Catalog, selves: &[&str]) -> Catalog {
    let is_self = |role: &str| role == MYSELF || selves.contains(&role);
    let mut found = catalog.clone();
    found.owners.retain(|on, role| !is_self(role) || *on == ObjectName::schema("public"));
    for role in found.owners.values_mut().filter(|role| is_self(role)) {
        MYSELF.clone_into(role);
    }
    found.grants = BTreeMap::new();
    for (on, it) in &catalog.grants {
        let mut on = on.clone();
        if is_self(&on.to) {
            MYSELF.clone_into(&mut on.to);
        }
        if on.object().default_on().is_some() && is_self(&on.part) {
            on.part.clear();
        }
        match found.grants.get_mut(&on) {
            None => drop(found.grants.insert(on, it.clone())),
            Some(both) => merge(both, it),
        }
    }
    found
}

fn merge(into: &mut Grant, more: &Grant) {
    let both = |a: &[String], b: &[String]| -> Vec<String> {
        a.iter().chain(b).cloned().collect::<BTreeSet<_>>().into_iter().collect()
    };
    into.privileges = both(&into.privileges, &more.privileges);
    into.grantable = both(&into.grantable, &more.grantable);
}

/// Who owns each thing.
fn owned(catalog: &Catalog) -> BTreeMap<ObjectName, String> {
    let all = objects(catalog).into_iter();
    let mut found: BTreeMap<ObjectName, String> = all.map(|on| (on, MYSELF.to_owned())).collect();
    found.extend(catalog.owners.clone());
    let tables: Vec<(ObjectName, String)> = found
        .keys()
        .filter(|on| on.kind == "column")
        .filter_map(|on| {
            let table = ObjectName::of("table", &Name::new(&*on.schema, &*on.name));
            Some((on.clone(), found.get(&table)?.clone()))
        })
        .collect();
    found.extend(tables);
    found
}

/// Takes out what owners have in one of the catalogs.
fn without_owners(catalog: &mut Catalog, other: &BTreeMap<ObjectName, String>) {
    let own = owned(catalog);
    catalog.grants.retain(|GrantName { kind, schema, name, part, to }, _| {
        let on = ObjectName {
            kind: kind.clone(),
            schema: schema.clone(),
            name: name.clone(),
            part: part.clone(),
        };
        own.get(&on) != Some(to) && other.get(&on) != Some(to)
    });
}
