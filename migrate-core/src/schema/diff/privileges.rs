//! Compares the privileges and owners of two catalogs: what both have, and what only one has.

use std::collections::BTreeSet;

use super::mentions;
use crate::schema::catalog::{Catalog, GrantName, Name, ObjectName, Routine, RoutineName};

/// A catalog with the privileges that another one has: what is in both has those of the other, and for
/// what is only here none are listed.
///
/// ```
/// use migrate_core::schema::catalog::Catalog;
/// use migrate_core::schema::diff::with_privileges_of;
///
/// assert_eq!(with_privileges_of(&Catalog::default(), &Catalog::default()), Catalog::default());
/// ```
#[must_use]
pub fn with_privileges_of(catalog: &Catalog, other: &Catalog) -> Catalog {
    let mut found = catalog.clone().without_privileges();
    let (own, theirs) = (objects(catalog), objects(other));
    // What an extension or the system has brought along is in no catalog, and yet in both databases.
    let stays =
        |here: &ObjectName, there: &ObjectName| own.contains(here) || !theirs.contains(there);
    let named = |on: &ObjectName| match counterpart(catalog, other, on) {
        Some(part) => ObjectName { part, ..on.clone() },
        None => on.clone(),
    };
    for (grant, it) in &other.grants {
        let there = grant.object();
        let here = named(&there);
        if stays(&here, &there) {
            let ObjectName { kind, schema, name, part } = here;
            let on = GrantName { kind, schema, name, part, to: grant.to.clone() };
            found.grants.insert(on, it.clone());
        }
    }
    for (there, role) in &other.owners {
        let here = named(there);
        if stays(&here, there) {
            found.owners.insert(here, role.clone());
        }
    }
    found
}

/// What is only in the first catalog: the second can't tell who may use it.
///
/// ```
/// use migrate_core::schema::catalog::Catalog;
/// use migrate_core::schema::diff::only_in;
///
/// assert!(only_in(&Catalog::default(), &Catalog::default()).is_empty());
/// ```
#[must_use]
pub fn only_in(catalog: &Catalog, other: &Catalog) -> BTreeSet<ObjectName> {
    let mut found = objects(catalog);
    let others = objects(other);
    found.retain(|on| !others.contains(on) && counterpart(other, catalog, on).is_none());
    found
}

/// The arguments under which `here` has a routine of `there` whose parameters have other names.
fn counterpart(here: &Catalog, there: &Catalog, on: &ObjectName) -> Option<String> {
    if on.kind != "routine" {
        return None;
    }
    let same = |name: &&RoutineName| ObjectName::routine(name) == *on;
    if here.routines.keys().any(|name| same(&name)) {
        return None;
    }
    let name = there.routines.keys().find(same)?;
    let now = renamed_parameters(there, here, name)?;
    Some(format!("({})", now.arguments))
}

/// The routine of `to` with the name and the types of arguments of one of `from`, where `to` has it
/// only with other names of parameters.
pub(super) fn renamed_parameters<'c>(
    from: &Catalog,
    to: &'c Catalog,
    name: &RoutineName,
) -> Option<&'c RoutineName> {
    if to.routines.contains_key(name) {
        return None;
    }
    let signature = &from.routines.get(name)?.signature;
    let like = |(other, it): &(&RoutineName, &Routine)| {
        other.schema == name.schema && other.name == name.name && it.signature == *signature
    };
    to.routines.iter().find(like).map(|(name, _)| name)
}

/// All that has an owner or privileges, but for what extensions and the system have brought along.
pub(super) fn objects(catalog: &Catalog) -> BTreeSet<ObjectName> {
    let relations = catalog.relations.iter().flat_map(|(name, it)| {
        let columns = it.columns.iter().map(|it| ObjectName::column(name, &it.name));
        columns.chain([ObjectName::of("table", name)])
    });
    let types = catalog.enums.keys().chain(catalog.domains.keys());
    let types = types.chain(catalog.composites.keys()).chain(catalog.ranges.keys());
    relations
        .chain(types.map(|name| ObjectName::of("type", name)))
        .chain(catalog.sequences.keys().map(|name| ObjectName::of("sequence", name)))
        .chain(catalog.routines.keys().map(ObjectName::routine))
        .chain(catalog.schemas.keys().map(|name| ObjectName::schema(name)))
        .chain(catalog.others.keys().map(ObjectName::other))
        .chain(catalog.statistics.keys().map(statistics))
        .collect()
}

/// Extended statistics, as the server names what has an owner and no privileges.
pub(super) fn statistics(name: &Name) -> ObjectName {
    ObjectName::of("statistics object", &Name::new("", mentions::full(name)))
}
