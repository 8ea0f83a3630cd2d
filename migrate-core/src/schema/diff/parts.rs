//! Writes what belongs to a table or a view: triggers, rules, policies and similar objects.

use std::collections::BTreeSet;

use super::relations::{is_view, keyword};
use super::{Draft, Phase, mentions};
use crate::schema::catalog::{Catalog, Change, Name, Policy, Relation, Rule, Trigger};

impl Draft<'_> {
    pub(super) fn parts(&mut self, name: &Name, before: Option<&Relation>, after: &Relation) {
        let shown = mentions::name(name);
        let table = format!("ALTER {} {shown}", keyword(after.kind));
        self.constraints(name, before, after);
        self.indexes(name, before, after);
        self.firing(name, before, after);
        self.policies(name, before, after);
        let was = |flag: fn(&Relation) -> bool| before.is_some_and(flag);
        if was(|it| it.row_security) != after.row_security {
            let to = if after.row_security { "ENABLE" } else { "DISABLE" };
            self.step(Phase::Parts, format!("{table} {to} ROW LEVEL SECURITY"));
        }
        if was(|it| it.force_row_security) != after.force_row_security {
            let to = if after.force_row_security { "FORCE" } else { "NO FORCE" };
            self.step(Phase::Parts, format!("{table} {to} ROW LEVEL SECURITY"));
        }
        self.replica_identity(name, before, after);
        let depended = before.map(|it| it.depends_on.clone()).unwrap_or_default();
        let of = format!("{} {shown}", keyword(after.kind));
        self.dependence(&of, &depended, &after.depends_on);
        let before = before.and_then(|it| it.comment.as_ref());
        self.comment(&of, before, after.comment.as_ref());
    }

    /// What identifies a row for replication.
    fn replica_identity(&mut self, name: &Name, before: Option<&Relation>, after: &Relation) {
        let table =
            format!("ALTER {} {} REPLICA IDENTITY", keyword(after.kind), mentions::name(name));
        let index = |it: &Relation| {
            let identity = it.replica_identity.as_deref()?;
            identity.strip_prefix("index ").map(str::to_owned)
        };
        let (was, is) = (before.and_then(index), index(after));
        // An index that is recreated takes it along.
        let rebuilt = before
            .zip(is.as_ref())
            .is_some_and(|(before, index)| !self.recreated.keeps_index(name, before, after, index));
        let changes =
            before.and_then(|it| it.replica_identity.as_ref()) != after.replica_identity.as_ref();
        if !changes && !rebuilt {
            return;
        }
        // The columns of an index that goes on may be null only then.
        let leaves = was.is_some_and(|was| changes && after.indexes.contains_key(&was));
        if leaves && is.is_some() {
            self.step(Phase::DropParts, format!("{table} DEFAULT"));
        }
        let to = match (is, after.replica_identity.as_deref()) {
            (Some(index), _) => format!("USING INDEX {}", mentions::ident(&index)),
            (None, Some(other)) => other.to_uppercase(),
            (None, None) => "DEFAULT".to_owned(),
        };
        let phase =
            if leaves && !to.starts_with("USING") { Phase::DropParts } else { Phase::Parts };
        self.step(phase, format!("{table} {to}"));
    }

    /// Triggers and rules.
    fn firing(&mut self, name: &Name, before: Option<&Relation>, after: &Relation) {
        let shown = mentions::name(name);
        let (old, new) = (before.map(Firing::all).unwrap_or_default(), Firing::all(after));
        for Firing { kind, name: part, definition, .. } in &old {
            let stays = new.iter().any(|it| it.is(kind, part) && it.definition == *definition);
            if !stays || self.recreated.frees(name, definition) {
                let sql = format!("DROP {kind} {} ON {shown}", mentions::ident(part));
                self.step(Phase::DropParts, sql);
            }
        }
        for Firing { kind, name: part, definition, firing, depends_on, comment } in &new {
            let same = old.iter().find(|it| it.is(kind, part) && it.definition == *definition);
            let same = same.filter(|_| !self.recreated.frees(name, definition));
            if same.is_none() {
                self.step(Phase::Parts, definition.trim_end_matches(';'));
            }
            let part = mentions::ident(part);
            if same.and_then(|it| it.firing.as_ref()) != firing.as_ref() {
                let sql = switch(&shown, &format!("{kind} {part}"), firing.as_deref());
                self.step(Phase::Comments, sql);
            }
            let of = format!("{kind} {part} ON {shown}");
            let depended = same.map(|it| &*it.depends_on).unwrap_or_default();
            self.dependence(&of, depended, depends_on);
            self.comment(&of, same.and_then(|it| it.comment.as_ref()), comment.as_ref());
        }
        self.copies(name, before, after);
        if is_view(after) && new.iter().any(|it| it.firing.is_some()) {
            self.cannot(Change::Alter, "view", name, "switched rules of views are not written");
        }
    }

    /// The copies of a partitioned table's triggers, which can be switched otherwise. A switch there is one for all
    /// partitions.
    fn copies(&mut self, name: &Name, before: Option<&Relation>, after: &Relation) {
        let copies = |it: &Relation| -> BTreeSet<String> {
            it.triggers.iter().filter(|(_, it)| it.inherited).map(|(key, _)| key.clone()).collect()
        };
        let mut all = copies(after);
        all.extend(before.map(copies).unwrap_or_default());
        let Some(parent) = after.inherits.first().filter(|_| after.bound.is_some()) else { return };
        for key in all {
            let Some((root, trigger)) = original(self.to, name, &key) else { continue };
            let old = original(self.from, name, &key);
            let remade = old.is_none_or(|(_, old)| {
                old.definition != trigger.definition || self.recreated.frees(root, &old.definition)
            });
            let above = |catalog| state(catalog, parent, &key);
            let given = match before.filter(|_| !remade && above(self.from) == above(self.to)) {
                Some(_) => state(self.from, name, &key),
                None => above(self.to),
            };
            let wanted = state(self.to, name, &key);
            if given != wanted {
                let what = format!("TRIGGER {}", mentions::ident(&key));
                self.step(Phase::Copies, switch(&mentions::name(name), &what, wanted));
            }
        }
    }

    fn policies(&mut self, name: &Name, before: Option<&Relation>, after: &Relation) {
        let shown = mentions::name(name);
        let same = |this: &Self, a: &Policy, b: &Policy| {
            let frees = |text: &Option<String>| {
                text.as_ref().is_some_and(|text| this.recreated.frees(name, text))
            };
            let frees = frees(&a.using) || frees(&a.check);
            Policy { comment: b.comment.clone(), ..a.clone() } == *b && !frees
        };
        for (policy, it) in before.iter().flat_map(|it| &it.policies) {
            if !after.policies.get(policy).is_some_and(|new| same(self, it, new)) {
                let sql = format!("DROP POLICY {} ON {shown}", mentions::ident(policy));
                self.step(Phase::DropParts, sql);
            }
        }
        for (policy, it) in &after.policies {
            let old = before.and_then(|before| before.policies.get(policy));
            let old = old.filter(|old| same(self, old, it));
            let policy = mentions::ident(policy);
            if old.is_none() {
                let kind = if it.permissive { "" } else { " AS RESTRICTIVE" };
                let roles = if it.roles == ["public"] {
                    "PUBLIC".to_owned()
                } else {
                    mentions::list(&it.roles)
                };
                let command = it.command.to_uppercase();
                let clause = |word: &str, text: &Option<String>| {
                    text.as_ref().map_or_else(String::new, |text| format!(" {word} ({text})"))
                };
                let (using, check) = (clause("USING", &it.using), clause("WITH CHECK", &it.check));
                let sql = format!(
                    "CREATE POLICY {policy} ON {shown}{kind} FOR {command} TO {roles}{using}{check}"
                );
                self.step(Phase::Parts, sql);
            }
            let before = old.and_then(|it| it.comment.as_ref());
            self.comment(&format!("POLICY {policy} ON {shown}"), before, it.comment.as_ref());
        }
    }
}

/// A trigger or a rule of a table.
struct Firing {
    kind: &'static str,
    name: String,
    definition: String,
    firing: Option<String>,
    depends_on: Vec<String>,
    comment: Option<String>,
}

impl Firing {
    fn all(of: &Relation) -> Vec<Self> {
        let triggers = of.triggers.iter().filter(|(_, it)| !it.inherited).map(|(name, it)| {
            let Trigger { definition, firing, depends_on, comment, .. } = it.clone();
            Firing { kind: "TRIGGER", name: name.clone(), definition, firing, depends_on, comment }
        });
        let rules = of.rules.iter().map(|(name, it)| {
            let (Rule { definition, firing, comment }, depends_on) = (it.clone(), Vec::new());
            Firing { kind: "RULE", name: name.clone(), definition, firing, depends_on, comment }
        });
        triggers.chain(rules).collect()
    }

    fn is(&self, kind: &str, name: &str) -> bool {
        self.kind == kind && self.name == name
    }
}

/// The trigger that one of a partition is a copy of, and its table.
fn original<'c>(
    catalog: &'c Catalog,
    table: &'c Name,
    key: &str,
) -> Option<(&'c Name, &'c Trigger)> {
    let it = catalog.relations.get(table)?;
    match it.triggers.get(key).filter(|it| !it.inherited) {
        Some(found) => Some((table, found)),
        None => original(catalog, it.inherits.first().filter(|_| it.bound.is_some())?, key),
    }
}

/// How a trigger of a table fires: a copy fires as the one above it, unless it is told.
fn state<'c>(catalog: &'c Catalog, table: &'c Name, key: &str) -> Option<&'c str> {
    let it = catalog.relations.get(table)?;
    match it.triggers.get(key) {
        Some(found) => found.firing.as_deref(),
        None => state(catalog, it.inherits.first().filter(|_| it.bound.is_some())?, key),
    }
}

/// How a trigger or a rule is to fire.
fn switch(table: &str, what: &str, firing: Option<&str>) -> String {
    let to = match firing {
        None => "ENABLE",
        Some("disabled") => "DISABLE",
        Some("replica") => "ENABLE REPLICA",
        Some(_) => "ENABLE ALWAYS",
    };
    format!("ALTER TABLE {table} {to} {what}")
}
