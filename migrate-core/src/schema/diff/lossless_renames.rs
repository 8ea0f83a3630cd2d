//! Renames constraints, indexes and sequences of columns without asking, where an equal one goes. Nothing is lost if that
//! was not the intention.

use std::collections::BTreeMap;

use super::mentions;
use super::online_phase::taken;
use super::partitions::with_options;
use crate::schema::catalog::{
    Catalog, Constraint, Index, Name, ObjectName, Relation, RelationKind, Sequence,
};

/// The first catalog with the names of the second, and the statements that lead to it.
pub(super) fn settled(from: &Catalog, to: &Catalog) -> (Catalog, Vec<String>) {
    let (mut found, mut steps) = (from.clone(), Vec::new());
    sequences(&mut found, to, &mut steps);
    for (name, after) in &to.relations {
        let Some(before) = found.relations.get(name) else { continue };
        if before.kind != after.kind || after.kind == RelationKind::View {
            continue;
        }
        let mut settled = before.clone();
        let free = |index: &str| !taken(&found, &Name::new(&*name.schema, index));
        let shown = mentions::name(name);
        for (old, new) in pairs(&before.constraints, &after.constraints, same_constraint) {
            let Some(it) = before.constraints.get(&old).cloned() else { continue };
            let index = before.indexes.get(&old).filter(|it| it.constraint.as_ref() == Some(&old));
            if index.is_some() && !free(&new) || after.kind == RelationKind::PartitionedTable {
                continue;
            }
            let (was, is) = (mentions::ident(&old), mentions::ident(&new));
            steps.push(format!("ALTER TABLE {shown} RENAME CONSTRAINT {was} TO {is}"));
            settled.constraints.remove(&old);
            settled.constraints.insert(new.clone(), it);
            if let Some(index) = index {
                let index = Index { constraint: Some(new.clone()), ..named(index, &old, &new) };
                settled.indexes.remove(&old);
                settled.indexes.insert(new.clone(), index);
                replicate(&mut settled, &old, &new);
            }
        }
        let same = |one: (&str, &Index), other: (&str, &Index)| {
            // The options of a part can change while it is there.
            let text = |(name, it): (&str, &Index)| {
                let definition = named(it, name, "x").definition;
                let options = format!(" WITH ({})", with_options(&definition).join(", "));
                match it.part_of {
                    Some(_) => definition.replacen(&options, "", 1),
                    None => definition,
                }
            };
            // One joins that of a partitioned table as it is, and stays when its table leaves.
            let joined = match (&one.1.part_of, &other.1.part_of) {
                (Some(whole), None) => {
                    before.bound.is_some() && after.bound.is_none() && taken(to, whole)
                }
                (Some(was), Some(is)) => was == is,
                (None, _) => true,
            };
            let own = |it: &Index| it.constraint.is_none();
            joined && own(one.1) && own(other.1) && text(one) == text(other)
        };
        for (old, new) in pairs(&before.indexes, &after.indexes, same) {
            let Some(it) = before.indexes.get(&old).filter(|_| free(&new)) else { continue };
            if after.kind == RelationKind::PartitionedTable {
                continue;
            }
            let was = mentions::name(&Name::new(&*name.schema, &*old));
            steps.push(format!("ALTER INDEX {was} RENAME TO {}", mentions::ident(&new)));
            settled.indexes.remove(&old);
            settled.indexes.insert(new.clone(), named(it, &old, &new));
            replicate(&mut settled, &old, &new);
        }
        found.relations.insert(name.clone(), settled);
    }
    (found, steps)
}

fn replicate(table: &mut Relation, old: &str, new: &str) {
    if table.replica_identity.as_deref() == Some(&format!("index {old}")) {
        table.replica_identity = Some(format!("index {new}"));
    }
}

/// The index under another name.
pub(super) fn named(it: &Index, old: &str, new: &str) -> Index {
    let name = |name: &str| format!(" INDEX {} ON ", mentions::ident(name));
    let definition = it.definition.replacen(&name(old), &name(new), 1);
    Index { definition, ..it.clone() }
}

fn same_constraint((_, a): (&str, &Constraint), (_, b): (&str, &Constraint)) -> bool {
    let own = |it: &Constraint| it.local && !it.inherited || it.is_key();
    own(a)
        && own(b)
        && a.inherited == b.inherited
        && a.kind == b.kind
        && a.definition == b.definition
}

/// What is only here, with what is only there, where exactly one is like exactly one.
fn pairs<T>(
    here: &BTreeMap<String, T>,
    there: &BTreeMap<String, T>,
    same: impl Fn((&str, &T), (&str, &T)) -> bool,
) -> Vec<(String, String)> {
    let old: Vec<_> = here.iter().filter(|(name, _)| !there.contains_key(*name)).collect();
    let new: Vec<_> = there.iter().filter(|(name, _)| !here.contains_key(*name)).collect();
    let mut found = Vec::new();
    for (name, it) in &old {
        let like: Vec<_> = new.iter().filter(|(to, new)| same((name, it), (to, new))).collect();
        let [(to, only)] = like.as_slice() else { continue };
        if old.iter().filter(|(name, it)| same((name, it), (to, only))).count() == 1 {
            found.push(((*name).clone(), (*to).clone()));
        }
    }
    found
}

/// Sequences of columns that stay.
fn sequences(found: &mut Catalog, to: &Catalog, steps: &mut Vec<String>) {
    let owned = |it: &Sequence| it.owned_by.clone().map(|owner| (owner, it.identity));
    let mut renamed = Vec::new();
    for (old, it) in found.sequences.iter().filter(|(name, _)| !to.sequences.contains_key(*name)) {
        let Some(owner) = owned(it) else { continue };
        let new = to.sequences.iter().filter(|(name, new)| {
            name.schema == old.schema && owned(new).as_ref() == Some(&owner) && !taken(found, name)
        });
        let new: Vec<_> = new.collect();
        let mut rivals = found.sequences.values().filter(|it| owned(it).as_ref() == Some(&owner));
        if let ([(new, _)], Some(_), None) = (new.as_slice(), rivals.next(), rivals.next()) {
            renamed.push((old.clone(), (*new).clone()));
        }
    }
    for (old, new) in renamed {
        let (was, is) = (mentions::name(&old), mentions::ident(&new.name));
        steps.push(format!("ALTER SEQUENCE {was} RENAME TO {is}"));
        if let Some(it) = found.sequences.remove(&old) {
            found.sequences.insert(new.clone(), it);
        }
        let is_old = |on: &ObjectName| *on == ObjectName::of("sequence", &old);
        let grants = std::mem::take(&mut found.grants).into_iter().map(|(mut on, it)| {
            if is_old(&on.object()) {
                (on.schema, on.name) = (new.schema.clone(), new.name.clone());
            }
            (on, it)
        });
        found.grants = grants.collect();
        if let Some(owner) = found.owners.remove(&ObjectName::of("sequence", &old)) {
            found.owners.insert(ObjectName::of("sequence", &new), owner);
        }
        // The server knows it by its number: what speaks of it follows.
        let text = |name: &Name| format!("{}::regclass", mentions::literal(&mentions::full(name)));
        let (was, is) = (text(&old), text(&new));
        for column in found.relations.values_mut().flat_map(|it| &mut it.columns) {
            if let Some(default) = &mut column.default {
                *default = default.replace(&was, &is);
            }
        }
    }
}
