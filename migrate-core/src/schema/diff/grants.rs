//! Writes GRANT, REVOKE, OWNER TO and ALTER DEFAULT PRIVILEGES. A recreated object starts with the privileges that its
//! creator gives it.

use std::collections::{BTreeMap, BTreeSet};

use super::privileges::objects;
use super::{Draft, Phase, mentions};
use crate::schema::catalog::{Catalog, Grant, GrantName, Name, ObjectName, Relation, Routine};

/// Privileges, and whether they may be passed on.
type Privileges = BTreeMap<String, bool>;
/// Privileges by role, but for the owner's.
type Held = BTreeMap<String, Privileges>;

const EVERYBODY: &str = "PUBLIC";
const OWNER: &str = "OWNER";
const MYSELF: &str = "CURRENT_ROLE";
const GRANT_OPTION: &str = "GRANT OPTION FOR ";

/// What a role or the owner has of something.
#[derive(Debug, Clone, Default)]
struct State {
    /// For sure.
    sure: Held,
    /// As far as default privileges of some role may have given it.
    perhaps: Held,
    /// The owner's, where they are not all that there are.
    owner: Option<Privileges>,
}

impl State {
    fn certain(held: Held, owner: Option<Privileges>) -> Self {
        State { perhaps: held.clone(), sure: held, owner }
    }
}

fn privileges(grant: &Grant) -> Privileges {
    let grantable = |it: &String| (it.clone(), grant.grantable.contains(it));
    grant.privileges.iter().map(grantable).collect()
}

/// What everybody has on something new of this kind.
fn by_nature(kind: &str) -> Held {
    let privilege = match kind {
        "routine" => "EXECUTE",
        "type" | "language" => "USAGE",
        _ => return Held::new(),
    };
    let all = Privileges::from([(privilege.to_owned(), false)]);
    Held::from([(EVERYBODY.to_owned(), all)])
}

/// What a catalog says of something. Where it says nothing of a role, and the other one does, it is as it was at
/// first.
fn said(catalog: &Catalog, other: &Catalog, on: &ObjectName) -> State {
    let (mut held, mut owner) = (Held::new(), None);
    for (grant, it) in other.grants_on(on) {
        let initial = it.initial.iter().map(|it| (it.clone(), false));
        held.insert(grant.to.clone(), initial.collect());
    }
    held.remove(OWNER);
    for (grant, it) in catalog.grants_on(on) {
        match grant.to.as_str() {
            OWNER => owner = Some(privileges(it)),
            role => drop(held.insert(role.to_owned(), privileges(it))),
        }
    }
    held.retain(|_, it| !it.is_empty());
    State::certain(held, owner)
}

/// The order in which they are written: what is revoked on a table is revoked on its columns, too.
fn rank(on: &ObjectName) -> u8 {
    match on.kind.as_str() {
        "schema" => 0,
        "column" => 2,
        _ if on.default_on().is_some() => 3,
        _ => 1,
    }
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

    /// What is there gets the privileges and the owner that the wanted catalog knows of.
    pub(super) fn privileges(&mut self) {
        let (from, to) = (self.from, self.to);
        let made = std::mem::take(&mut self.made);
        let (before, after) = (objects(from), objects(to));
        let of_grants = from.grants.keys().chain(to.grants.keys()).map(GrantName::object);
        let of_owners = from.owners.keys().chain(to.owners.keys()).cloned();
        let mut all: Vec<ObjectName> =
            of_grants.chain(of_owners).chain(made.iter().cloned()).collect();
        all.sort_by_cached_key(|on| (rank(on), on.clone()));
        all.dedup();
        let mut revoked = BTreeMap::new();
        for on in all {
            let is_gone = before.contains(&on) && !after.contains(&on);
            let schema_is_gone = on.default_on().is_some()
                && from.schemas.contains_key(&on.name)
                && !to.schemas.contains_key(&on.name);
            let is_new = made.contains(&on) || after.contains(&on) && !before.contains(&on);
            // A base type is named in one piece, and who may use it is not read.
            let is_base_type = on.kind == "type" && on.schema.is_empty();
            if is_base_type || is_gone || schema_is_gone || is_new && self.untold.contains(&on) {
                continue;
            }
            self.owner(&on, is_new);
            self.granted(&on, is_new, before.contains(&on), &mut revoked);
        }
    }

    fn owner(&mut self, on: &ObjectName, is_new: bool) {
        let before = self.from.owners.get(on).filter(|_| !is_new);
        let after = self.to.owners.get(on);
        if before == after {
            return;
        }
        let nobody = if *on == ObjectName::schema("public") { "pg_database_owner" } else { MYSELF };
        let role = after.map_or(nobody, String::as_str);
        let sql = format!("ALTER {} OWNER TO {role}", self.altered(on));
        let is_late = on.kind == "event trigger";
        self.step(if is_late { Phase::Watchers } else { Phase::Privileges }, sql);
    }

    /// `revoked` are the tables of which something was taken from roles so far.
    fn granted(
        &mut self,
        on: &ObjectName,
        is_new: bool,
        recreated: bool,
        revoked: &mut BTreeMap<(Name, String), BTreeSet<String>>,
    ) {
        let mut wanted = said(self.to, self.from, on);
        let mut before = match is_new {
            true => self.at_first(on, recreated),
            false => said(self.from, self.to, on),
        };
        if is_new {
            // What goes without saying is wanted, too.
            let unsaid = |role: &String| !self.to.grants_on(on).any(|(grant, _)| grant.to == *role);
            let nature = by_nature(&on.kind).into_iter().filter(|(role, _)| unsaid(role));
            wanted.sure.extend(nature);
        }
        let table = Name::new(&*on.schema, &*on.name);
        if on.kind == "column" {
            for (role, it) in &mut before.sure {
                let gone = revoked.get(&(table.clone(), role.clone()));
                it.retain(|privilege, _| gone.is_none_or(|gone| !gone.contains(privilege)));
            }
        }
        // What a new owner had been granted is added to what it has as the owner, grant options included.
        let owner = self.owner_of(on);
        let merged = before.perhaps.remove(&owner).unwrap_or_default();
        match &mut before.owner {
            Some(had) => had.extend(merged.clone()),
            None if on.kind == "column" && !merged.is_empty() => {
                before.owner = Some(merged.clone());
            }
            None => {}
        }
        let mut steps = Steps { draft: self, on, sql: Vec::new() };
        steps.of_owner(&owner, before.owner.as_ref(), wanted.owner.as_ref());
        let passed: Vec<&str> =
            merged.iter().filter(|(_, grantable)| **grantable).map(|(it, _)| it.as_str()).collect();
        if steps.sql.is_empty() && !passed.is_empty() {
            steps.revoke(GRANT_OPTION, &passed, &owner);
        }
        for (role, had) in &before.perhaps {
            let kept = wanted.sure.get(role);
            let gone: Vec<&str> = had
                .keys()
                .filter(|it| kept.is_none_or(|kept| !kept.contains_key(*it)))
                .map(String::as_str)
                .collect();
            if !gone.is_empty() {
                let all = kept.is_none_or(Privileges::is_empty);
                steps.revoke("", if all { &["ALL"] } else { &gone }, role);
                let all = revoked.entry((table.clone(), role.clone())).or_default();
                all.extend(gone.into_iter().map(str::to_owned));
            }
            let stays = |it: &&String| kept.is_some_and(|kept| kept.get(*it) == Some(&false));
            let passed: Vec<&str> = had
                .iter()
                .filter(|(it, grantable)| **grantable && stays(it))
                .map(|(it, _)| it.as_str())
                .collect();
            if !passed.is_empty() {
                steps.revoke(GRANT_OPTION, &passed, role);
            }
        }
        for (role, wanted) in &wanted.sure {
            let has = before.sure.get(role);
            let lacks = |it: &str, grantable: bool| match has.and_then(|has| has.get(it)) {
                Some(had) => grantable && !had,
                None => true,
            };
            for grantable in [false, true] {
                let new: Vec<&str> = wanted
                    .iter()
                    .filter(|(it, may)| **may == grantable && lacks(it, grantable))
                    .map(|(it, _)| it.as_str())
                    .collect();
                if !new.is_empty() {
                    steps.grant(&new, role, grantable);
                }
            }
        }
        for sql in steps.sql {
            self.step(Phase::Privileges, sql);
        }
    }

    /// Who owns something at the end, as SQL has it.
    fn owner_of(&self, on: &ObjectName) -> String {
        if on.default_on().is_some() {
            return if on.part.is_empty() { MYSELF.to_owned() } else { on.part.clone() };
        }
        let table = ObjectName::of("table", &Name::new(&*on.schema, &*on.name));
        let owned = if on.kind == "column" { &table } else { on };
        self.to.owners.get(owned).map_or(MYSELF, String::as_str).to_owned()
    }

    /// What is held on something new. The default privileges change after all that is created. What is recreated
    /// gets back what it had, whoever runs it; of what was not there, that role's default privileges are as wanted.
    fn at_first(&self, on: &ObjectName, recreated: bool) -> State {
        if on.kind == "column" {
            return State::default();
        }
        let kind = format!("default privileges on {}s", on.kind);
        let (mut sure, mut owner) = (by_nature(&on.kind), None);
        let all = self.from.grants.iter().filter(|(grant, _)| grant.kind == kind);
        let all: Vec<_> =
            all.filter(|(grant, _)| grant.name == "*" || grant.name == on.schema).collect();
        // Those for all schemas stand in place of what is so by nature.
        for (grant, it) in
            all.iter().filter(|(grant, _)| grant.name == "*" && grant.part.is_empty())
        {
            match grant.to.as_str() {
                OWNER => owner = Some(privileges(it)),
                role => drop(sure.insert(role.to_owned(), privileges(it))),
            }
        }
        let mut perhaps = if recreated { by_nature(&on.kind) } else { sure.clone() };
        for (grant, it) in all {
            if grant.to == OWNER || !recreated && !grant.part.is_empty() {
                continue;
            }
            let more = privileges(it);
            perhaps.entry(grant.to.clone()).or_default().extend(more.clone());
            if grant.part.is_empty() && grant.name != "*" {
                sure.entry(grant.to.clone()).or_default().extend(more);
            }
        }
        sure.retain(|_, it| !it.is_empty());
        State { sure, perhaps, owner }
    }

    /// Something as GRANT names it.
    fn target(&self, on: &ObjectName) -> String {
        let name = Name::new(&*on.schema, &*on.name);
        let shown = mentions::name(&name);
        match on.kind.as_str() {
            "schema" => format!("SCHEMA {}", mentions::ident(&on.name)),
            "sequence" => format!("SEQUENCE {shown}"),
            "type" => format!("TYPE {shown}"),
            "server" => format!("FOREIGN SERVER {}", on.name),
            "foreign-data wrapper" => format!("FOREIGN DATA WRAPPER {}", on.name),
            "language" => format!("LANGUAGE {}", on.name),
            "routine" => {
                let own = |(name, _): &(&_, &Routine)| ObjectName::routine(name) == *on;
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

    /// Something as ALTER names it.
    fn altered(&self, on: &ObjectName) -> String {
        let name = Name::new(&*on.schema, &*on.name);
        match on.kind.as_str() {
            "table" => {
                let kind = self.to.relations.get(&name).map(|it: &Relation| it.kind);
                let keyword = kind.map_or("TABLE", super::relations::keyword);
                format!("{keyword} {}", mentions::name(&name))
            }
            "type" if self.to.domains.contains_key(&name) => {
                format!("DOMAIN {}", mentions::name(&name))
            }
            "schema" | "sequence" | "type" | "routine" | "foreign-data wrapper" | "language" => {
                self.target(on)
            }
            "statistics object" => format!("STATISTICS {}", on.name),
            kind => format!("{} {}", kind.to_uppercase(), on.name),
        }
    }
}

/// The statements about one thing.
struct Steps<'d, 'c> {
    draft: &'d Draft<'c>,
    on: &'d ObjectName,
    sql: Vec<String>,
}

impl Steps<'_, '_> {
    /// An owner has everything, unless that was taken from it.
    fn of_owner(&mut self, owner: &str, before: Option<&Privileges>, after: Option<&Privileges>) {
        let set = |it: Option<&Privileges>| it.map(|it| it.keys().cloned().collect::<Vec<_>>());
        let (before, after) = (set(before), set(after));
        if before == after {
            return;
        }
        // Its own are beside those on the table, or on all that is created.
        let is_more =
            self.on.kind == "column" || self.on.default_on().is_some() && self.on.name != "*";
        let Some(after) = after else {
            match is_more {
                true => self.revoke("", &["ALL"], owner),
                false => self.grant(&["ALL"], owner, false),
            }
            return;
        };
        self.revoke("", &["ALL"], owner);
        if !after.is_empty() {
            self.grant(&after.iter().map(String::as_str).collect::<Vec<_>>(), owner, false);
        }
    }

    fn revoke(&mut self, option: &str, what: &[&str], role: &str) {
        let (before, list, target) = self.parts(what);
        self.sql.push(format!("{before}REVOKE {option}{list} ON {target} FROM {role}"));
    }

    fn grant(&mut self, what: &[&str], role: &str, grantable: bool) {
        let (before, list, target) = self.parts(what);
        let option = if grantable { " WITH GRANT OPTION" } else { "" };
        self.sql.push(format!("{before}GRANT {list} ON {target} TO {role}{option}"));
    }

    /// What stands in front, the privileges, and what they are on.
    fn parts(&self, what: &[&str]) -> (String, String, String) {
        let on = self.on;
        if let Some(kind) = on.default_on() {
            let mut before = "ALTER DEFAULT PRIVILEGES ".to_owned();
            if !on.part.is_empty() {
                before.push_str(&format!("FOR ROLE {} ", on.part));
            }
            if on.name != "*" {
                before.push_str(&format!("IN SCHEMA {} ", mentions::ident(&on.name)));
            }
            let kind =
                if kind == "routines" { "FUNCTIONS".to_owned() } else { kind.to_uppercase() };
            return (before, what.join(", "), kind);
        }
        let list = match on.kind.as_str() {
            "column" => {
                let column = mentions::ident(&on.part);
                let one = |it: &&str| format!("{it} ({column})");
                what.iter().map(one).collect::<Vec<_>>().join(", ")
            }
            _ => what.join(", "),
        };
        (String::new(), list, self.draft.target(on))
    }
}
