//! Makes catalogs comparable that different roles have created: owners and grantees are relative to the role that runs
//! the chain, which has another name on each server.

use std::collections::{BTreeMap, BTreeSet};

use super::privileges::objects;
use crate::schema::catalog::{Catalog, Grant, GrantName, Name, ObjectName};

const MYSELF: &str = "CURRENT_ROLE";
const OWNER: &str = "OWNER";

/// Two catalogs with the roles that they are seen from, as SQL has their names: with the same words for the
/// same, and without what nobody can tell where these roles have two names: a privilege that one has granted to the
/// role that owns the thing in the other, what default privileges give only to what one of the two creates, and
/// what an owner was refused by its name.
///
/// ```
/// use migrate_core::schema::catalog::{Catalog, ObjectName};
/// use migrate_core::schema::diff::comparable;
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
    if one.1 != other.1 {
        let given = by_name(&[one.0, other.0], &selves);
        let mine = |on: &ObjectName| [&of_first, &of_second].iter().any(|it| is_mine(it.get(on)));
        let is_unknown = |on: &GrantName| {
            let object = on.object();
            let by_default = |(kind, schema, to): &(String, String, String)| {
                *kind == format!("{}s", on.kind)
                    && [&*on.schema, "*"].contains(&&**schema)
                    && *to == on.to
            };
            object.default_on().is_none()
                && (on.to == OWNER && mine(&object) || given.iter().any(by_default))
        };
        first.grants.retain(|on, _| !is_unknown(on));
        second.grants.retain(|on, _| !is_unknown(on));
    }
    (first, second)
}

fn is_mine(owner: Option<&String>) -> bool {
    owner.is_none_or(|owner| owner == MYSELF)
}

/// What default privileges for these roles, by their names, give: on what, in which schema, and to whom.
fn by_name(catalogs: &[&Catalog], roles: &[&str]) -> BTreeSet<(String, String, String)> {
    let all = catalogs.iter().flat_map(|catalog| catalog.grants.keys());
    let named = all.filter(|on| roles.contains(&&*on.part));
    let kind = |on: &GrantName| {
        Some((on.object().default_on()?.to_owned(), on.name.clone(), on.to.clone()))
    };
    named.filter_map(kind).collect()
}

/// The role that owns most of a catalog, if all that has an owner has another one than the role that the catalog is
/// seen from: then whoever wrote it down, as `pg_dump` does, has only said who is to run it.
#[must_use]
pub fn usual_owner(catalog: &Catalog) -> Option<&str> {
    let follows = |on: &ObjectName| match on.kind.as_str() {
        "sequence" => {
            let name = Name::new(&*on.schema, &*on.name);
            catalog.sequences.get(&name).is_some_and(|it| it.owned_by.is_some())
        }
        kind => ["column", "user mapping", "cast"].contains(&kind),
    };
    let mut owners: BTreeMap<&str, usize> = BTreeMap::new();
    let all = objects(catalog);
    for on in all.iter().filter(|on| !follows(on) && **on != ObjectName::schema("public")) {
        *owners.entry(catalog.owners.get(on)?).or_default() += 1;
    }
    owners.into_iter().max_by_key(|(_, count)| *count).map(|(owner, _)| owner)
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

/// The same catalog without the names of NOT NULL constraints that a server has made of the names of tables, which
/// are others if it was upgraded; or without all of them, and their comments, where only one of two servers has them.
#[must_use]
pub fn without_not_null_names(mut catalog: Catalog, all: bool) -> Catalog {
    let goes = |name: &mut String| {
        all || name.trim_end_matches(|c: char| c.is_ascii_digit()).ends_with("_not_null")
    };
    for column in catalog.relations.values_mut().flat_map(|it| &mut it.columns) {
        column.not_null_name.take_if(goes);
        column.not_null_comment.take_if(|_| all);
    }
    for domain in catalog.domains.values_mut() {
        domain.not_null_name.take_if(goes);
    }
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
