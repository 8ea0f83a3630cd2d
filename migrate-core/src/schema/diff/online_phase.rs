//! Determines which changes wait for the part that runs online: builds the wanted catalog without these. A change that
//! an earlier one needs does not wait.

use std::collections::BTreeSet;

use super::keys::{needs, referred};
use super::relations::is_view;
use super::{Draft, mentions};
use crate::schema::catalog::{Catalog, Column, Constraint, Index, Name, Relation, RelationKind};

/// The wanted catalog, with what waits as it is in the first one.
pub(super) fn held_back(from: &Catalog, to: &Catalog) -> Catalog {
    let draft = Draft::new(from, to, false, BTreeSet::new());
    let mut held = to.clone();
    let mut waiting_trees = Vec::new();
    for (name, after) in &to.relations {
        let Some(before) = from.relations.get(name) else { continue };
        let table = Table { draft: &draft, name, before, after };
        let Some(waiting) = held.relations.get_mut(name) else { continue };
        if table.before.kind != after.kind || draft.recreated.views.contains(name) {
            continue;
        }
        if after.kind == RelationKind::Table && table.alone() {
            table.constraints(waiting);
            table.nulls(waiting);
        }
        if matches!(after.kind, RelationKind::Table | RelationKind::MaterializedView) {
            table.indexes(waiting);
        }
        if after.kind == RelationKind::PartitionedTable {
            waiting_trees.extend(table.trees());
        }
    }
    for (table, index) in waiting_trees {
        if let Some(it) = held.relations.get_mut(&table) {
            it.indexes.remove(&index);
            it.constraints.remove(&index);
        }
    }
    held
}

/// A table that is in both catalogs.
pub(super) struct Table<'a> {
    pub(super) draft: &'a Draft<'a>,
    pub(super) name: &'a Name,
    pub(super) before: &'a Relation,
    pub(super) after: &'a Relation,
}

impl Table<'_> {
    /// Does it inherit from nothing, and nothing from it? Partitions are the same.
    fn alone(&self) -> bool {
        let alone = |catalog: &Catalog| {
            let parent = |it: &Relation| it.inherits.contains(self.name);
            !catalog.relations.values().any(parent)
        };
        let own = self.before.inherits.is_empty() && self.after.inherits.is_empty();
        own && alone(self.draft.from) && alone(self.draft.to)
    }

    /// Checks, foreign keys and keys.
    fn constraints(&self, held: &mut Relation) {
        for (name, after) in &self.after.constraints {
            let before = self.before.constraints.get(name);
            if before.is_some_and(|it| self.draft.same_constraint(self.name, it, after)) {
                continue;
            }
            let waits = match after.kind.as_str() {
                "check" | "foreign key" => self.draft.can_wait(self.name, after),
                "primary key" | "unique" => {
                    self.key_waits(name, after)
                        && before.is_none_or(|before| self.key_serves(name, before, after))
                }
                _ => false,
            };
            if !waits {
                continue;
            }
            let stays = before.filter(|it| self.stays(&it.definition, &it.columns));
            let stays = stays.filter(|it| {
                let other = it.references.as_ref();
                let gone = other.is_some_and(|it| !self.draft.to.relations.contains_key(it));
                it.kind == after.kind && !gone && !self.draft.rekeyed(it)
            });
            match stays {
                Some(before) => drop(held.constraints.insert(name.clone(), before.clone())),
                None => drop(held.constraints.remove(name)),
            }
            if after.kind == "primary key" || after.kind == "unique" {
                match self.before.indexes.get(name).filter(|_| stays.is_some()) {
                    Some(before) => drop(held.indexes.insert(name.clone(), before.clone())),
                    None => drop(held.indexes.remove(name)),
                }
            }
        }
    }

    /// Can a key stay until its successor of the same name takes its place?
    fn key_serves(&self, name: &str, before: &Constraint, after: &Constraint) -> bool {
        let columns: BTreeSet<String> = before.columns.iter().cloned().collect();
        let leans = |it: &Constraint| needs(it, self.name, &columns);
        let all = self.draft.from.relations.values().chain(self.draft.to.relations.values());
        let plain = |it: &Index| {
            it.valid
                && !it.clustered
                && it.tablespace.is_none()
                && it.constraint.as_deref() == Some(name)
        };
        // The columns of a primary key can be null only after it.
        let stay_set = before
            .columns
            .iter()
            .all(|name| self.after.columns.iter().any(|it| it.name == *name && it.not_null));
        before.kind == after.kind
            && (before.kind == "unique" || stay_set)
            && self.before.indexes.get(name).is_some_and(plain)
            && self.before.replica_identity != Some(format!("index {name}"))
            && self.stays(&before.definition, &before.columns)
            && !all.flat_map(|it| it.constraints.values()).any(leans)
    }

    pub(super) fn key_waits(&self, name: &str, it: &Constraint) -> bool {
        let index = self.after.indexes.get(name);
        let Some(index) = index.filter(|index| index.constraint.as_deref() == Some(name)) else {
            return false;
        };
        // The rows of a view can be grouped by a primary key, and show what depends on it.
        let shown = self.draft.to.relations.values().any(|it| {
            is_view(it)
                && mentions::mentions(it.definition.as_deref().unwrap_or_default(), self.name)
        });
        let free = it.kind == "unique" || !shown;
        // Its index can't be made first.
        let alone = it.definition.contains(" WITHOUT OVERLAPS");
        free && !alone && self.index_waits(name, index)
    }

    /// Can an index that is new wait?
    pub(super) fn index_waits(&self, name: &str, it: &Index) -> bool {
        let name = Name::new(&*self.name.schema, name);
        let replicated = format!("index {}", name.name);
        let own_before = self.before.indexes.contains_key(&name.name);
        it.valid
            && it.part_of.is_none()
            && it.tablespace.is_none()
            && it.statistics.is_empty()
            && !it.clustered
            && self.after.replica_identity.as_ref() != Some(&replicated)
            && (own_before || !taken(self.draft.from, &name))
            && !self.is_needed(it)
    }

    /// Could a foreign key that does not wait lean on this index?
    fn is_needed(&self, it: &Index) -> bool {
        let columns: BTreeSet<String> = mentions::list_of(&format!("{})", it.keys.join(", ")));
        let leans = |(table, relation): (&Name, &Relation)| {
            relation
                .constraints
                .values()
                .any(|key| needs(key, self.name, &columns) && !self.draft.waits(table, key))
        };
        it.unique && self.draft.to.relations.iter().any(leans)
    }

    fn indexes(&self, held: &mut Relation) {
        let own = |it: &&Index| it.constraint.is_none() && it.part_of.is_none();
        let names = self.before.indexes.keys().chain(self.after.indexes.keys());
        for name in names.collect::<BTreeSet<_>>() {
            let (before, after) = (self.before.indexes.get(name), self.after.indexes.get(name));
            // One that belongs to a constraint goes with it.
            if before.is_some_and(|it| !own(&it)) || after.is_some_and(|it| !own(&it)) {
                continue;
            }
            let same = match (before, after) {
                (Some(before), Some(after)) => {
                    self.draft.recreated.same_index(self.name, before, after)
                }
                _ => false,
            };
            if same || after.is_some_and(|after| !self.index_waits(name, after)) {
                continue;
            }
            let schema_name = Name::new(&*self.name.schema, &**name);
            let stays = before.filter(|it| {
                let columns: Vec<String> = it.keys.iter().chain(&it.include).cloned().collect();
                let replicated = Some(format!("index {name}"));
                it.valid
                    && it.statistics.is_empty()
                    && it.tablespace.is_none()
                    && !it.clustered
                    && self.before.replica_identity != replicated
                    && !self.is_needed(it)
                    && self.stays(&it.definition, &columns)
                    && (after.is_some() || !taken(self.draft.to, &schema_name))
            });
            match stays {
                Some(before) => drop(held.indexes.insert(name.clone(), before.clone())),
                None => drop(held.indexes.remove(name)),
            }
        }
    }

    /// Is a column in the index that identifies rows for replication? It must not be null before that.
    fn identifies(&self, column: &String) -> bool {
        let index = self.after.replica_identity.as_deref();
        let index = index.and_then(|it| self.after.indexes.get(it.strip_prefix("index ")?));
        index.is_some_and(|it| {
            mentions::list_of(&format!("{})", it.keys.join(", "))).contains(column)
        })
    }

    /// Columns that must not be null from now on.
    fn nulls(&self, held: &mut Relation) {
        for column in &mut held.columns {
            let before = self.before.columns.iter().find(|it| it.name == column.name);
            let Some(before) = before else {
                if self.draft.is_filled_later(self.name, primary_key(self.after), column) {
                    (column.not_null, column.default) = (false, None);
                }
                continue;
            };
            let plain = |it: &Column| {
                it.identity.is_none() && it.generated.is_none() && it.not_null_options.is_none()
            };
            let key =
                |it: &Constraint| it.kind == "primary key" && it.columns.contains(&column.name);
            let keyed = held.constraints.values().any(key);
            let identifies = self.identifies(&column.name);
            let waits = plain(before) && plain(column) && !keyed && !identifies;
            if !before.not_null && column.not_null && waits {
                column.not_null = false;
            }
        }
    }

    /// Can something of the old table stay until the rest is done?
    fn stays(&self, definition: &str, columns: &[String]) -> bool {
        let draft = self.draft;
        let changes = self.before.columns.iter().filter(|before| {
            let after = self.after.columns.iter().find(|it| it.name == before.name);
            after.is_none_or(|after| draft.recreated.retypes(before, after))
                || draft.recreated.is_renewed(self.name, &before.name)
        });
        let mut changes = changes.map(|it| &it.name);
        !changes.any(|name| columns.contains(name) || mentions::has_word(definition, name))
            && !draft.names_what_goes(definition)
    }
}

impl Draft<'_> {
    /// Is this constraint, of this table of the wanted catalog, one that waits?
    fn waits(&self, table: &Name, it: &Constraint) -> bool {
        let both = (self.from.relations.get(table), self.to.relations.get(table));
        let (Some(before), Some(after)) = both else { return false };
        let name = after.constraints.iter().find(|(_, found)| *found == it).map(|(name, _)| name);
        let before_is = name.and_then(|name| before.constraints.get(name));
        let table = Table { draft: self, name: table, before, after };
        before.kind == after.kind
            && after.kind == RelationKind::Table
            && table.alone()
            && !before_is.is_some_and(|was| self.same_constraint(table.name, was, it))
            && self.can_wait(table.name, it)
    }

    /// Can a check or a foreign key be made first, and its rows looked at later?
    fn can_wait(&self, table: &Name, it: &Constraint) -> bool {
        let other = it.references.as_ref();
        let other = other.and_then(|other| self.to.relations.get(other));
        let parted = other.is_some_and(|it| it.kind != RelationKind::Table);
        let itself = it.references.as_ref() == Some(table) && referred(it).is_empty();
        let enforced = !it.definition.ends_with("NOT ENFORCED");
        it.validated && it.local && !it.inherited && enforced && !parted && !itself
    }

    /// Does a definition speak of a type or a function that is not there any more, or not the same?
    fn names_what_goes(&self, definition: &str) -> bool {
        let (from, to) = (self.from, self.to);
        let gone = |name: &Name| mentions::mentions(definition, name);
        let routines = from.routines.iter().filter(|(name, it)| to.routines.get(*name) != Some(it));
        let mut routines = routines.map(|(name, _)| Name::new(&*name.schema, &*name.name));
        let mut types = from.domains.iter().filter(|(name, it)| to.domains.get(*name) != Some(it));
        let mut enums = from.enums.keys().filter(|name| !to.enums.contains_key(*name));
        let mut pairs =
            from.composites.iter().filter(|(name, it)| to.composites.get(*name) != Some(it));
        let mut ranges = from.ranges.iter().filter(|(name, it)| to.ranges.get(*name) != Some(it));
        routines.any(|name| gone(&name))
            || types.any(|(name, _)| gone(name))
            || enums.any(gone)
            || pairs.any(|(name, _)| gone(name))
            || ranges.any(|(name, _)| gone(name))
            || self.recreated.has(definition)
            || from.others != to.others
            // Which indexes need an extension does not stand in their text.
            || from.extensions.keys().any(|name| !to.extensions.contains_key(name))
    }
}

/// The columns of a table's primary key.
fn primary_key(table: &Relation) -> &[String] {
    let mut keys = table.constraints.values().filter(|it| it.kind == "primary key");
    keys.next().map_or(&[], |it| &it.columns)
}

/// Is there a table, a view, a sequence or an index of this name?
pub(super) fn taken(catalog: &Catalog, name: &Name) -> bool {
    let index = |(table, it): (&Name, &Relation)| {
        table.schema == name.schema && it.indexes.contains_key(&name.name)
    };
    catalog.relations.contains_key(name)
        || catalog.sequences.contains_key(name)
        || catalog.composites.contains_key(name)
        || catalog.relations.iter().any(index)
}
