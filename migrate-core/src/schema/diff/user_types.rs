//! Writes domains, composite types and ranges, which may be made of each other.

use std::collections::BTreeSet;

use super::order::sorted;
use super::recreated::is_used;
use super::{Draft, Phase, mentions};
use crate::schema::catalog::{
    Attribute, Catalog, Change, Composite, Domain, Name, ObjectName, Range, usual_name,
};

/// One of them.
#[derive(Clone, Copy)]
enum UserType<'c> {
    Domain(&'c Domain),
    Composite(&'c Composite),
    Range(&'c Range),
}

impl UserType<'_> {
    fn mentions(&self, name: &Name) -> bool {
        match self {
            UserType::Domain(it) => mentions::mentions(&it.base, name),
            UserType::Composite(it) => {
                it.attributes.iter().any(|it| mentions::mentions(&it.data_type, name))
            }
            UserType::Range(it) => mentions::mentions(&it.subtype, name),
        }
    }

    fn keyword(&self) -> &'static str {
        if matches!(self, UserType::Domain(_)) { "DOMAIN" } else { "TYPE" }
    }
}

/// All of a catalog, each behind those that it is made of.
fn all(catalog: &Catalog) -> Vec<(&Name, UserType<'_>)> {
    let domains = catalog.domains.iter().map(|(name, it)| (name, UserType::Domain(it)));
    let composites = catalog.composites.iter().map(|(name, it)| (name, UserType::Composite(it)));
    let ranges = catalog.ranges.iter().map(|(name, it)| (name, UserType::Range(it)));
    let all = domains.chain(composites).chain(ranges).collect();
    sorted(all, |(_, it), (name, _)| it.mentions(name))
}

impl Draft<'_> {
    pub(super) fn user_types(&mut self) {
        let (old, new) = (all(self.from), all(self.to));
        let again = |this: &Self, name: &Name| this.recreated.types.contains(name);
        for (name, it) in old.iter().rev() {
            let stays =
                new.iter().any(|(other, new)| other == name && new.keyword() == it.keyword());
            let shown = mentions::name(name);
            if again(self, name) || !stays {
                self.silence(name, *it);
            }
            if again(self, name) && stays {
                let old = mentions::old(name);
                let to = mentions::ident(&old.name);
                self.step(
                    Phase::RenameTypes,
                    format!("ALTER {} {shown} RENAME TO {to}", it.keyword()),
                );
                let sql = format!("DROP {} {}", it.keyword(), mentions::name(&old));
                self.step(Phase::DropTypes, sql);
            } else if !stays {
                self.step(Phase::DropTypes, format!("DROP {} {shown}", it.keyword()));
            }
        }
        for (name, after) in &new {
            let before = old.iter().find(|(other, _)| other == name).map(|(_, it)| *it);
            let before = before.filter(|_| !again(self, name));
            match (before, *after) {
                (Some(UserType::Domain(before)), UserType::Domain(after)) => {
                    self.domain(name, Some(before), after);
                }
                (_, UserType::Domain(after)) => self.domain(name, None, after),
                (Some(UserType::Composite(before)), UserType::Composite(after)) => {
                    self.composite(name, Some(before), after);
                }
                (_, UserType::Composite(after)) => self.composite(name, None, after),
                (Some(UserType::Range(before)), UserType::Range(after)) => {
                    self.range(name, Some(before), after);
                }
                (_, UserType::Range(after)) => self.range(name, None, after),
            }
        }
    }

    /// Does a definition call a routine of the database?
    fn calls(&self, definition: &str) -> bool {
        let mut routines = self.from.routines.keys().chain(self.to.routines.keys());
        routines.any(|it| mentions::mentions(definition, &Name::new(&*it.schema, &*it.name)))
    }

    /// A domain that goes lets the routines go that it calls.
    fn silence(&mut self, name: &Name, it: UserType<'_>) {
        let UserType::Domain(it) = it else { return };
        let alter = format!("ALTER DOMAIN {}", mentions::name(name));
        let calls = it.constraints.iter().filter(|(_, check)| self.calls(check));
        for key in calls.map(|(key, _)| key).collect::<Vec<_>>() {
            let key = mentions::ident(key);
            self.step(Phase::LetGo, format!("{alter} DROP CONSTRAINT {key}"));
        }
        if it.default.as_ref().is_some_and(|it| self.calls(it)) {
            self.step(Phase::LetGo, format!("{alter} DROP DEFAULT"));
        }
    }

    fn domain(&mut self, name: &Name, before: Option<&Domain>, after: &Domain) {
        let shown = mentions::name(name);
        let alter = format!("ALTER DOMAIN {shown}");
        let phase = |calls: bool| if calls { Phase::TypeParts } else { Phase::Types };
        let mut late = Vec::new();
        if let Some(before) = before {
            let stays = |name: &String, check: &String| {
                after.constraints.get(name) == Some(check) && !self.recreated.has(check)
            };
            let gone = before.constraints.iter().filter(|(name, check)| !stays(name, check));
            let gone: Vec<&String> = gone.map(|(name, _)| name).collect();
            late.extend(after.constraints.iter().filter(|(name, check)| {
                before.constraints.get(*name) != Some(*check) || !stays(name, check)
            }));
            for name in gone {
                let name = mentions::ident(name);
                self.step(Phase::LetGo, format!("{alter} DROP CONSTRAINT {name}"));
            }
            let recreated = before.default.as_ref().is_some_and(|it| self.recreated.has(it));
            if before.default.is_some() && (recreated || after.default.is_none()) {
                self.step(Phase::LetGo, format!("{alter} DROP DEFAULT"));
            }
            if let Some(default) = &after.default
                && (recreated || before.default != after.default)
            {
                let phase = phase(self.calls(default));
                self.step(phase, format!("{alter} SET DEFAULT {default}"));
            }
            if before.not_null && after.not_null && before.not_null_name != after.not_null_name {
                let [was, is] = [before, after].map(|it| mentions::ident(&not_null(name, it)));
                self.step(Phase::Types, format!("{alter} RENAME CONSTRAINT {was} TO {is}"));
            }
            if before.not_null && !after.not_null {
                self.step(Phase::Types, format!("{alter} DROP NOT NULL"));
            }
            if !before.not_null && after.not_null {
                let caution = format!("fails if a column of {shown} is null in a row");
                let set = match &after.not_null_name {
                    Some(name) => format!("ADD CONSTRAINT {} NOT NULL", mentions::ident(name)),
                    None => "SET NOT NULL".to_owned(),
                };
                self.careful(Phase::Types, format!("{alter} {set}"), Some(caution));
            }
        } else {
            self.made(ObjectName::of("type", name));
            let mut sql = format!("CREATE DOMAIN {shown} AS {}", after.base);
            if let Some(collation) = &after.collation {
                sql.push_str(&format!(" COLLATE {collation}"));
            }
            if let Some(default) = &after.default {
                if self.calls(default) {
                    let sql = format!("{alter} SET DEFAULT {default}");
                    self.step(Phase::TypeParts, sql);
                } else {
                    sql.push_str(&format!(" DEFAULT {default}"));
                }
            }
            if let Some(name) = &after.not_null_name {
                sql.push_str(&format!(" CONSTRAINT {}", mentions::ident(name)));
            }
            if after.not_null {
                sql.push_str(" NOT NULL");
            }
            for (name, check) in &after.constraints {
                if self.calls(check) || check.ends_with("NOT VALID") {
                    late.push((name, check));
                } else {
                    sql.push_str(&format!(" CONSTRAINT {} {check}", mentions::ident(name)));
                }
            }
            self.step(Phase::Types, sql);
        }
        for (key, check) in late {
            let caution = format!("fails if it does not hold for a value of {shown} in a row");
            let caution = before.map(|_| caution).filter(|_| !check.ends_with("NOT VALID"));
            let sql = format!("{alter} ADD CONSTRAINT {} {check}", mentions::ident(key));
            self.careful(phase(self.calls(check)), sql, caution);
        }
        self.constraint_comments(name, before, after);
        let before = before.and_then(|it| it.comment.as_ref());
        self.comment(&format!("DOMAIN {shown}"), before, after.comment.as_ref());
    }

    fn constraint_comments(&mut self, name: &Name, before: Option<&Domain>, after: &Domain) {
        let on = |key: &str| {
            format!("CONSTRAINT {} ON DOMAIN {}", mentions::ident(key), mentions::name(name))
        };
        for (key, check) in &after.constraints {
            let stays = |before: &&Domain| {
                before.constraints.get(key) == Some(check) && !self.recreated.has(check)
            };
            let old = before.filter(stays).and_then(|it| it.constraint_comments.get(key));
            self.comment(&on(key), old, after.constraint_comments.get(key));
        }
        if after.not_null {
            let old = before.filter(|it| it.not_null);
            let old = old.and_then(|it| it.constraint_comments.get(&not_null(name, it)));
            let key = not_null(name, after);
            self.comment(&on(&key), old, after.constraint_comments.get(&key));
        }
    }

    fn composite(&mut self, name: &Name, before: Option<&Composite>, after: &Composite) {
        let shown = mentions::name(name);
        let attribute = |it: &Attribute| {
            let collation = it.collation.as_ref();
            let collation = collation.map_or_else(String::new, |it| format!(" COLLATE {it}"));
            format!("{}{collation}", it.data_type)
        };
        let named = |it: &Attribute| format!("{} {}", mentions::ident(&it.name), attribute(it));
        let old =
            |name: &str| before.and_then(|it| it.attributes.iter().find(|it| it.name == name));
        if let Some(before) = before {
            let plain =
                |it: &Composite| -> Vec<String> { it.attributes.iter().map(named).collect() };
            let changes = plain(before) != plain(after);
            let retypes = after
                .attributes
                .iter()
                .any(|it| old(&it.name).is_some_and(|before| attribute(before) != attribute(it)));
            // Attributes can come and go while a column has the type.
            if changes && (retypes && is_used(self.from, name) || !before.can_become(after)) {
                let why = "PostgreSQL can't change a composite type that a column has";
                self.cannot(Change::Alter, "composite type", name, why);
                return;
            }
            let alter = format!("ALTER TYPE {shown}");
            let full = mentions::full(name);
            let tables = self.from.relations.iter();
            let tables = tables.filter(|(_, it)| it.of_type.as_ref() == Some(&full));
            let tables: Vec<String> = tables.map(|(name, _)| mentions::name(name)).collect();
            let cascade = if tables.is_empty() { "" } else { " CASCADE" };
            let kept: BTreeSet<&str> = after.attributes.iter().map(|it| &*it.name).collect();
            for it in before.attributes.iter().filter(|it| !kept.contains(&*it.name)) {
                let name = mentions::ident(&it.name);
                let sql = format!("{alter} DROP ATTRIBUTE {name}{cascade}");
                match tables.as_slice() {
                    [] => self.step(Phase::Types, sql),
                    tables => {
                        let lost = format!("the column {name} of {}", tables.join(" and "));
                        self.losing(Phase::Types, sql, lost);
                    }
                }
            }
            for it in &after.attributes {
                match old(&it.name) {
                    None => {
                        let sql = format!("{alter} ADD ATTRIBUTE {}{cascade}", named(it));
                        self.step(Phase::Types, sql);
                    }
                    Some(before) if attribute(before) != attribute(it) => {
                        let name = mentions::ident(&it.name);
                        let kind = attribute(it);
                        let sql = format!("{alter} ALTER ATTRIBUTE {name} TYPE {kind}{cascade}");
                        self.step(Phase::Types, sql);
                    }
                    Some(_) => {}
                }
            }
        } else {
            let attributes: Vec<String> = after.attributes.iter().map(named).collect();
            let sql = format!("CREATE TYPE {shown} AS ({})", attributes.join(", "));
            self.step(Phase::Types, sql);
            self.made(ObjectName::of("type", name));
        }
        for it in &after.attributes {
            let before = old(&it.name).and_then(|it| it.comment.as_ref());
            let on = format!("COLUMN {shown}.{}", mentions::ident(&it.name));
            self.comment(&on, before, it.comment.as_ref());
        }
        let before = before.and_then(|it| it.comment.as_ref());
        self.comment(&format!("TYPE {shown}"), before, after.comment.as_ref());
    }

    fn range(&mut self, name: &Name, before: Option<&Range>, after: &Range) {
        let shown = mentions::name(name);
        let same =
            |before: &Range| Range { comment: after.comment.clone(), ..before.clone() } == *after;
        let replaced = before.filter(|it| !same(it));
        if !before.is_some_and(same) {
            let change = if before.is_some() { Change::Alter } else { Change::Add };
            let spoken = |name: &Name| {
                let mut all = self.from.routines.iter();
                all.any(|(key, it)| {
                    mentions::mentions(&it.definition, name)
                        || mentions::mentions(&key.arguments, name)
                })
            };
            if replaced.is_some() && (is_used(self.from, name) || spoken(name)) {
                let why = "PostgreSQL can't change a range type, and this one is in use";
                self.cannot(change, "range type", name, why);
                return;
            }
            if after.canonical.is_some() {
                let why = "its canonical function needs the type before the type has it";
                self.cannot(change, "range type", name, why);
                return;
            }
            if replaced.is_some() {
                self.step(Phase::DropAnew, format!("DROP TYPE {shown}"));
            }
            let function = |it: &String| it.split('(').next().unwrap_or_default().to_owned();
            let difference = after.difference.as_ref().map(function);
            let own = Name::new(&*name.schema, multirange(&name.name));
            let named = Some(&after.multirange).filter(|it| **it != own).map(mentions::full);
            let option =
                |name: &str, value: Option<String>| value.map(|it| format!("{name} = {it}"));
            let options = [
                option("SUBTYPE", Some(after.subtype.clone())),
                option("SUBTYPE_OPCLASS", Some(after.operator_class.clone())),
                option("COLLATION", after.collation.clone()),
                option("SUBTYPE_DIFF", difference.clone()),
                option("MULTIRANGE_TYPE_NAME", named),
            ];
            let options: Vec<String> = options.into_iter().flatten().collect();
            // A function of the database comes first.
            let own = difference.is_some_and(|it| it.contains('.'));
            let phase = if own { Phase::TypeParts } else { Phase::Types };
            let sql = format!("CREATE TYPE {shown} AS RANGE ({})", options.join(", "));
            self.step(phase, sql);
            self.made(ObjectName::of("type", name));
        }
        let before = before.filter(|it| same(it)).and_then(|it| it.comment.as_ref());
        self.comment(&format!("TYPE {shown}"), before, after.comment.as_ref());
    }
}

/// The name of a domain's NOT NULL.
fn not_null(name: &Name, it: &Domain) -> String {
    it.not_null_name.clone().unwrap_or_else(|| usual_name(&name.name, None, "not_null"))
}

/// How PostgreSQL calls the multirange of a range, unless it is told otherwise.
fn multirange(range: &str) -> String {
    match range.find("range") {
        Some(at) => format!("{}multirange{}", &range[..at], &range[at + "range".len()..]),
        None => mentions::derived(range, "_multirange"),
    }
}
