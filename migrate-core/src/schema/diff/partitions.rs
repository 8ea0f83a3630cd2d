//! Builds indexes and keys of partitioned tables online: an incomplete one on the partitioned table, one on each partition
//! concurrently, and then attaches these.

use super::constraints::SAME;
use super::online_phase::Table;
use super::{Draft, Phase, mentions};
use crate::schema::catalog::{Constraint, Index, Name, Relation, RelationKind, usual_name};

pub(super) fn is_parted(it: &Relation) -> bool {
    it.kind == RelationKind::PartitionedTable
}

impl Table<'_> {
    /// The new indexes and keys that can wait, each with those of the partitions, as a table and a name.
    pub(super) fn trees(&self) -> Vec<(Name, String)> {
        let mut found = Vec::new();
        for (name, it) in &self.after.indexes {
            if it.part_of.is_some() || self.before.indexes.contains_key(name) {
                continue;
            }
            let waits = match &it.constraint {
                None => self.index_waits(name, it),
                Some(key) => self.after.constraints.get(key).is_some_and(|key| {
                    !self.before.constraints.contains_key(name)
                        && key.local
                        && self.key_waits(name, key)
                        && (key.kind == "unique" || self.has_no_nulls(key))
                }),
            };
            let mut tree = vec![(self.name.clone(), name.clone())];
            if waits && self.grows(self.name, name, &mut tree) {
                found.append(&mut tree);
            }
        }
        found
    }

    /// `ALTER TABLE ONLY … ADD PRIMARY KEY` can't make columns of partitions NOT NULL.
    fn has_no_nulls(&self, key: &Constraint) -> bool {
        let is_set =
            |name: &String| self.before.columns.iter().any(|it| it.name == *name && it.not_null);
        key.columns.iter().all(is_set)
    }

    /// Collects the indexes of partitions; false if one of the partitions can't have its index alone.
    fn grows(&self, table: &Name, index: &str, tree: &mut Vec<(Name, String)>) -> bool {
        let (from, to) = (self.draft.from, self.draft.to);
        let whole = Name::new(&*table.schema, index);
        for (name, it) in partitions(&to.relations, table) {
            let before = from.relations.get(name);
            let stays = before.is_none_or(|before| {
                before.kind == it.kind && before.inherits == it.inherits && before.bound == it.bound
            });
            let has_rows = it.kind == RelationKind::Table || is_parted(it);
            let mut own = it.indexes.iter().filter(|(_, it)| it.part_of.as_ref() == Some(&whole));
            let (Some((part, child)), true, true) = (own.next(), stays, has_rows) else {
                return false;
            };
            let is_new = before.is_none_or(|before| !before.indexes.contains_key(part));
            let table = Table { name, before: before.unwrap_or(it), after: it, ..*self };
            let plain = Index { part_of: None, ..child.clone() };
            if !is_new || !table.index_waits(part, &plain) {
                return false;
            }
            tree.push((name.clone(), part.clone()));
            if !self.grows(name, part, tree) {
                return false;
            }
        }
        // What is only in the one or the other makes a difference to the whole.
        partitions(&from.relations, table).all(|(name, _)| to.relations.contains_key(name))
    }
}

impl Draft<'_> {
    /// An index of a partitioned table, and of all its partitions.
    pub(super) fn index_of_partitions(&mut self, table: &Name, (name, it): (&String, &Index)) {
        self.step(Phase::Indexes, it.definition.clone());
        let caution = it.unique.then(|| SAME.to_owned());
        for (part, index, child) in self.of_partitions(table, name) {
            if self.to.relations.get(&part).is_some_and(is_parted) {
                self.index_of_partitions(&part, (&index, &child));
            } else {
                let sql = mentions::concurrently(&child.definition);
                self.careful(Phase::Indexes, sql, caution.clone());
            }
            self.attach(Phase::Indexes, (table, name), (&part, &index));
        }
    }

    /// A key of a partitioned table, and of all its partitions.
    pub(super) fn key_of_partitions(&mut self, table: &Name, (name, it): (&String, &Constraint)) {
        let phase = Phase::Constraints;
        let constraint = format!("CONSTRAINT {} {}", mentions::ident(name), it.definition);
        self.step(phase, format!("ALTER TABLE ONLY {} ADD {constraint}", mentions::name(table)));
        for (part, index, child) in self.of_partitions(table, name) {
            let key = self.to.relations.get(&part).and_then(|it| it.constraints.get(&index));
            if let Some(key) = key.filter(|_| self.to.relations.get(&part).is_some_and(is_parted)) {
                self.key_of_partitions(&part, (&index, key));
            } else {
                self.careful(
                    phase,
                    mentions::concurrently(&child.definition),
                    Some(SAME.to_owned()),
                );
                let (own, kind) = (mentions::ident(&index), it.kind.to_uppercase());
                let (alter, later) =
                    (format!("ALTER TABLE {}", mentions::name(&part)), it.deferral());
                let sql = format!("{alter} ADD CONSTRAINT {own} {kind} USING INDEX {own}{later}");
                self.step(phase, sql);
            }
            self.attach(phase, (table, name), (&part, &index));
        }
    }

    /// The index of a partition that stays, if it is a part of one of its table that stays. Only its options change.
    pub(super) fn kept_part<'r>(
        &self,
        (before, after): (&'r Relation, &Relation),
        name: &String,
        it: &Index,
    ) -> Option<&'r Index> {
        let (whole, parent) = (it.part_of.as_ref()?, after.inherits.first()?);
        let (was, is) = (self.from.relations.get(parent)?, self.to.relations.get(parent)?);
        let part = before.indexes.get(name)?;
        let stays = part.part_of.as_ref() == Some(whole)
            && self.recreated.keeps_index(parent, was, is, &whole.name);
        stays.then_some(part)
    }

    /// An index of a partition that comes with that of its table, under the name that the server gives it and with the
    /// options of the whole.
    pub(super) fn index_of_whole(
        &mut self,
        (table, before, after): (&Name, Option<&Relation>, &Relation),
        (name, it): (&String, &Index),
        part: Option<&Index>,
    ) {
        let parent = after.inherits.first().and_then(|parent| self.to.relations.get(parent));
        let whole = it.part_of.as_ref().zip(parent);
        let Some(theirs) = whole.and_then(|(whole, it)| it.indexes.get(&whole.name)) else {
            return;
        };
        let given = match (part, before.and_then(|before| before.indexes.get(name))) {
            (Some(part), _) => with_options(&part.definition),
            // One of its own becomes a part as it is.
            (_, Some(old)) if old.definition == it.definition && old.part_of.is_none() => return,
            _ => {
                let constraint = it.constraint.as_ref();
                let constraint = constraint.and_then(|key| after.constraints.get(key));
                let usual = usual_index(&table.name, constraint, it);
                let numbered =
                    name.strip_prefix(&usual).is_some_and(|rest| rest.parse::<u32>().is_ok());
                if *name != usual && !numbered {
                    let usual = mentions::name(&Name::new(&*table.schema, usual));
                    let sql = format!("ALTER INDEX {usual} RENAME TO {}", mentions::ident(name));
                    self.step(Phase::DropServed, sql);
                }
                with_options(&theirs.definition)
            }
        };
        let wanted = with_options(&it.definition);
        let set: Vec<&str> = wanted.iter().filter(|it| !given.contains(it)).copied().collect();
        let key = |it: &&str| it.split('=').next().unwrap_or_default().to_owned();
        let keys: Vec<String> = wanted.iter().map(key).collect();
        let gone: Vec<String> = given.iter().map(key).filter(|it| !keys.contains(it)).collect();
        let alter = format!("ALTER INDEX {}", mentions::name(&Name::new(&*table.schema, &**name)));
        for (verb, options) in [("RESET", gone.join(", ")), ("SET", set.join(", "))] {
            if !options.is_empty() {
                self.step(Phase::DropServed, format!("{alter} {verb} ({options})"));
            }
        }
    }

    fn attach(&mut self, phase: Phase, whole: (&Name, &String), part: (&Name, &String)) {
        let index =
            |(table, name): (&Name, &String)| mentions::name(&Name::new(&*table.schema, name));
        let sql = format!("ALTER INDEX {} ATTACH PARTITION {}", index(whole), index(part));
        self.step(phase, sql);
    }

    /// The indexes that partitions have for one of their table.
    fn of_partitions(&self, table: &Name, index: &str) -> Vec<(Name, String, Index)> {
        let whole = Name::new(&*table.schema, index);
        let of = |(name, it): (&Name, &Relation)| {
            let mut own = it.indexes.iter().filter(|(_, it)| it.part_of.as_ref() == Some(&whole));
            own.next().map(|(part, it)| (name.clone(), part.clone(), it.clone()))
        };
        partitions(&self.to.relations, table).filter_map(of).collect()
    }
}

/// The name that the server gives to the index of a partition.
fn usual_index(table: &str, constraint: Option<&Constraint>, it: &Index) -> String {
    let word = match constraint.map(|it| &*it.kind) {
        None => "idx",
        Some("primary key") => return usual_name(table, None, "pkey"),
        Some("exclusion") => "excl",
        Some(_) => "key",
    };
    let column = |key: &String| match key.split_once('(') {
        None => mentions::list_of(&format!("{key})")).into_iter().next().unwrap_or_default(),
        Some(("", _)) => "expr".to_owned(),
        Some((function, _)) => function.rsplit('.').next().unwrap_or_default().to_owned(),
    };
    let columns: Vec<String> = it.keys.iter().chain(&it.include).map(column).collect();
    usual_name(table, Some(&columns.join("_")), word)
}

/// The options of an index: `fillfactor='55'`.
pub(super) fn with_options(definition: &str) -> Vec<&str> {
    let Some((_, rest)) = definition.split_once(" WITH (") else { return Vec::new() };
    rest.split_once(')').map_or_else(Vec::new, |(options, _)| options.split(", ").collect())
}

fn partitions<'c>(
    relations: &'c std::collections::BTreeMap<Name, Relation>,
    table: &'c Name,
) -> impl Iterator<Item = (&'c Name, &'c Relation)> {
    relations.iter().filter(move |(_, it)| it.bound.is_some() && it.inherits.contains(table))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_found() {
        let check = |definition: &str, expected: &[&str]| {
            assert_eq!(with_options(definition), expected, "{definition}");
        };
        let index = "CREATE INDEX i ON public.t USING btree (a)";
        check(index, &[]);
        check(&format!("{index} WITH (fillfactor='55') WHERE (a > 0)"), &["fillfactor='55'"]);
        check(
            &format!("{index} WITH (fillfactor='55', deduplicate_items='off')"),
            &["fillfactor='55'", "deduplicate_items='off'"],
        );
    }
}
