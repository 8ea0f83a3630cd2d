//! Computes what has changed since a point in time, and rolls changes back.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::invalidation::{Horizon, bare};
use super::snapshot::{EarlierState, Snapshot};
use super::{Detail, FileSpan, Id, Key, Lookup, Model, Namespace, Object, ObjectKind, Path, Undo};
use crate::analysis::statement::is_built_in;

/// A point in time to roll back to.
#[derive(Debug, Clone)]
pub(in crate::analysis) struct Mark {
    pub(super) length: usize,
    pub(super) horizon: Horizon,
    path: Path,
    schemas: Vec<Id>,
}

/// The part of an object that exists at one of two points in time, and not at the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis) enum Aspect {
    Whole,
    /// The type or NOT NULL of a column that exists at both.
    OfColumn,
    /// A value of an enum.
    Value,
}

/// Something that certainly exists at one of two points in time, and certainly not at the other.
#[derive(Debug)]
pub(in crate::analysis) struct Difference {
    /// True if it exists now and did not then.
    pub(in crate::analysis) is_new: bool,
    pub(in crate::analysis) aspect: Aspect,
    /// Its kind and name: ``table `users` ``.
    pub(in crate::analysis) what: String,
    /// Where it was created.
    pub(in crate::analysis) made: FileSpan,
    /// Where it was removed, if known.
    pub(in crate::analysis) gone: Option<FileSpan>,
}

impl Model {
    pub(in crate::analysis) fn mark(&self) -> Mark {
        Mark {
            length: self.journal.len(),
            horizon: self.horizon,
            path: self.path.clone(),
            schemas: self.schemas.clone(),
        }
    }

    /// Starts an upgrade. Earlier changes can no longer be rolled back.
    pub(in crate::analysis) fn begin(&mut self) {
        self.journal.clear();
        self.learnt_absent.clear();
        self.now += 1;
        self.start = self.now;
    }

    pub(in crate::analysis) fn undo(&mut self, mark: Mark) {
        (self.version, self.freed) = (self.version + 1, self.freed + 1);
        while self.journal.len() > mark.length {
            match self.journal.pop() {
                Some(Undo::Object(id, object)) => {
                    if let Some(slot) = self.objects.get_mut(id as usize) {
                        *slot = object.map(|object| *object);
                    }
                }
                Some(Undo::Slot(key, Some(slot))) => {
                    self.slots.insert(key, slot);
                }
                Some(Undo::Slot(key, None)) => {
                    self.slots.remove(&key);
                }
                Some(Undo::Linked(on)) => {
                    self.edges.get_mut(on as usize).and_then(Vec::pop);
                }
                Some(Undo::Unlinked(on, at, edge)) => {
                    if let Some(edges) = self.edges.get_mut(on as usize) {
                        edges.insert(at, edge);
                    }
                }
                Some(Undo::Invalidated(name, Some(since))) => {
                    self.invalidated.insert(name, since);
                }
                Some(Undo::Invalidated(name, None)) => {
                    self.invalidated.remove(&name);
                }
                Some(Undo::InvalidatedPrefix(name, Some(since))) => {
                    self.invalidated_prefixes.insert(name, since);
                }
                Some(Undo::InvalidatedPrefix(name, None)) => {
                    self.invalidated_prefixes.remove(&name);
                }
                None => {}
            }
        }
        (self.horizon, self.path, self.schemas) = (mark.horizon, mark.path, mark.schemas);
    }

    /// The names by which a query can refer to what has changed since a mark. A part of a table is
    /// only found through its table.
    pub(in crate::analysis) fn names_changed_since(&self, mark: &Mark) -> HashSet<Rc<str>> {
        let mut names: HashSet<Rc<str>> = HashSet::new();
        for undo in self.journal.get(mark.length..).unwrap_or_default() {
            match undo {
                Undo::Object(id, old) => {
                    for object in old.as_deref().into_iter().chain(self.get(*id)) {
                        names.extend(self.name_in_queries(object));
                        if object.class.is_type() {
                            let users =
                                self.dependents(*id).iter().filter_map(|(id, _)| self.get(*id));
                            names.extend(users.filter_map(|user| self.name_in_queries(user)));
                        }
                    }
                }
                Undo::Slot((namespace, home, name), _) => match namespace {
                    Namespace::Schema
                    | Namespace::Relation
                    | Namespace::Type
                    | Namespace::Routine
                    | Namespace::Extension => {
                        names.insert(bare(name).into());
                    }
                    _ => {
                        let home = home.and_then(|home| self.get(home));
                        names.extend(home.and_then(|home| self.name_in_queries(home)));
                    }
                },
                Undo::Linked(on) | Undo::Unlinked(on, ..) => {
                    names.extend(self.get(*on).and_then(|on| self.name_in_queries(on)));
                }
                Undo::Invalidated(..) | Undo::InvalidatedPrefix(..) => {}
            }
        }
        names
    }

    /// The name of an object, or of the table that it is a part of.
    fn name_in_queries(&self, object: &Object) -> Option<Rc<str>> {
        let mut object = object;
        while let None
        | Some(
            Namespace::Column
            | Namespace::Constraint
            | Namespace::ConstraintInSchema
            | Namespace::Trigger
            | Namespace::Policy
            | Namespace::Rule,
        ) = object.class.namespace()
        {
            object = self.get(object.home?)?;
        }
        Some(bare(&object.name).into())
    }

    /// Rolls back to a mark, and records that everything since the mark may or may not have
    /// happened.
    pub(in crate::analysis) fn unsettle(&mut self, mark: Mark) {
        let then = EarlierState::new(self, &mark);
        let mut objects: Vec<(Id, Option<Object>)> = then
            .objects
            .iter()
            .filter(|(_, old)| old.is_some())
            .map(|(id, _)| (*id, self.get(*id).cloned()))
            .collect();
        objects.sort_unstable_by_key(|(id, _)| *id);
        // Tables that may have gained a key.
        let made = then.objects.iter().filter(|(_, old)| old.is_none());
        let with_keys: HashSet<Id> = made
            .filter_map(|(id, _)| self.get(*id))
            .filter(|new| matches!(new.class, ObjectKind::Constraint | ObjectKind::Index))
            .filter_map(|new| new.table.or(new.home))
            .collect();
        let (mut keys, mut names, mut invalidated_prefixes) = (Vec::new(), Vec::new(), Vec::new());
        for undo in &self.journal[mark.length.min(self.journal.len())..] {
            match undo {
                Undo::Slot(key, _) => keys.push(key.clone()),
                Undo::Invalidated(name, _) => names.push(name.clone()),
                Undo::InvalidatedPrefix(name, _) => invalidated_prefixes.push(name.clone()),
                Undo::Object(..) | Undo::Linked(_) | Undo::Unlinked(..) => {}
            }
        }
        let (lost, gained) = self.horizon.since(&mark.horizon);
        let path_moved = match (&self.path, &mark.path) {
            (Path::Known(now), Path::Known(then)) => now != then,
            (now, then) => std::mem::discriminant(now) != std::mem::discriminant(then),
        };
        self.undo(mark);
        self.may_lose(&lost);
        self.may_gain(&gained);
        if path_moved {
            self.lose_path();
        }
        for name in &names {
            self.invalidate(name);
        }
        for name in &invalidated_prefixes {
            self.invalidate_prefix(name);
        }
        for (id, after) in objects {
            let Some(before) = self.get(id).cloned() else { continue };
            let doubted = either(before, after);
            self.set(id, Some(doubted));
        }
        let mut with_keys: Vec<Id> = with_keys.into_iter().collect();
        with_keys.sort_unstable();
        for id in with_keys {
            if let Some(table) = self.get(id).cloned() {
                self.set(id, Some(Object { keys_complete: false, ..table }));
            }
        }
        for key in keys {
            self.perhaps(key);
        }
    }

    /// The objects created since a mark, and whether each name certainly was free before.
    pub(in crate::analysis) fn made_since(&self, mark: &Mark) -> Vec<(Id, bool)> {
        let then = EarlierState::new(self, mark);
        let mut made = Vec::new();
        let mut ids: Vec<Id> = then.objects.keys().copied().collect();
        ids.sort_unstable();
        for id in ids {
            let (None, Some(object)) = (then.object(id), self.get(id)) else { continue };
            let was_free = object.class.namespace().is_some_and(|namespace| {
                let key = (namespace, object.home, object.name.clone());
                matches!(then.look_up(&key), Lookup::No(_))
            });
            made.push((id, was_free));
        }
        made
    }

    /// What certainly exists now and certainly did not then, or the other way round.
    pub(in crate::analysis) fn differences(&self, mark: &Mark) -> Vec<Difference> {
        let then = EarlierState::new(self, mark);
        let mut ids: Vec<Id> = then.objects.keys().copied().collect();
        ids.sort_unstable();
        let (mut left, mut lost) = (HashMap::new(), HashMap::new());
        let mut found = Vec::new();
        for id in &ids {
            if let Some(object) = self.object(*id).filter(|object| self.is_told(self, *id, object))
            {
                match self.counterpart(self, &then, object) {
                    Lookup::No(_) if !object.is_old => {
                        left.insert(*id, object);
                    }
                    Lookup::Yes(old) => {
                        let old =
                            then.object(old).filter(|old| old.class.word() == object.class.word());
                        found.extend(old.into_iter().flat_map(|old| self.changes(old, object)));
                    }
                    _ => {}
                }
            }
            if let Some(object) = then.object(*id).filter(|object| self.is_told(&then, *id, object))
                && let Lookup::No(gone) = self.counterpart(&then, self, object)
            {
                lost.insert(*id, (object, gone));
            }
        }
        let left_ids: HashSet<Id> = left.keys().copied().collect();
        let lost_ids: HashSet<Id> = lost.keys().copied().collect();
        let named = |object: &Object, view: &dyn Fn(Id) -> Option<Object>| self.named(object, view);
        for object in left.into_values().filter(|object| !follows(object, &left_ids)) {
            let what = named(object, &|id| self.get(id).cloned());
            found.push(Difference {
                is_new: true,
                aspect: Aspect::Whole,
                what,
                made: object.place,
                gone: None,
            });
        }
        for (object, gone) in lost.into_values().filter(|(object, _)| !follows(object, &lost_ids)) {
            let what = named(object, &|id| then.object(id).cloned());
            found.push(Difference {
                is_new: false,
                aspect: Aspect::Whole,
                what,
                made: object.place,
                gone,
            });
        }
        found.sort_by(|a, b| {
            let key = |difference: &Difference| {
                (difference.made.source, difference.made.span.start, difference.is_new)
            };
            key(a).cmp(&key(b)).then_with(|| a.what.cmp(&b.what))
        });
        found.dedup_by(|a, b| a.is_new == b.is_new && a.what == b.what);
        found
    }

    /// Whether an object certainly exists at a point in time, and is one that the author would
    /// recognise.
    fn is_told(&self, view: &impl Snapshot, id: Id, object: &Object) -> bool {
        let is_own = object.home != Some(self.temporary) && object.place != FileSpan::default();
        // The columns of a view follow from its query.
        let home = object.home.and_then(|home| view.object(home)).map(|home| home.class);
        let is_of_view = matches!(home, Some(ObjectKind::View | ObjectKind::MaterializedView));
        object.class != ObjectKind::Default
            && is_own
            && !(object.class == ObjectKind::Column && is_of_view)
            && view.is_sure(id)
    }

    /// What has the name of an object at another point in time.
    fn counterpart(&self, from: &impl Snapshot, to: &impl Snapshot, object: &Object) -> Lookup {
        let Some(namespace) = object.class.namespace() else { return Lookup::Unknown(None) };
        let home = match object.home {
            None => None,
            Some(home) => {
                let is_same = to.object(home).is_some_and(|other| {
                    other.class == ObjectKind::Schema
                        && from.object(home).is_some_and(|this| this.name == other.name)
                });
                let found = match from.object(home) {
                    _ if is_same => Lookup::Yes(home),
                    Some(home) => self.counterpart(from, to, home),
                    None => Lookup::Unknown(None),
                };
                match found {
                    Lookup::Yes(home) => Some(home),
                    // The object is missing because its home is, and only follows from that.
                    other => return other,
                }
            }
        };
        let key: Key = (namespace, home, object.name.clone());
        match to.look_up(&key) {
            // The same name with another kind is another object to the author.
            Lookup::Yes(id)
                if to.object(id).is_some_and(|other| other.class.word() != object.class.word()) =>
            {
                Lookup::No(None)
            }
            Lookup::Unknown(_) if to.is_earlier() && self.learnt_absent.contains(&key) => {
                Lookup::No(None)
            }
            found => found,
        }
    }

    fn named(&self, object: &Object, get: &dyn Fn(Id) -> Option<Object>) -> String {
        let name = self.shown_with(object, get);
        let table = object.table.or(object.home).and_then(get);
        let is_of_table = !matches!(object.class, ObjectKind::Column | ObjectKind::Index);
        let table = table.filter(|table| table.class != ObjectKind::Schema && is_of_table);
        let of =
            table.map_or(String::new(), |table| format!(" of `{}`", self.shown_with(&table, get)));
        format!("{} `{name}`{of}", object.class.word())
    }

    /// The properties that an object has now and did not have then, or the other way round, and
    /// where they changed. Types are compared only if they are built in, since others may have two
    /// names.
    fn changes(&self, old: &Object, new: &Object) -> Vec<Difference> {
        let name = self.named(new, &|id| self.get(id).cloned());
        let mut found = Vec::new();
        let mut note = |is_new, aspect, what: String, made, gone| {
            let what = format!("{what} of {name}");
            found.push(Difference { is_new, aspect, what, made, gone });
        };
        match (&old.detail, &new.detail) {
            (
                Detail::Column { kind: was, not_null: was_set, .. },
                Detail::Column { kind: is, not_null: is_set, changed },
            ) => {
                if let (Some(was), Some(is)) = (was, is)
                    && was != is
                    && is_built_in(was)
                    && is_built_in(is)
                {
                    let what = format!("type `{was}`");
                    note(false, Aspect::OfColumn, what, old.place, Some(*changed));
                }
                if let (Some(was_set), Some(is_set)) = (was_set, is_set)
                    && was_set != is_set
                {
                    let made = if *is_set { *changed } else { old.place };
                    note(*is_set, Aspect::OfColumn, "NOT NULL".to_owned(), made, Some(*changed));
                }
            }
            (Detail::Enum { labels: before }, Detail::Enum { labels: after })
                if old.complete && new.complete =>
            {
                let has = |labels: &[(Rc<str>, FileSpan)], label: &Rc<str>| {
                    labels.iter().any(|(known, _)| known == label)
                };
                for (label, made) in after.iter().filter(|(label, _)| !has(before, label)) {
                    note(true, Aspect::Value, format!("value `{label}`"), *made, None);
                }
                for (label, made) in before.iter().filter(|(label, _)| !has(after, label)) {
                    note(false, Aspect::Value, format!("value `{label}`"), *made, None);
                }
            }
            _ => {}
        }
        found
    }
}

/// Whether an object is created and dropped together with one of these.
fn follows(object: &Object, told: &HashSet<Id>) -> bool {
    object.dependencies.iter().any(|need| told.contains(&need.on))
        || object.table.or(object.home).is_some_and(|home| told.contains(&home))
}

/// What is known of an object that is in one of two states.
fn either(before: Object, after: Option<Object>) -> Object {
    let Some(after) = after else { return Object { is_certain: false, ..before } };
    let mut one = before;
    one.is_certain &= after.is_certain && one.name == after.name && one.home == after.home;
    one.complete &= after.complete;
    one.parts_complete &= after.parts_complete;
    one.keys_complete &= after.keys_complete;
    // Its links keep the earlier dependencies. If these may have changed, the object is no longer
    // certain.
    one.is_certain &= one.dependencies.len() == after.dependencies.len()
        && after.dependencies.iter().all(|need| one.dependencies.contains(need));
    let unlike = one.detail != after.detail;
    match (&mut one.detail, after.detail) {
        (
            Detail::Column { kind, not_null, .. },
            Detail::Column { kind: other_kind, not_null: other, .. },
        ) => {
            if *kind != other_kind {
                *kind = None;
            }
            if *not_null != other {
                *not_null = None;
            }
        }
        (Detail::Enum { .. }, _) if unlike => one.complete = false,
        _ if unlike => one.is_certain = false,
        _ => {}
    }
    one
}
