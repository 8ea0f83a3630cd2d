//! What belongs to a table or a view: triggers, rules, policies and the like.

use super::relations::{is_view, keyword};
use super::{Draft, Phase, words};
use crate::schema::catalog::{Change, Name, Policy, Relation};

impl Draft<'_> {
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
        self.replica_identity(name, before, after);
        let before = before.and_then(|it| it.comment.as_ref());
        let on = format!("{} {shown}", keyword(after.kind));
        self.comment(&on, before, after.comment.as_ref());
    }

    /// What identifies a row for replication.
    fn replica_identity(&mut self, name: &Name, before: Option<&Relation>, after: &Relation) {
        let table = format!("ALTER {} {} REPLICA IDENTITY", keyword(after.kind), words::name(name));
        let index = |it: &Relation| {
            let identity = it.replica_identity.as_deref()?;
            identity.strip_prefix("index ").map(str::to_owned)
        };
        let (was, is) = (before.and_then(index), index(after));
        // An index that is recreated takes it along.
        let rebuilt = before
            .zip(is.as_ref())
            .is_some_and(|(before, index)| !self.anew.keeps_index(name, before, after, index));
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
            (Some(index), _) => format!("USING INDEX {}", words::ident(&index)),
            (None, Some(other)) => other.to_uppercase(),
            (None, None) => "DEFAULT".to_owned(),
        };
        let phase =
            if leaves && !to.starts_with("USING") { Phase::DropParts } else { Phase::Parts };
        self.step(phase, format!("{table} {to}"));
    }

    /// Triggers and rules.
    fn firing(&mut self, name: &Name, before: Option<&Relation>, after: &Relation) {
        let shown = words::name(name);
        let triggers = |it: &Relation| {
            let row = |(name, it): (&String, &crate::schema::catalog::Trigger)| {
                let it = it.clone();
                ("TRIGGER", name.clone(), it.definition, it.firing, it.inherited, it.comment)
            };
            it.triggers.iter().map(row).collect::<Vec<_>>()
        };
        let rules = |it: &Relation| {
            let row = |(name, it): (&String, &crate::schema::catalog::Rule)| {
                let it = it.clone();
                ("RULE", name.clone(), it.definition, it.firing, false, it.comment)
            };
            it.rules.iter().map(row).collect::<Vec<_>>()
        };
        let all = |it: &Relation| [triggers(it), rules(it)].concat();
        let (old, new) = (before.map(all).unwrap_or_default(), all(after));
        for (kind, part, definition, _, inherited, _) in &old {
            let stays = new.iter().any(|it| it.0 == *kind && it.1 == *part && it.2 == *definition);
            let stays = stays && !self.anew.frees(name, definition);
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
            let same = same.filter(|_| !self.anew.frees(name, definition));
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
        let same = |this: &Self, a: &Policy, b: &Policy| {
            let frees = |text: &Option<String>| {
                text.as_ref().is_some_and(|text| this.anew.frees(name, text))
            };
            let frees = frees(&a.using) || frees(&a.check);
            Policy { comment: b.comment.clone(), ..a.clone() } == *b && !frees
        };
        for (policy, it) in before.iter().flat_map(|it| &it.policies) {
            if !after.policies.get(policy).is_some_and(|new| same(self, it, new)) {
                let sql = format!("DROP POLICY {} ON {shown}", words::ident(policy));
                self.step(Phase::DropParts, sql);
            }
        }
        for (policy, it) in &after.policies {
            let old = before.and_then(|before| before.policies.get(policy));
            let old = old.filter(|old| same(self, old, it));
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
