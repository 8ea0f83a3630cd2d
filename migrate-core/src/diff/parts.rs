//! What belongs to a table or a view: constraints, indexes, triggers, rules, policies.

use super::relations::{is_view, keyword};
use super::{Draft, Phase, words};
use crate::catalog::{Change, Constraint, Index, Name, Policy, Relation};

impl Draft<'_> {
    /// Is an index or a constraint of the table made anew, because of a type that is?
    pub(super) fn touches(&self, it: &Relation) -> bool {
        let referred = |name: &Name| self.rekeyed(name);
        it.columns.iter().any(|column| self.retypes(column, column))
            || it.constraints.values().any(|it| it.references.as_ref().is_some_and(referred))
    }

    fn retyped_in(&self, definition: &str) -> bool {
        self.retyped.iter().any(|name| words::mentions(definition, name))
    }

    /// Does a key of the table change, so that foreign keys have to let go of it?
    fn rekeyed(&self, table: &Name) -> bool {
        let both = (self.from.relations.get(table), self.to.relations.get(table));
        let (Some(before), Some(after)) = both else { return false };
        before.constraints.iter().any(|(name, it)| {
            let key = matches!(it.kind.as_str(), "primary key" | "unique");
            key && after.constraints.get(name).is_none_or(|new| new.definition != it.definition)
        })
    }

    pub(super) fn parts(&mut self, name: &Name, before: Option<&Relation>, after: &Relation) {
        let shown = words::name(name);
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
        if before.and_then(|it| it.replica_identity.clone()) != after.replica_identity {
            let to = match after.replica_identity.as_deref() {
                None => "DEFAULT".to_owned(),
                Some(it) => match it.strip_prefix("index ") {
                    Some(index) => format!("USING INDEX {}", words::ident(index)),
                    None => it.to_uppercase(),
                },
            };
            self.step(Phase::Parts, format!("{table} REPLICA IDENTITY {to}"));
        }
        let before = before.and_then(|it| it.comment.as_ref());
        let on = format!("{} {shown}", keyword(after.kind));
        self.comment(&on, before, after.comment.as_ref());
    }

    fn constraints(&mut self, name: &Name, before: Option<&Relation>, after: &Relation) {
        let shown = words::name(name);
        let same = |this: &Self, a: &Constraint, b: &Constraint| {
            a.definition == b.definition
                && !this.retyped_in(&a.definition)
                && !a.references.as_ref().is_some_and(|to| this.rekeyed(to))
        };
        for (key, it) in before.iter().flat_map(|it| &it.constraints).filter(|(_, it)| it.local) {
            let stays = after.constraints.get(key).is_some_and(|new| same(self, it, new));
            if !stays {
                let phase = match it.kind.as_str() {
                    "foreign key" => Phase::DropForeignKeys,
                    _ => Phase::DropConstraints,
                };
                let key = words::ident(key);
                self.step(phase, format!("ALTER TABLE {shown} DROP CONSTRAINT {key}"));
            }
        }
        for (key, it) in after.constraints.iter().filter(|(_, it)| it.local) {
            let old = before.and_then(|before| before.constraints.get(key));
            let old = old.filter(|old| same(self, old, it));
            let key = words::ident(key);
            if old.is_none() {
                let phase = match it.kind.as_str() {
                    "foreign key" => Phase::ForeignKeys,
                    _ => Phase::Constraints,
                };
                let definition = &it.definition;
                let sql = format!("ALTER TABLE {shown} ADD CONSTRAINT {key} {definition}");
                self.step(phase, sql);
            }
            let before = old.and_then(|it| it.comment.as_ref());
            let on = format!("CONSTRAINT {key} ON {shown}");
            self.comment(&on, before, it.comment.as_ref());
        }
    }

    fn indexes(&mut self, table: &Name, before: Option<&Relation>, after: &Relation) {
        let same = |this: &Self, a: &Index, b: &Index| {
            a.definition == b.definition
                && a.constraint == b.constraint
                && !this.retyped_in(&a.definition)
        };
        let own = |it: &Index| it.constraint.is_none() && it.part_of.is_none();
        let shown = |index: &String| words::name(&Name::new(&*table.schema, index));
        for (name, it) in before.iter().flat_map(|it| &it.indexes).filter(|(_, it)| own(it)) {
            let stays = after.indexes.get(name).is_some_and(|new| same(self, it, new));
            if !stays {
                self.step(Phase::DropIndexes, format!("DROP INDEX {}", shown(name)));
            }
        }
        for (name, it) in &after.indexes {
            let old = before.and_then(|before| before.indexes.get(name));
            let old = old.filter(|old| same(self, old, it));
            if old.is_none() && own(it) {
                let phase = if is_view(after) { Phase::Parts } else { Phase::Indexes };
                self.step(phase, it.definition.clone());
            }
            let rest = |it: &Index| {
                let Index { valid, tablespace, statistics, part_of, .. } = it.clone();
                (valid, tablespace, statistics, part_of)
            };
            let plain = (true, None, Vec::new(), None);
            if old.map_or(plain, rest) != rest(it) {
                let why = "this kind of change is not written";
                self.cannot(Change::Alter, "index", shown(name), why);
            }
            if old.is_some_and(|it| it.clustered) != it.clustered {
                let to = match it.clustered {
                    true => format!("CLUSTER ON {}", words::ident(name)),
                    false => "SET WITHOUT CLUSTER".to_owned(),
                };
                self.step(Phase::Parts, format!("ALTER TABLE {} {to}", words::name(table)));
            }
            let before = old.and_then(|it| it.comment.as_ref());
            self.comment(&format!("INDEX {}", shown(name)), before, it.comment.as_ref());
        }
    }

    /// Triggers and rules.
    fn firing(&mut self, name: &Name, before: Option<&Relation>, after: &Relation) {
        let shown = words::name(name);
        let triggers = |it: &Relation| {
            let row = |(name, it): (&String, &crate::catalog::Trigger)| {
                let it = it.clone();
                ("TRIGGER", name.clone(), it.definition, it.firing, it.inherited, it.comment)
            };
            it.triggers.iter().map(row).collect::<Vec<_>>()
        };
        let rules = |it: &Relation| {
            let row = |(name, it): (&String, &crate::catalog::Rule)| {
                let it = it.clone();
                ("RULE", name.clone(), it.definition, it.firing, false, it.comment)
            };
            it.rules.iter().map(row).collect::<Vec<_>>()
        };
        let all = |it: &Relation| [triggers(it), rules(it)].concat();
        let (old, new) = (before.map(all).unwrap_or_default(), all(after));
        for (kind, part, definition, _, inherited, _) in &old {
            let stays = new.iter().any(|it| it.0 == *kind && it.1 == *part && it.2 == *definition);
            if !stays && !inherited {
                let sql = format!("DROP {kind} {} ON {shown}", words::ident(part));
                self.step(Phase::DropParts, sql);
            }
            if !stays && *inherited {
                let part = words::ident(part);
                let sql = format!("ALTER TABLE {shown} ENABLE TRIGGER {part}");
                self.step(Phase::Comments, sql);
            }
        }
        for (kind, part, definition, firing, inherited, comment) in &new {
            let mut same = old.iter();
            let same = same.find(|it| it.0 == *kind && it.1 == *part && it.2 == *definition);
            if same.is_none() && !inherited {
                self.step(Phase::Parts, definition.trim_end_matches(';'));
            }
            let part = words::ident(part);
            if same.and_then(|it| it.3.as_ref()) != firing.as_ref() {
                let to = match firing.as_deref() {
                    None => "ENABLE",
                    Some("disabled") => "DISABLE",
                    Some("replica") => "ENABLE REPLICA",
                    Some(_) => "ENABLE ALWAYS",
                };
                let sql = format!("ALTER TABLE {shown} {to} {kind} {part}");
                self.step(Phase::Comments, sql);
            }
            let before = same.and_then(|it| it.5.as_ref());
            self.comment(&format!("{kind} {part} ON {shown}"), before, comment.as_ref());
        }
        if is_view(after) && new.iter().any(|it| it.3.is_some()) {
            self.cannot(Change::Alter, "view", name, "switched rules of views are not written");
        }
    }

    fn policies(&mut self, name: &Name, before: Option<&Relation>, after: &Relation) {
        let shown = words::name(name);
        let same =
            |a: &Policy, b: &Policy| Policy { comment: b.comment.clone(), ..a.clone() } == *b;
        for (policy, it) in before.iter().flat_map(|it| &it.policies) {
            if !after.policies.get(policy).is_some_and(|new| same(it, new)) {
                let sql = format!("DROP POLICY {} ON {shown}", words::ident(policy));
                self.step(Phase::DropParts, sql);
            }
        }
        for (policy, it) in &after.policies {
            let old = before.and_then(|before| before.policies.get(policy));
            let old = old.filter(|old| same(old, it));
            let policy = words::ident(policy);
            if old.is_none() {
                let kind = if it.permissive { "" } else { " AS RESTRICTIVE" };
                let roles = if it.roles == ["public"] {
                    "PUBLIC".to_owned()
                } else {
                    words::list(&it.roles)
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
