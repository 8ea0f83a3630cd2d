//! Writes whole tables and views, in an order in which they can be dropped and created.

use std::collections::BTreeSet;

use super::online_phase::taken;
use super::order::sorted;
use super::view_order::{Item, in_order};
use super::{Draft, Phase, Step, mentions};
use crate::schema::catalog::{Change, Column, Constraint, Name, Relation, RelationKind};

impl Draft<'_> {
    pub(super) fn relations(&mut self) {
        let (from, to) = (self.from, self.to);
        let mut dropped = BTreeSet::new();
        let mut made = BTreeSet::new();
        let fixed = self.parted_otherwise();
        let mut staying: Vec<Name> = self.staying().into_iter().cloned().collect();
        staying.retain(|name| !fixed.contains(name));
        for name in from.relations.keys().chain(to.relations.keys()).collect::<BTreeSet<_>>() {
            if !staying.contains(name) && !fixed.contains(name) {
                dropped.extend(from.relations.contains_key(name).then_some(name));
                made.extend(to.relations.contains_key(name).then_some(name));
            }
        }
        for name in &staying {
            if let (Some(before), Some(after)) = (from.relations.get(name), to.relations.get(name))
            {
                self.alter(name, before, after);
            }
        }
        self.persistence(&staying);
        for item in in_order(from, &dropped, &self.gone_with_views()).into_iter().rev() {
            match item {
                Item::Relation(name) => self.drop_relation(name, &from.relations[name], &dropped),
                Item::Routine(name, it) => self.drop_routine(name, it, Phase::DropViews),
            }
        }
        let replaced = staying.iter().filter(|name| self.is_replaced(name));
        let all = made.iter().copied().chain(replaced).collect();
        let mut last = None;
        for item in in_order(to, &all, &self.made_with_views()) {
            let first = self.steps.len();
            match item {
                Item::Relation(name) if made.contains(name) => {
                    self.make_relation(name, &to.relations[name]);
                    last = Some(name);
                }
                Item::Relation(name) => {
                    let sql = view(name, &to.relations[name], "CREATE OR REPLACE VIEW");
                    self.step(Phase::Views, sql);
                    last = Some(name);
                }
                Item::Routine(name, it) => self.make_routine(name, it, Phase::Views),
            }
            if let Some(name) = last {
                self.about(first, name);
            }
        }
    }

    /// Does a view that stays get another query?
    fn is_replaced(&self, name: &Name) -> bool {
        let both = (self.from.relations.get(name), self.to.relations.get(name));
        matches!(both, (Some(before), Some(after)) if before.definition != after.definition)
    }

    /// Tables that become logged or unlogged. One that is logged can't refer to one that is not.
    fn persistence(&mut self, staying: &[Name]) {
        let (from, to) = (self.from, self.to);
        let changed = staying.iter().filter_map(|name| {
            let (before, after) = (from.relations.get(name)?, to.relations.get(name)?);
            (before.unlogged != after.unlogged).then_some((name, before, after))
        });
        let refers = |it: &Relation, other: &Name| {
            let to_other = |it: &Constraint| it.references.as_ref() == Some(other);
            it.constraints.values().any(to_other)
        };
        let changed =
            sorted(changed.collect(), |(name, it, after), (other, theirs, _)| {
                match after.unlogged {
                    false => refers(it, other),
                    true => refers(theirs, name),
                }
            });
        for (name, _, after) in changed {
            let to = if after.unlogged { "UNLOGGED" } else { "LOGGED" };
            let sql = format!("ALTER {} {} SET {to}", keyword(after.kind), mentions::name(name));
            self.careful(Phase::Columns, sql, Some(REWRITES.to_owned()));
        }
    }

    /// The tables that are partitioned by something else now, and their partitions: they are one thing to do by hand.
    fn parted_otherwise(&mut self) -> BTreeSet<Name> {
        let (from, to) = (self.from, self.to);
        let both = to
            .relations
            .iter()
            .filter_map(|(name, it)| Some((name, from.relations.get(name)?, it)));
        let moved = both.filter(|(_, before, after)| {
            before.kind == after.kind && before.partition_key != after.partition_key
        });
        let mut found: BTreeSet<Name> = moved.map(|(name, ..)| name.clone()).collect();
        for name in &found {
            let why = "PostgreSQL can't change the partition key of a table: make a new table, move the rows, and rename it";
            self.cannot(Change::Alter, RelationKind::PartitionedTable.word(), name, why);
        }
        loop {
            let all = from.relations.iter().chain(&to.relations);
            let parts = all.filter(|(name, it)| {
                it.bound.is_some()
                    && it.inherits.iter().any(|it| found.contains(it))
                    && !found.contains(*name)
            });
            let parts: Vec<Name> = parts.map(|(name, _)| name.clone()).collect();
            if parts.is_empty() {
                return found;
            }
            found.extend(parts);
        }
    }

    fn drop_relation(&mut self, name: &Name, it: &Relation, dropped: &BTreeSet<&Name>) {
        let shown = mentions::name(name);
        if is_view(it) {
            self.step(Phase::DropViews, format!("DROP {} {shown}", keyword(it.kind)));
            return;
        }
        // Tables can refer to each other in a circle, or to a key that goes before the tables do.
        for (key, constraint) in &it.constraints {
            let other = constraint.references.as_ref().filter(|to| *to != name);
            if constraint.inherited {
                continue;
            }
            if other.is_some_and(|to| dropped.contains(to)) || self.rekeyed(constraint) {
                let key = mentions::ident(key);
                let sql = format!("ALTER TABLE {shown} DROP CONSTRAINT {key}");
                self.step(Phase::DropForeignKeys, sql);
            }
        }
        // What its rules and policies show can be gone before it is.
        let other = |text: &str| {
            let mut relations = self.from.relations.keys().filter(|other| *other != name);
            relations.any(|other| mentions::mentions(text, other))
        };
        let rules = it.rules.iter().filter(|(_, it)| other(&it.definition));
        let policies = it.policies.iter().filter(|(_, it)| {
            other(it.using.as_deref().unwrap_or_default())
                || other(it.check.as_deref().unwrap_or_default())
        });
        let rules = rules.map(|(part, _)| ("RULE", part));
        for (kind, part) in
            rules.chain(policies.map(|(part, _)| ("POLICY", part))).collect::<Vec<_>>()
        {
            let part = mentions::ident(part);
            self.step(Phase::DropParts, format!("DROP {kind} {part} ON {shown}"));
        }
        let sql = format!("DROP {} {shown}", keyword(it.kind));
        let early = self.drops_first(name, dropped);
        let phase = if early { Phase::DropTablesFirst } else { Phase::DropTables };
        // The rows of a foreign table are elsewhere.
        let lost = it.kind != RelationKind::ForeignTable;
        let loses = lost.then(|| format!("the table {shown}"));
        self.steps.push((phase, Step { loses, ..Step::new(sql) }));
    }

    /// Does a table that goes have to make way for something?
    fn drops_first(&self, name: &Name, dropped: &BTreeSet<&Name>) -> bool {
        let gone = self.from.relations.get(name).filter(|_| dropped.contains(name));
        let Some(it) = gone else { return false };
        // Something of its name can stand there only when it is gone, and a function that it calls
        // can be recreated only then.
        let defaults = it.columns.iter().filter_map(|it| it.default.as_ref());
        let checks = it.constraints.values().map(|it| &it.definition);
        let triggers = it.triggers.values().map(|it| &it.definition);
        let indexes = it.indexes.values().map(|it| &it.definition);
        let rules = it.rules.values().map(|it| &it.definition);
        let policies = it.policies.values().flat_map(|it| it.using.iter().chain(&it.check));
        let texts = defaults.chain(checks).chain(triggers).chain(indexes);
        let mut texts = texts.chain(rules).chain(policies);
        // So can something with the name of one of its indexes or sequences.
        let named = |part: &String| taken(self.to, &Name::new(&*name.schema, part));
        let own = self
            .from
            .sequences
            .iter()
            .filter(|(_, it)| it.owned_by.as_ref().is_some_and(|(table, _)| table == name));
        self.to.relations.contains_key(name)
            // What inherits from it goes before it, and partitions would go with it.
            || it.inherits.iter().any(|parent| self.drops_first(parent, dropped))
            || it.indexes.keys().any(named)
            || own.map(|(name, _)| name).any(|it| taken(self.to, it))
            || texts.any(|it| self.recreated.has(it))
    }

    fn make_relation(&mut self, name: &Name, it: &Relation) {
        let shown = mentions::name(name);
        self.made_relation(name);
        let (with, space) = storage(it);
        if is_view(it) {
            self.step(Phase::Views, view(name, it, &format!("CREATE {}", keyword(it.kind))));
            for column in &it.columns {
                self.view_default(name, None, column);
            }
        } else if it.kind == RelationKind::ForeignTable {
            self.foreign_table(name, it);
        } else {
            let unlogged = if it.unlogged { "UNLOGGED " } else { "" };
            let body = self.body(name, it);
            let parted = it.partition_key.as_ref();
            let parted = parted.map_or_else(String::new, |key| format!(" PARTITION BY {key}"));
            let sql = format!("CREATE {unlogged}TABLE {shown} {body}{parted}{with}{space}");
            let default = self.default_partition(it).filter(|_| !self.is_attached(it));
            let default = default.map(mentions::name);
            let scans = default
                .as_ref()
                .map(|it| format!("all rows of {it} are read while nobody can use it"));
            let caution = default.map(|it| format!("fails if a row of {it} belongs into {shown}"));
            self.steps.push((Phase::Tables, Step { scans, caution, ..Step::new(sql) }));
            if self.is_attached(it) {
                it.inherits.iter().for_each(|parent| self.join(parent, name, it));
            }
            if it.of_type.is_some() {
                self.steps.push((Phase::Attach, typed(&shown, it.of_type.as_ref())));
            }
        }
        if !it.inherits.is_empty() {
            let created = self.as_created(it);
            self.columns(name, &created, it);
            self.parts(name, None, it);
            return;
        }
        for column in &it.columns {
            self.column_settings(name, None, column);
        }
        self.parts(name, None, it);
    }

    /// A foreign table by itself, or as a partition.
    fn foreign_table(&mut self, name: &Name, it: &Relation) {
        let body = self.body(name, it);
        let server = mentions::ident(it.server.as_deref().unwrap_or_default());
        let options = match mentions::option_changes(&[], &it.server_options) {
            Some(options) => format!(" OPTIONS ({options})"),
            None => String::new(),
        };
        let shown = mentions::name(name);
        self.step(
            Phase::Tables,
            format!("CREATE FOREIGN TABLE {shown} {body} SERVER {server}{options}"),
        );
    }

    fn alter(&mut self, name: &Name, before: &Relation, after: &Relation) {
        self.fixed(name, before, after);
        let left = self.as_inherited(name, before, after);
        let table = format!("ALTER {} {}", keyword(after.kind), mentions::name(name));
        let key = |option: &String| option.split('=').next().unwrap_or_default().to_owned();
        let keys: BTreeSet<String> = after.options.iter().map(key).collect();
        let gone: Vec<String> =
            before.options.iter().map(key).filter(|key| !keys.contains(key)).collect();
        let set: Vec<String> =
            after.options.iter().filter(|it| !before.options.contains(it)).cloned().collect();
        // That of a view goes with its query.
        let replaced = self.is_replaced(name);
        if !gone.is_empty() && !replaced {
            self.step(Phase::Columns, format!("{table} RESET ({})", gone.join(", ")));
        }
        if !set.is_empty() && !replaced {
            self.step(Phase::Columns, format!("{table} SET ({})", mentions::options(&set)));
        }
        let left = follow_type(left, before, after);
        self.columns(name, &left, after);
        self.parts(name, Some(before), after);
    }
}

/// A table as the changes of the type that it is of leave it.
fn follow_type(mut left: Relation, before: &Relation, after: &Relation) -> Relation {
    if after.of_type.is_none() || before.of_type != after.of_type {
        return left;
    }
    let plain = |new: &Column| {
        let Column { name, data_type, collation, .. } = new.clone();
        let old = left.columns.iter().find(|it| it.name == new.name).cloned();
        let added = || Column {
            not_null: false,
            not_null_options: None,
            not_null_name: None,
            not_null_comment: None,
            default: None,
            storage: None,
            compression: None,
            statistics: None,
            options: Vec::new(),
            comment: None,
            ..new.clone()
        };
        Column { name, data_type, collation, ..old.unwrap_or_else(added) }
    };
    left.columns = after.columns.iter().map(plain).collect();
    left
}

/// The step for a typed table.
pub(super) fn typed(table: &str, of: Option<&String>) -> Step {
    match of {
        Some(kind) => Step::new(format!("ALTER TABLE {table} OF {kind}")),
        None => Step::new(format!("ALTER TABLE {table} NOT OF")),
    }
}

/// The statement that makes a view.
fn view(name: &Name, it: &Relation, create: &str) -> String {
    let (with, space) = storage(it);
    let definition = it.definition.as_deref().unwrap_or_default().trim();
    let definition = definition.trim_end_matches(';');
    format!("{create} {}{with}{space} AS\n{definition}", mentions::name(name))
}

/// How a table or a view is stored: the method with the options, and the tablespace.
fn storage(it: &Relation) -> (String, String) {
    let method = it.access_method.as_ref().filter(|method| *method != "heap");
    let method = method.map_or_else(String::new, |it| format!(" USING {}", mentions::ident(it)));
    let space = it.tablespace.as_ref();
    let space = space.map_or_else(String::new, |it| format!(" TABLESPACE {}", mentions::ident(it)));
    let with = match it.options.as_slice() {
        [] => String::new(),
        options => format!(" WITH ({})", mentions::options(options)),
    };
    (format!("{method}{with}"), space)
}

/// The comment above a change that rewrites all rows.
pub(super) const REWRITES: &str = "rewrites the table";

pub(super) fn is_view(it: &Relation) -> bool {
    matches!(it.kind, RelationKind::View | RelationKind::MaterializedView)
}

pub(super) fn keyword(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::Table | RelationKind::PartitionedTable => "TABLE",
        RelationKind::ForeignTable => "FOREIGN TABLE",
        RelationKind::View => "VIEW",
        RelationKind::MaterializedView => "MATERIALIZED VIEW",
    }
}
