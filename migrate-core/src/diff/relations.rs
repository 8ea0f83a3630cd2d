//! Tables and views as a whole, in an order in which they can be dropped and made.

use std::collections::BTreeSet;

use super::order::sorted;
use super::{Draft, Phase, words};
use crate::catalog::{Catalog, Change, Name, Relation, RelationKind};

impl Draft<'_> {
    pub(super) fn relations(&mut self) {
        let (from, to) = (self.from, self.to);
        let mut dropped = BTreeSet::new();
        let mut made = BTreeSet::new();
        for name in from.relations.keys().chain(to.relations.keys()).collect::<BTreeSet<_>>() {
            match (from.relations.get(name), to.relations.get(name)) {
                (Some(before), Some(after))
                    if before.kind == after.kind && !self.anew.views.contains(name) =>
                {
                    self.alter(name, before, after);
                }
                (before, after) => {
                    dropped.extend(before.map(|_| name));
                    made.extend(after.map(|_| name));
                }
            }
        }
        for name in in_order(from, &dropped).into_iter().rev() {
            self.drop_relation(name, &from.relations[name], &dropped);
        }
        for name in in_order(to, &made) {
            self.make_relation(name, &to.relations[name]);
        }
    }

    fn drop_relation(&mut self, name: &Name, it: &Relation, dropped: &BTreeSet<&Name>) {
        let shown = words::name(name);
        if is_view(it) {
            self.step(Phase::DropViews, format!("DROP {} {shown}", keyword(it.kind)));
            return;
        }
        // Tables can refer to each other in a circle, or to a key that goes before the tables do.
        for (key, constraint) in &it.constraints {
            let other = constraint.references.as_ref().filter(|to| *to != name);
            if other.is_some_and(|to| dropped.contains(to)) || self.rekeyed(constraint) {
                let key = words::ident(key);
                let sql = format!("ALTER TABLE {shown} DROP CONSTRAINT {key}");
                self.step(Phase::DropForeignKeys, sql);
            }
        }
        // What its rules and policies show can be gone before it is.
        let other = |text: &str| {
            let mut relations = self.from.relations.keys().filter(|other| *other != name);
            relations.any(|other| words::mentions(text, other))
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
            let part = words::ident(part);
            self.step(Phase::DropParts, format!("DROP {kind} {part} ON {shown}"));
        }
        let sql = format!("DROP {} {shown}", keyword(it.kind));
        // Something of its name can stand there only when it is gone, and a function that it calls
        // can be made anew only then.
        let defaults = it.columns.iter().filter_map(|it| it.default.as_ref());
        let checks = it.constraints.values().map(|it| &it.definition);
        let triggers = it.triggers.values().map(|it| &it.definition);
        let indexes = it.indexes.values().map(|it| &it.definition);
        let mut texts = defaults.chain(checks).chain(triggers).chain(indexes);
        let early = self.to.relations.contains_key(name) || texts.any(|it| self.anew.has(it));
        let phase = if early { Phase::DropTablesFirst } else { Phase::DropTables };
        self.losing(phase, sql, format!("the table {shown}"));
    }

    fn make_relation(&mut self, name: &Name, it: &Relation) {
        let shown = words::name(name);
        let plain = it.inherits.is_empty() && it.of_type.is_none();
        let method = it.access_method.as_deref().is_none_or(|method| method == "heap");
        if !plain || !method || it.tablespace.is_some() || it.kind == RelationKind::ForeignTable {
            self.cannot(Change::Add, it.kind.word(), name, "tables of this sort are not written");
            return;
        }
        let with = match it.options.as_slice() {
            [] => String::new(),
            options => format!(" WITH ({})", words::options(options)),
        };
        if is_view(it) {
            let definition = it.definition.as_deref().unwrap_or_default().trim();
            let definition = definition.trim_end_matches(';');
            let sql = format!("CREATE {} {shown}{with} AS\n{definition}", keyword(it.kind));
            self.step(Phase::Views, sql);
            for column in &it.columns {
                self.view_default(name, None, column);
            }
        } else {
            let unlogged = if it.unlogged { "UNLOGGED " } else { "" };
            let columns: Vec<String> = it
                .columns
                .iter()
                .map(|column| format!("\n    {}", self.column(name, column)))
                .collect();
            let parted = it.partition_key.as_ref();
            let parted = parted.map_or_else(String::new, |key| format!(" PARTITION BY {key}"));
            let columns = match columns.as_slice() {
                [] => "()".to_owned(),
                columns => format!("({}\n)", columns.join(",")),
            };
            self.step(
                Phase::Tables,
                format!("CREATE {unlogged}TABLE {shown} {columns}{parted}{with}"),
            );
        }
        for column in &it.columns {
            self.column_settings(name, None, column);
        }
        self.parts(name, None, it);
    }

    fn alter(&mut self, name: &Name, before: &Relation, after: &Relation) {
        let same = before.inherits == after.inherits
            && before.bound == after.bound
            && before.partition_key == after.partition_key
            && before.of_type == after.of_type
            && before.access_method == after.access_method
            && before.tablespace == after.tablespace
            && before.server == after.server
            && before.server_options == after.server_options;
        if !same {
            self.cannot(
                Change::Alter,
                after.kind.word(),
                name,
                "this kind of change is not written",
            );
        }
        let table = format!("ALTER {} {}", keyword(after.kind), words::name(name));
        if before.unlogged != after.unlogged {
            let to = if after.unlogged { "UNLOGGED" } else { "LOGGED" };
            self.step(Phase::Columns, format!("{table} SET {to}"));
        }
        let key = |option: &String| option.split('=').next().unwrap_or_default().to_owned();
        let keys: BTreeSet<String> = after.options.iter().map(key).collect();
        let gone: Vec<String> =
            before.options.iter().map(key).filter(|key| !keys.contains(key)).collect();
        let set: Vec<String> =
            after.options.iter().filter(|it| !before.options.contains(it)).cloned().collect();
        if !gone.is_empty() {
            self.step(Phase::Columns, format!("{table} RESET ({})", gone.join(", ")));
        }
        if !set.is_empty() {
            self.step(Phase::Columns, format!("{table} SET ({})", words::options(&set)));
        }
        self.columns(name, before, after);
        self.parts(name, Some(before), after);
    }
}

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

/// A view stands behind what it shows, a partition behind the table that it is a part of.
fn in_order<'n>(catalog: &Catalog, names: &BTreeSet<&'n Name>) -> Vec<&'n Name> {
    sorted(names.iter().copied().collect(), |name, other| {
        catalog.relations.get(*name).is_some_and(|it| {
            it.inherits.contains(other)
                || it.definition.as_ref().is_some_and(|text| words::mentions(text, other))
        })
    })
}
