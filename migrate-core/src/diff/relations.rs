//! Tables and views as a whole, in an order in which they can be dropped and made.

use std::collections::BTreeSet;

use super::{Draft, Phase, words};
use crate::catalog::{Catalog, Change, Name, Relation, RelationKind};

impl Draft<'_> {
    pub(super) fn relations(&mut self) {
        let (from, to) = (self.from, self.to);
        let again = self.views_again();
        let mut dropped = BTreeSet::new();
        let mut made = BTreeSet::new();
        for name in from.relations.keys().chain(to.relations.keys()).collect::<BTreeSet<_>>() {
            match (from.relations.get(name), to.relations.get(name)) {
                (Some(before), Some(after))
                    if before.kind == after.kind && !again.contains(name) =>
                {
                    if before != after || self.touches(before) {
                        self.alter(name, before, after);
                    }
                }
                (before, after) => {
                    dropped.extend(before.map(|_| name));
                    made.extend(after.map(|_| name));
                }
            }
        }
        for name in sorted(from, &dropped).into_iter().rev() {
            self.drop_relation(name, &from.relations[name], &dropped);
        }
        for name in sorted(to, &made) {
            self.make_relation(name, &to.relations[name]);
        }
    }

    /// The views that stay but have to make way: they change, or what they show does.
    pub(super) fn views_again(&self) -> BTreeSet<Name> {
        let (from, to) = (self.from, self.to);
        let mut moved: BTreeSet<Name> = BTreeSet::new();
        for (name, before) in &from.relations {
            let after = to.relations.get(name);
            let moves = after.is_none_or(|after| {
                before.kind != after.kind
                    || is_view(after) && of_view(before) != of_view(after)
                    || before.columns.iter().any(|column| {
                        let same = after.columns.iter().find(|it| it.name == column.name);
                        same.is_none_or(|it| self.retypes(column, it))
                    })
            });
            if moves {
                moved.insert(name.clone());
            }
        }
        loop {
            let more: Vec<Name> = from
                .relations
                .iter()
                .filter(|(name, it)| is_view(it) && !moved.contains(name))
                .filter(|(_, it)| {
                    let definition = it.definition.as_deref().unwrap_or_default();
                    moved.iter().any(|name| words::mentions(definition, name))
                })
                .map(|(name, _)| name.clone())
                .collect();
            if more.is_empty() {
                break;
            }
            moved.extend(more);
        }
        let stays = |name: &Name| {
            let both = (from.relations.get(name), to.relations.get(name));
            matches!(both, (Some(before), Some(_)) if is_view(before))
        };
        moved.into_iter().filter(stays).collect()
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
        let sql = format!("DROP {} {shown}", keyword(it.kind));
        // A view of its name can stand there only when it is gone.
        let early = self.to.relations.contains_key(name);
        let phase = if early { Phase::DropIndexes } else { Phase::DropTables };
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
            if it.columns.iter().any(|column| column.default.is_some()) {
                self.cannot(Change::Alter, "view", name, "defaults of a view are not written");
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

/// What a view can't change without being made anew.
fn of_view(it: &Relation) -> impl PartialEq {
    (it.definition.clone(), it.options.clone(), it.tablespace.clone(), it.access_method.clone())
}

pub(super) fn keyword(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::Table | RelationKind::PartitionedTable => "TABLE",
        RelationKind::ForeignTable => "FOREIGN TABLE",
        RelationKind::View => "VIEW",
        RelationKind::MaterializedView => "MATERIALIZED VIEW",
    }
}

/// A view stands behind what it shows.
fn sorted<'n>(catalog: &Catalog, names: &BTreeSet<&'n Name>) -> Vec<&'n Name> {
    let mut left: Vec<&Name> = names.iter().copied().collect();
    let mut done: Vec<&Name> = Vec::new();
    while !left.is_empty() {
        let definition = |name: &Name| {
            catalog.relations.get(name).and_then(|it| it.definition.as_deref()).unwrap_or_default()
        };
        let free = |name: &&Name| {
            let text = definition(name);
            !left.iter().any(|other| other != name && words::mentions(text, other))
        };
        // A string may look like a mention, so a circle is possible.
        let at = left.iter().position(free).unwrap_or_default();
        done.push(left.remove(at));
    }
    done
}
