//! Writes the changes of constraints and indexes, in one transaction or online.

use std::collections::BTreeSet;

use super::inheritance::moves;
use super::lossless_renames::named;
use super::online_phase::taken;
use super::partitions::is_parted;
use super::relations::is_view;
use super::{Draft, Phase, mentions};
use crate::schema::catalog::{Catalog, Change, Constraint, Index, Name, Relation};

/// The constraints that stand in the statement that makes a table: they need nothing but the table.
/// The primary key comes first. Of two keys over the same columns, PostgreSQL would make one there.
pub(super) fn inline(it: &Relation) -> impl Iterator<Item = (&String, &Constraint)> {
    let kinds = ["primary key", "unique", "check"];
    let is_plain = it.inherits.is_empty() && it.bound.is_none();
    kinds.into_iter().filter(move |_| is_plain).flat_map(move |kind| {
        let constraints = it.constraints.iter();
        constraints.filter(move |(name, found)| {
            let mut keys =
                it.constraints.iter().filter(|(other, it)| *other != *name && it.is_key());
            let again = kind == "unique" && keys.any(|(_, it)| it.columns == found.columns);
            found.kind == kind && found.local && found.validated && !again
        })
    })
}

impl Draft<'_> {
    /// Does a foreign key have to let go of its key, because that changes?
    pub(super) fn rekeyed(&self, it: &Constraint) -> bool {
        self.recreated.rekeyed(self.from, self.to, it)
    }

    /// Can a constraint of a table stay as it is?
    pub(super) fn same_constraint(&self, table: &Name, a: &Constraint, b: &Constraint) -> bool {
        let retyped = a.kind == "foreign key" && self.recreated.retypes_key(table, a);
        let again =
            self.recreated.has(&a.definition) || self.recreated.has_renewed(table, &a.definition);
        a.definition == b.definition && !again && !retyped && !self.rekeyed(a)
    }

    pub(super) fn constraints(&mut self, name: &Name, before: Option<&Relation>, after: &Relation) {
        let shown = mentions::name(name);
        for (key, it) in before.iter().flat_map(|it| &it.constraints) {
            let is_left = before.is_some_and(|before| self.is_left(before, after, key));
            if !it.local && !is_left {
                continue;
            }
            let new = after.constraints.get(key);
            // That of a parent would leave its own beside it.
            let merges = |new: &Constraint| new.local || it.inherited || after.bound.is_some();
            if new.is_some_and(|new| self.same_constraint(name, it, new) && merges(new)) {
                continue;
            }
            // One that is written in two steps goes in the first of them.
            if self.replaces(it, new) {
                continue;
            }
            let phase = match it.kind.as_str() {
                _ if is_left => Phase::DropLeft,
                "foreign key" => Phase::DropForeignKeys,
                _ => Phase::DropConstraints,
            };
            let key = mentions::ident(key);
            self.step(phase, format!("ALTER TABLE {shown} DROP CONSTRAINT {key}"));
        }
        let made: BTreeSet<&String> = match before {
            None => inline(after).map(|(key, _)| key).collect(),
            Some(_) => BTreeSet::new(),
        };
        for (key, it) in &after.constraints {
            let old = before.and_then(|before| before.constraints.get(key));
            let old = old.filter(|old| {
                !before.is_some_and(|before| self.goes_with_parent(key, (before, old), (after, it)))
            });
            let replaces = old.is_some_and(|old| self.replaces(old, Some(it)));
            let old = old.filter(|old| self.same_constraint(name, old, it));
            if !it.local {
                // It is written at the parent.
            } else if old.is_none() && self.online && it.is_key() && is_parted(after) {
                self.key_of_partitions(name, (key, it));
            } else if old.is_none() && !made.contains(key) {
                let index = after.indexes.get(key);
                let scans = before.filter(|_| !self.online && it.validated).and_then(|_| {
                    let (excludes, refers) = (it.kind == "exclusion", it.kind == "foreign key");
                    let unlinted = excludes || refers && is_parted(after);
                    let why = "are read while nobody can write to it";
                    unlinted.then(|| format!("all rows of {shown} {why}"))
                });
                self.add_constraint(&shown, (key, it), index, before.is_some(), replaces);
                if let Some((_, step)) = self.steps.last_mut() {
                    step.scans = scans;
                }
            }
            let before = old.and_then(|it| it.comment.as_ref());
            let on = format!("CONSTRAINT {} ON {shown}", mentions::ident(key));
            self.comment(&on, before, it.comment.as_ref());
        }
    }

    /// Has a table a constraint of its own in place of one that goes with that of its parent?
    fn goes_with_parent(
        &self,
        key: &str,
        (before, old): (&Relation, &Constraint),
        (after, new): (&Relation, &Constraint),
    ) -> bool {
        let (leaves, _) = moves(before, after);
        // A key has another name there.
        let is_its = |name: &String, it: &Constraint| {
            *name == key || before.bound.is_some() && it.is_key() && it.definition == old.definition
        };
        let leaves_it = |parent: &Name| {
            let it = self.from.relations.get(parent);
            let mut its = it.into_iter().flat_map(|it| &it.constraints);
            // It goes before the table leaves.
            let goes = |name: &String, it: &Constraint| {
                let after = self.to.relations.get(parent);
                after.is_some_and(|after| {
                    let new = after.constraints.get(name);
                    !new.is_some_and(|new| self.same_constraint(parent, it, new))
                })
            };
            its.any(|(name, it)| is_its(name, it) && !goes(name, it))
        };
        old.inherited && !old.local && new.local && !new.inherited && !leaves.iter().any(leaves_it)
    }

    /// Has a table a constraint of a parent that it leaves, and that keeps it? It can go only after that.
    fn is_left(&self, before: &Relation, after: &Relation, key: &str) -> bool {
        let kept = |parent: &&Name| {
            let has = |catalog: &Catalog| {
                catalog.relations.get(*parent).is_some_and(|it| it.constraints.contains_key(key))
            };
            !after.inherits.contains(parent) && has(self.from) && has(self.to)
        };
        let inherited = before.constraints.get(key).is_some_and(|it| it.inherited);
        inherited && before.bound.is_none() && before.inherits.iter().any(|it| kept(&it))
    }

    /// Does a constraint make way in the statement that makes its successor? Not if its key goes.
    fn replaces(&self, it: &Constraint, new: Option<&Constraint>) -> bool {
        let in_place = |new: &Constraint| {
            new.can_be_validated() || new.is_key() && new.kind == it.kind && new.local && it.local
        };
        self.online && new.is_some_and(in_place) && !self.rekeyed(it)
    }

    /// A constraint of a table that is new, or of one that may have rows.
    fn add_constraint(
        &mut self,
        table: &str,
        (key, it): (&String, &Constraint),
        index: Option<&Index>,
        has_rows: bool,
        replaces: bool,
    ) {
        let phase = match it.kind.as_str() {
            "foreign key" => Phase::ForeignKeys,
            _ => Phase::Constraints,
        };
        let caution = caution(it).filter(|_| has_rows && it.validated).map(str::to_owned);
        let (name, definition) = (mentions::ident(key), &it.definition);
        let alter = format!("ALTER TABLE {table}");
        let drop = if replaces { format!("DROP CONSTRAINT {name}, ") } else { String::new() };
        if self.online && it.can_be_validated() {
            let sql = format!("{alter} {drop}ADD CONSTRAINT {name} {definition} NOT VALID");
            self.step(phase, sql);
            self.careful(phase, format!("{alter} VALIDATE CONSTRAINT {name}"), caution);
        } else if let Some(index) = index.filter(|_| self.online && it.is_key()) {
            // The new one takes the name of the old one when it takes its place.
            let new = if replaces { mentions::derived(key, "_new") } else { key.clone() };
            self.careful(
                phase,
                mentions::concurrently(&named(index, key, &new).definition),
                caution,
            );
            let index = mentions::ident(&new);
            let kind = it.kind.to_uppercase();
            let later = it.deferral();
            let sql =
                format!("{alter} {drop}ADD CONSTRAINT {name} {kind} USING INDEX {index}{later}");
            self.step(phase, sql);
        } else {
            self.careful(phase, format!("{alter} ADD CONSTRAINT {name} {definition}"), caution);
        }
    }

    pub(super) fn indexes(&mut self, table: &Name, before: Option<&Relation>, after: &Relation) {
        let own = |it: &Index| it.constraint.is_none() && it.part_of.is_none();
        let shown = |index: &str| mentions::name(&Name::new(&*table.schema, index));
        let online = if self.online { " CONCURRENTLY" } else { "" };
        for (name, it) in before.iter().flat_map(|it| &it.indexes).filter(|(_, it)| own(it)) {
            let new = after.indexes.get(name);
            if new.is_some_and(|new| self.recreated.same_index(table, it, new)) {
                continue;
            }
            if is_parted(after) {
                // Those of a partitioned table can't go concurrently.
                self.step(Phase::DropIndexes, format!("DROP INDEX {}", shown(name)));
            } else if self.online && new.is_some() {
                // The old one serves until the new one does.
                let old = mentions::derived(name, "_old");
                let rename =
                    format!("ALTER INDEX {} RENAME TO {}", shown(name), mentions::ident(&old));
                self.step(Phase::DropIndexes, rename);
                self.step(Phase::DropServed, format!("DROP INDEX CONCURRENTLY {}", shown(&old)));
            } else {
                self.step(Phase::DropIndexes, format!("DROP INDEX{online} {}", shown(name)));
            }
        }
        for (name, it) in &after.indexes {
            let old = before.and_then(|before| before.indexes.get(name));
            // One that was a part goes with the whole, unless its table leaves.
            let goes = |old: &Index| {
                let stays = |before: &Relation| moves(before, after).0.is_empty();
                let whole = old.part_of.as_ref().filter(|_| it.part_of.is_none());
                whole.is_some_and(|whole| before.is_some_and(stays) || !taken(self.to, whole))
            };
            let part = before.and_then(|before| self.kept_part((before, after), name, it));
            let old =
                old.filter(|old| self.recreated.same_index(table, old, it) && !goes(old)).or(part);
            if old.is_none() && own(it) && self.online && is_parted(after) {
                self.index_of_partitions(table, (name, it));
            } else if old.is_none() && own(it) {
                let phase = if is_view(after) { Phase::Parts } else { Phase::Indexes };
                let sql = match self.online {
                    true => mentions::concurrently(&it.definition),
                    // An index of a partitioned table is printed without those of its partitions.
                    false => it.definition.replacen(" ON ONLY ", " ON ", 1),
                };
                let caution = (it.unique && before.is_some()).then(|| SAME.to_owned());
                self.careful(phase, sql, caution);
            }
            if it.part_of.is_some() && !self.online {
                self.index_of_whole((table, before, after), (name, it), part);
            }
            let rest = |it: &Index| (it.valid, it.tablespace.clone());
            if old.map_or((true, None), rest) != rest(it) {
                let why = "invalid ones and their tablespaces are not written";
                self.cannot(Change::Alter, "index", shown(name), why);
            }
            self.index_statistics(table, &shown(name), old, it);
            let kept =
                before.filter(|before| self.recreated.keeps_index(table, before, after, name));
            let kept = kept.and_then(|before| before.indexes.get(name)).or(part);
            if kept.is_some_and(|it| it.clustered) != it.clustered {
                let to = match it.clustered {
                    true => format!("CLUSTER ON {}", mentions::ident(name)),
                    false => "SET WITHOUT CLUSTER".to_owned(),
                };
                self.step(Phase::Parts, format!("ALTER TABLE {} {to}", mentions::name(table)));
            }
            let of = format!("INDEX {}", shown(name));
            self.dependence(
                &of,
                kept.map(|it| &*it.depends_on).unwrap_or_default(),
                &it.depends_on,
            );
            let before = old.and_then(|it| it.comment.as_ref());
            self.comment(&of, before, it.comment.as_ref());
        }
    }

    /// The statistics targets of an index's expressions, which go where a column gets another type.
    fn index_statistics(&mut self, table: &Name, shown: &str, old: Option<&Index>, new: &Index) {
        let kept = old.filter(|it| !self.recreated.retypes_in(table, &it.definition));
        let kept = kept.map(|it| &*it.statistics).unwrap_or_default();
        let column = |it: &String| it.split('=').next().unwrap_or_default().to_owned();
        let stays: BTreeSet<String> = new.statistics.iter().map(column).collect();
        let gone = kept.iter().map(column).filter(|it| !stays.contains(it));
        let gone = gone.map(|column| (column, "-1".to_owned()));
        let set = new.statistics.iter().filter(|it| !kept.contains(it));
        let set = set.filter_map(|it| it.split_once('='));
        let set = set.map(|(column, target)| (column.to_owned(), target.to_owned()));
        for (column, target) in gone.chain(set).collect::<Vec<_>>() {
            let sql = format!("ALTER INDEX {shown} ALTER COLUMN {column} SET STATISTICS {target}");
            self.step(Phase::Comments, sql);
        }
    }
}

impl Constraint {
    /// Is it a primary key, or UNIQUE?
    pub(super) fn is_key(&self) -> bool {
        self.kind == "primary key" || self.kind == "unique"
    }

    /// When it is checked, as `ADD CONSTRAINT … USING INDEX` says it.
    pub(super) fn deferral(&self) -> &'static str {
        match (self.deferrable, self.deferred) {
            (_, true) => " DEFERRABLE INITIALLY DEFERRED",
            (true, _) => " DEFERRABLE",
            _ => "",
        }
    }

    /// Can it be made without a look at the rows, which follows?
    fn can_be_validated(&self) -> bool {
        let kind = matches!(self.kind.as_str(), "check" | "foreign key");
        kind && self.validated && !self.definition.ends_with("NOT ENFORCED")
    }
}

pub(super) const SAME: &str = "fails if two rows are the same there";

/// What makes adding it fail.
fn caution(it: &Constraint) -> Option<&'static str> {
    match it.kind.as_str() {
        "check" => Some("fails if it does not hold for a row"),
        "foreign key" => Some("fails if a row refers to one that is not there"),
        "primary key" | "unique" => Some(SAME),
        _ => Some("fails if rows exclude each other"),
    }
}
