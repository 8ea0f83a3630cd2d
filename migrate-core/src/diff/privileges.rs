//! Privileges and owners: what is dropped and made again gets back what it had.

use std::collections::{BTreeMap, BTreeSet};

use super::{Draft, Phase, words};
use crate::catalog::{Catalog, Grant, GrantName, Name, ObjectName, Routine, RoutineName};

/// A catalog with the privileges that another one has: what is in both has those of the other, and for
/// what is only here none are listed.
///
/// ```
/// use migrate_core::catalog::Catalog;
/// use migrate_core::diff::with_privileges_of;
///
/// assert_eq!(with_privileges_of(&Catalog::default(), &Catalog::default()), Catalog::default());
/// ```
#[must_use]
pub fn with_privileges_of(catalog: &Catalog, other: &Catalog) -> Catalog {
    let mut found = catalog.clone().without_privileges();
    let own = objects(catalog);
    let named = |on: &ObjectName| match counterpart(catalog, other, on) {
        Some(part) => ObjectName { part, ..on.clone() },
        None => on.clone(),
    };
    for (grant, it) in &other.grants {
        let ObjectName { kind, schema, name, part } = named(&grant.object());
        let on = GrantName { kind, schema, name, part, to: grant.to.clone() };
        if own.contains(&on.object()) || is_default(&on.kind) {
            found.grants.insert(on, it.clone());
        }
    }
    for (on, role) in &other.owners {
        let on = named(on);
        if own.contains(&on) {
            found.owners.insert(on, role.clone());
        }
    }
    found
}

/// What is only in the first catalog: the second can't tell who may use it.
///
/// ```
/// use migrate_core::catalog::Catalog;
/// use migrate_core::diff::only_in;
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

fn is_default(kind: &str) -> bool {
    kind.starts_with("default of ")
}

/// All that privileges can be on.
fn objects(catalog: &Catalog) -> BTreeSet<ObjectName> {
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
        .collect()
}

/// Privileges by role.
type Held = BTreeMap<String, Vec<String>>;
type Roles<'c> = BTreeMap<&'c str, &'c Grant>;

/// Who was granted what on one thing.
fn roles<'c>(catalog: &'c Catalog, on: &ObjectName) -> Roles<'c> {
    let grants = catalog.grants.iter().filter(|(grant, _)| grant.object() == *on);
    grants.map(|(grant, it)| (&*grant.to, it)).collect()
}

impl Draft<'_> {
    /// Notes what a statement creates, or creates again.
    pub(super) fn made(&mut self, object: ObjectName) {
        self.made.insert(object);
    }

    /// A table brings its columns along, and the sequences of identity columns.
    pub(super) fn made_relation(&mut self, name: &Name) {
        self.made(ObjectName::of("table", name));
        let Some(it) = self.to.relations.get(name) else { return };
        for column in &it.columns {
            self.made(ObjectName::column(name, &column.name));
        }
        let owned = self.to.sequences.iter().filter(|(_, it)| {
            it.identity && it.owned_by.as_ref().is_some_and(|(table, _)| table == name)
        });
        for sequence in owned.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
            self.made(ObjectName::of("sequence", &sequence));
        }
    }

    /// What was made gets the privileges and the owner that the wanted catalog knows of.
    pub(super) fn privileges(&mut self) {
        if self.to.grants.is_empty() {
            return;
        }
        let made = std::mem::take(&mut self.made);
        for on in made.difference(&self.untold).cloned().collect::<Vec<_>>() {
            if let Some(owner) = self.to.owners.get(&on) {
                let sql = format!("ALTER {} OWNER TO {owner}", self.target(&on));
                self.step(Phase::Privileges, sql);
            }
            self.granted(&on);
        }
    }

    fn granted(&mut self, on: &ObjectName) {
        let (sure, perhaps) = self.by_default(on);
        let wanted = roles(self.to, on);
        let target = self.target(on);
        let list = |privileges: &[&String]| match on.kind.as_str() {
            "column" => {
                let column = words::ident(&on.part);
                let one = |it: &&String| format!("{it} ({column})");
                privileges.iter().map(one).collect::<Vec<_>>().join(", ")
            }
            _ => privileges.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", "),
        };
        let mut steps = Vec::new();
        for (role, privileges) in &perhaps {
            let kept = wanted.get(role.as_str()).map(|it| &*it.privileges).unwrap_or_default();
            let gone: Vec<&String> = privileges.iter().filter(|it| !kept.contains(it)).collect();
            if !gone.is_empty() {
                let what = if kept.is_empty() { "ALL".to_owned() } else { list(&gone) };
                steps.push(format!("REVOKE {what} ON {target} FROM {role}"));
            }
        }
        for (role, grant) in &wanted {
            let has = sure.get(*role).map(Vec::as_slice).unwrap_or_default();
            let (passed_on, plain): (Vec<&String>, Vec<&String>) =
                grant.privileges.iter().partition(|it| grant.grantable.contains(it));
            let plain: Vec<&String> = plain.into_iter().filter(|it| !has.contains(it)).collect();
            if !plain.is_empty() {
                steps.push(format!("GRANT {} ON {target} TO {role}", list(&plain)));
            }
            if !passed_on.is_empty() {
                let what = list(&passed_on);
                steps.push(format!("GRANT {what} ON {target} TO {role} WITH GRANT OPTION"));
            }
        }
        for sql in steps {
            self.step(Phase::Privileges, sql);
        }
    }

    /// What roles have on something new: for sure, and as far as default privileges may give it.
    fn by_default(&self, on: &ObjectName) -> (Held, Held) {
        let plural = match on.kind.as_str() {
            "column" => return (Held::new(), Held::new()),
            kind => format!("default of {kind}s in schema"),
        };
        let (mut sure, mut perhaps) = (Held::new(), Held::new());
        let everybody = match on.kind.as_str() {
            "routine" => Some("EXECUTE"),
            "type" => Some("USAGE"),
            _ => None,
        };
        if let Some(privilege) = everybody {
            sure.insert("PUBLIC".to_owned(), vec![privilege.to_owned()]);
            perhaps.clone_from(&sure);
        }
        let all = self.from.grants.iter().chain(&self.to.grants);
        for (grant, it) in all.filter(|(grant, _)| grant.kind == plural) {
            if grant.name == "*" {
                sure.clear();
            } else if grant.name != on.schema {
                continue;
            }
            if grant.part != format!(" by {}", grant.to) {
                perhaps.entry(grant.to.clone()).or_default().extend(it.privileges.iter().cloned());
            }
        }
        (sure, perhaps)
    }

    /// Something as GRANT and ALTER name it.
    fn target(&self, on: &ObjectName) -> String {
        let name = Name::new(&*on.schema, &*on.name);
        let shown = words::name(&name);
        match on.kind.as_str() {
            "schema" => format!("SCHEMA {}", words::ident(&on.name)),
            "sequence" => format!("SEQUENCE {shown}"),
            "type" => format!("TYPE {shown}"),
            "routine" => {
                let own = |(name, _): &(&RoutineName, &Routine)| ObjectName::routine(name) == *on;
                let keyword = match self.to.routines.iter().find(own) {
                    Some((_, it)) if it.kind == "procedure" => "PROCEDURE",
                    Some((_, it)) if it.kind == "aggregate" => "ROUTINE",
                    _ => "FUNCTION",
                };
                format!("{keyword} {shown}{}", on.part)
            }
            _ => format!("TABLE {shown}"),
        }
    }
}
