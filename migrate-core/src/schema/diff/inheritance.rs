//! Handles partitions and tables that inherit: what comes from the parent is written for the parent alone.

use super::constraints::inline;
use super::relations::{is_view, keyword, typed};
use super::{Draft, Phase, Step, mentions};
use crate::schema::catalog::{Column, Name, Relation};

impl Draft<'_> {
    /// What `CREATE TABLE` says about the columns of a table, and where they come from.
    pub(super) fn body(&self, name: &Name, it: &Relation) -> String {
        let parent = it.inherits.first().and_then(|parent| self.to.relations.get(parent));
        if let (Some(bound), Some(parent)) = (&it.bound, it.inherits.first())
            && !self.is_attached(it)
        {
            return format!("PARTITION OF {} {bound}", mentions::name(parent));
        }
        let partition = it.bound.is_some() && parent.is_some();
        let own = it.columns.iter().filter(|it| it.local || partition);
        let columns = own.map(|column| self.column(name, column));
        let constraints = inline(it)
            .map(|(key, it)| format!("CONSTRAINT {} {}", mentions::ident(key), it.definition));
        let own: Vec<String> =
            columns.chain(constraints).map(|line| format!("\n    {line}")).collect();
        let own = match own.as_slice() {
            [] => "()".to_owned(),
            own => format!("({}\n)", own.join(",")),
        };
        if partition || it.inherits.is_empty() {
            return own;
        }
        let parents: Vec<String> = it.inherits.iter().map(mentions::name).collect();
        format!("{own} INHERITS ({})", parents.join(", "))
    }

    /// Are the columns of a partition in another order than its table's? Then it was a table first.
    pub(super) fn is_attached(&self, it: &Relation) -> bool {
        let parent = it.inherits.first().and_then(|parent| self.to.relations.get(parent));
        let names = |it: &Relation| it.columns.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
        it.bound.is_some() && parent.is_some_and(|parent| names(parent) != names(it))
    }

    /// A new table as its `CREATE TABLE` leaves it: it has what its parents have.
    pub(super) fn as_created(&self, it: &Relation) -> Relation {
        let mut created = it.clone();
        if it.inherits.is_empty() || self.is_attached(it) {
            return created;
        }
        for column in &mut created.columns {
            let parents = it.inherits.iter().filter_map(|parent| self.to.relations.get(parent));
            let mut theirs = parents.filter_map(|it| named(it, &column.name));
            if let Some(parent) = theirs.next().filter(|_| !column.local || it.bound.is_some()) {
                *column = Column {
                    comment: None,
                    not_null_name: None,
                    not_null_comment: None,
                    statistics: None,
                    options: Vec::new(),
                    server_options: Vec::new(),
                    // Before version 17, a partition does not inherit it.
                    identity: column.identity.clone(),
                    local: column.local,
                    inherited: true,
                    ..parent.clone()
                };
            }
        }
        created
    }

    /// A table that stays, as the changes of its parents leave it.
    pub(super) fn as_inherited(
        &mut self,
        name: &Name,
        before: &Relation,
        after: &Relation,
    ) -> Relation {
        let mut left = before.clone();
        let (leaves, joins) = moves(before, after);
        for parent in &before.inherits {
            let (old, new) = (self.from.relations.get(parent), self.to.relations.get(parent));
            let Some(old) = old else { continue };
            if leaves.contains(parent) {
                for column in &mut left.columns {
                    if named(old, &column.name).is_some() {
                        column.leave(name);
                    }
                }
            } else if let Some(new) = new {
                follow(&mut left, old, new);
            }
        }
        if after.bound.is_some() && leaves.is_empty() {
            for column in &mut left.columns {
                if let Some(after) = named(after, &column.name) {
                    column.identity.clone_from(&after.identity);
                }
            }
        }
        for parent in &leaves {
            self.step(Phase::LetGo, leave(parent, name, before));
        }
        for parent in joins {
            if let Some(new) = self.to.relations.get(&parent) {
                for column in &mut left.columns {
                    if named(new, &column.name).is_some() {
                        (column.inherited, column.local) = (true, after.bound.is_none());
                        // What a partition calls it makes no difference.
                        column.not_null_name.take_if(|_| after.bound.is_some());
                    }
                }
            }
            self.join(&parent, name, after);
        }
        left
    }

    /// A table becomes a child of another one.
    pub(super) fn join(&mut self, parent: &Name, name: &Name, it: &Relation) {
        let has_rows = self.from.relations.contains_key(name);
        let default = self.default_partition(it).map(mentions::name);
        let (parent, name) = (mentions::name(parent), mentions::name(name));
        let Some(bound) = &it.bound else {
            self.step(Phase::Attach, format!("ALTER TABLE {name} INHERIT {parent}"));
            return;
        };
        let sql = format!("ALTER TABLE {parent} ATTACH PARTITION {name} {bound}");
        let read: Vec<String> =
            [has_rows.then(|| name.clone()), default.clone()].into_iter().flatten().collect();
        let scans = (!read.is_empty()).then(|| {
            format!("all rows of {} are read while nobody can use it", read.join(" and of "))
        });
        let caution = match (has_rows, default) {
            (true, _) => Some(format!("fails if a row of {name} does not belong into it")),
            (false, Some(it)) => Some(format!("fails if a row of {it} belongs into {name}")),
            (false, None) => None,
        };
        self.steps.push((Phase::Attach, Step { scans, caution, ..Step::new(sql) }));
    }

    /// The partition for all other rows that a table has already, if this one is another partition of it.
    pub(super) fn default_partition(&self, it: &Relation) -> Option<&Name> {
        let is_default = |it: &Relation| it.bound.as_deref() == Some("DEFAULT");
        it.bound.as_ref().filter(|_| !is_default(it))?;
        let of =
            |(_, other): &(&Name, &Relation)| is_default(other) && other.inherits == it.inherits;
        self.from.relations.iter().find(of).map(|(name, _)| name)
    }

    /// What of a table can only be told at its making.
    pub(super) fn fixed(&mut self, name: &Name, before: &Relation, after: &Relation) {
        if before.of_type != after.of_type {
            let phase = if after.of_type.is_some() { Phase::Attach } else { Phase::LetGo };
            self.steps.push((phase, typed(&mentions::name(name), after.of_type.as_ref())));
        }
        let alter = format!("ALTER {} {}", keyword(after.kind), mentions::name(name));
        if let Some(changes) =
            mentions::option_changes(&before.server_options, &after.server_options)
        {
            self.step(Phase::Columns, format!("{alter} OPTIONS ({changes})"));
        }
        if before.access_method != after.access_method
            && let Some(method) = &after.access_method
        {
            let sql = format!("{alter} SET ACCESS METHOD {}", mentions::ident(method));
            self.step(Phase::Columns, sql);
        }
        if before.tablespace != after.tablespace {
            let to = after.tablespace.as_deref().unwrap_or("pg_default");
            self.step(Phase::Columns, format!("{alter} SET TABLESPACE {}", mentions::ident(to)));
        }
    }

    /// The tables that stay, parents first.
    pub(super) fn staying(&self) -> Vec<&Name> {
        let stays = |name: &&Name| {
            let both = (self.from.relations.get(*name), self.to.relations.get(*name));
            let moves = |before: &Relation, after: &Relation| {
                self.recreated.remakes(before, after)
                    || is_view(after) && self.recreated.views.contains(*name)
            };
            matches!(both, (Some(before), Some(after)) if !moves(before, after))
        };
        let names = self.to.relations.keys().filter(stays).collect();
        super::order::sorted(names, |name, other| {
            self.to.relations.get(*name).is_some_and(|it| it.inherits.contains(other))
        })
    }
}

/// The parents that a table leaves, and those that it joins after that, in order.
pub(super) fn moves(before: &Relation, after: &Relation) -> (Vec<Name>, Vec<Name>) {
    let (old, new) = (&before.inherits, &after.inherits);
    if before.bound != after.bound {
        return (old.clone(), new.clone());
    }
    let leaves: Vec<Name> = old.iter().filter(|it| !new.contains(it)).cloned().collect();
    let joins: Vec<Name> = new.iter().filter(|it| !old.contains(it)).cloned().collect();
    let kept = old.iter().filter(|it| !leaves.contains(it));
    if kept.chain(&joins).eq(new) {
        return (leaves, joins);
    }
    let same = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    (old.iter().skip(same).cloned().collect(), new.iter().skip(same).cloned().collect())
}

fn named<'r>(it: &'r Relation, name: &str) -> Option<&'r Column> {
    it.columns.iter().find(|it| it.name == name)
}

fn leave(parent: &Name, name: &Name, it: &Relation) -> String {
    let (parent, name) = (mentions::name(parent), mentions::name(name));
    match it.bound {
        Some(_) => format!("ALTER TABLE {parent} DETACH PARTITION {name}"),
        None => format!("ALTER TABLE {name} NO INHERIT {parent}"),
    }
}

/// What happens to the columns of a table happens to those of its children.
fn follow(child: &mut Relation, old: &Relation, new: &Relation) {
    for before in &old.columns {
        let Some(column) = child.columns.iter_mut().find(|it| it.name == before.name) else {
            continue;
        };
        let Some(after) = named(new, &before.name) else {
            column.inherited = false;
            continue;
        };
        macro_rules! follow {
            ($($property:ident),*) => {$(
                if before.$property != after.$property {
                    column.$property.clone_from(&after.$property);
                }
            )*};
        }
        follow!(data_type, collation, not_null, default, generated, identity);
        follow!(storage, compression, statistics, not_null_options);
    }
    child.columns.retain(|it| it.inherited || it.local);
    for after in new.columns.iter().filter(|it| named(old, &it.name).is_none()) {
        match child.columns.iter_mut().find(|it| it.name == after.name) {
            Some(column) => column.inherited = true,
            None => child.columns.push(Column {
                comment: None,
                not_null_name: None,
                not_null_comment: None,
                options: Vec::new(),
                local: false,
                inherited: true,
                ..after.clone()
            }),
        }
    }
}
