//! The model: the database objects that the chain has created so far, as far as they are known.
//!
//! Every change is recorded in a journal. So a downgrade can be tried and rolled back, and the
//! changes of a revision are known without a copy of the whole model.

mod changes;
mod default_search_path;
mod invalidation;
mod lookup;
mod object;
mod snapshot;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use rustc_hash::FxBuildHasher;

use self::invalidation::Horizon;
use self::snapshot::Snapshot;
use super::names::Ident;
use crate::syntax::source::Span;

pub(super) use changes::{Aspect, Difference, Mark};
pub(super) use lookup::Lookup;
pub(super) use object::{
    ArgumentType, ConstraintClass, DependencyKind, Detail, GENERATED, Given, Id, Namespace, Need,
    Object, ObjectKind, RoutineShape,
};

/// A position in one of the chain's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct FileSpan {
    pub(super) source: usize,
    pub(super) span: Span,
}

/// A name and its scope: a schema, a table, or the whole database.
pub(super) type Key = (Namespace, Option<Id>, Rc<str>);

/// The known state of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Here(Id),
    /// The object existed and is gone; where it was removed, and since when that is known.
    Gone {
        since: u32,
        place: FileSpan,
    },
    /// Several objects have this name, of which only one is tracked.
    Many,
    /// The name may have been taken or freed by a statement that may have run; since when.
    Perhaps {
        since: u32,
    },
}

/// How to undo a change.
#[derive(Debug)]
enum Undo {
    Object(Id, Option<Box<Object>>),
    Slot(Key, Option<Slot>),
    /// A new dependent was added to this object.
    Linked(Id),
    Unlinked(Id, usize, (Id, DependencyKind)),
    Invalidated(Rc<str>, Option<u32>),
    InvalidatedPrefix(Rc<str>, Option<u32>),
}

/// Where unqualified names are looked up.
#[derive(Debug, Clone)]
pub(super) enum Path {
    /// The path of a new session: `public`, unless it was changed elsewhere.
    Default,
    Known(Vec<Ident>),
    Unknown,
}

#[derive(Debug)]
pub(super) struct Model {
    /// The objects by their ids; `None` for a removed one.
    objects: Vec<Option<Object>>,
    slots: HashMap<Key, Slot, FxBuildHasher>,
    /// The dependents of each object, by its id.
    edges: Vec<Vec<(Id, DependencyKind)>>,
    journal: Vec<Undo>,
    version: u64,
    /// Incremented when a name that was taken may have become free.
    freed: u64,
    /// A counter of statements and of invalidations.
    now: u32,
    /// For each kind of name, since when earlier knowledge no longer counts.
    horizon: Horizon,
    /// For each name, since when earlier knowledge no longer counts.
    invalidated: HashMap<Rc<str>, u32, FxBuildHasher>,
    /// Since when the server may have chosen names with one of these prefixes.
    invalidated_prefixes: HashMap<Rc<str>, u32, FxBuildHasher>,
    /// The start of the upgrade that is being replayed.
    start: u32,
    /// Names that were free at the start of the upgrade, as its own statements show.
    learnt_absent: HashSet<Key>,
    /// Whether the statements that run now are evidence for that.
    pub(super) learns: bool,
    /// The routines by the names that they were created with, without arguments. Some may be gone.
    routines: HashMap<Rc<str>, Vec<Id>>,
    pub(super) path: Path,
    /// Whether a session may start with a search path other than the default.
    default_path_is_lost: bool,
    /// Names created without a schema after the chain created a schema of its own, and names
    /// created in `public`.
    made_bare: HashSet<Rc<str>>,
    made_in_public: HashSet<Rc<str>>,
    pub(super) public: Id,
    /// The schema of temporary objects.
    pub(super) temporary: Id,
    /// A stand-in schema for objects whose schema cannot be determined.
    pub(super) unresolved: Id,
    /// Whether the stand-in schema ever contained anything.
    has_unresolved: bool,
    /// The existing schemas, including `public`.
    pub(super) schemas: Vec<Id>,
}

impl Model {
    /// A model of an empty database.
    pub(super) fn new() -> Self {
        let mut model = Model {
            objects: Vec::new(),
            slots: HashMap::default(),
            edges: Vec::new(),
            journal: Vec::new(),
            version: 0,
            freed: 0,
            now: 1,
            horizon: Horizon::default(),
            start: 1,
            learnt_absent: HashSet::new(),
            learns: true,
            invalidated: HashMap::default(),
            invalidated_prefixes: HashMap::default(),
            routines: HashMap::new(),
            path: Path::Default,
            default_path_is_lost: false,
            made_bare: HashSet::new(),
            made_in_public: HashSet::new(),
            public: 0,
            temporary: 0,
            unresolved: Id::MAX,
            has_unresolved: false,
            schemas: Vec::new(),
        };
        let mut schema = |name: &str, complete| {
            let mut schema =
                Object::new(ObjectKind::Schema, name.into(), None, FileSpan::default());
            schema.complete = complete;
            model.add(schema)
        };
        (model.public, model.temporary, model.unresolved) =
            (schema("public", true), schema("pg_temp", true), schema("?", false));
        model.schemas = vec![model.public];
        model
    }

    /// Incremented by each change, including an undo.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    fn note(&mut self, undo: Undo) {
        self.version += 1;
        self.journal.push(undo);
    }

    /// The current counter of statements and invalidations.
    pub(super) fn now(&self) -> u32 {
        self.now
    }

    /// Starts the next statement.
    pub(super) fn advance(&mut self) {
        self.now += 1;
    }

    pub(super) fn get(&self, id: Id) -> Option<&Object> {
        self.objects.get(id as usize)?.as_ref()
    }

    pub(super) fn objects(&self) -> impl Iterator<Item = (Id, &Object)> {
        let all = self.objects.iter().enumerate();
        all.filter_map(|(id, object)| Some((id as Id, object.as_ref()?)))
    }

    /// The dependents of an object, and the kind of each dependency.
    pub(super) fn dependents(&self, id: Id) -> &[(Id, DependencyKind)] {
        self.edges.get(id as usize).map_or(&[], Vec::as_slice)
    }

    /// The dependents of an object that are of these kinds, in the order of their creation.
    pub(super) fn parts(&self, id: Id, class: impl Fn(ObjectKind) -> bool) -> Vec<Id> {
        let mut parts: Vec<Id> = self.dependents(id).iter().map(|(part, _)| *part).collect();
        parts.retain(|part| self.get(*part).is_some_and(|object| class(object.class)));
        parts.dedup();
        parts
    }

    pub(super) fn add(&mut self, mut object: Object) -> Id {
        let id = self.objects.len() as Id;
        self.objects.push(None);
        self.edges.push(Vec::new());
        (object.since, object.whole_since) = (self.now, self.now);
        let holder = object.home.and_then(|home| self.get(home)?.home);
        let is_temporary = [object.home, holder].contains(&Some(self.temporary));
        if is_temporary || object.home == Some(self.public) && self.is_ambiguous(&object.name) {
            object.is_certain = false;
        }
        for need in object.dependencies.clone() {
            self.link(need.on, id, need.how);
        }
        match object.class {
            ObjectKind::Schema => self.schemas.push(id),
            ObjectKind::Routine => self.name_routine(&object.name, id),
            _ => {}
        }
        self.has_unresolved |= object.home.is_some() && object.home == Some(self.unresolved);
        for key in object.keys(self.schema_of_home(&object)) {
            if object.is_certain
                && !object.is_old
                && matches!(self.look_up(&key), Lookup::Unknown(_))
            {
                self.learn_absent(&key);
            }
            let counted = key.0 == Namespace::ConstraintInSchema
                && matches!(self.slots.get(&key), Some(Slot::Here(_) | Slot::Many));
            self.set_slot(key, Some(if counted { Slot::Many } else { Slot::Here(id) }));
        }
        self.set(id, Some(object));
        id
    }

    pub(super) fn remove(&mut self, id: Id, place: FileSpan) {
        let Some(object) = self.get(id).cloned() else { return };
        for key in object.keys(self.schema_of_home(&object)) {
            if self.slots.get(&key) == Some(&Slot::Here(id)) {
                let gone = Slot::Gone { since: self.now, place };
                self.set_slot(key, Some(gone));
            }
        }
        for need in &object.dependencies {
            self.unlink(need.on, id, need.how);
        }
        self.set(id, None);
    }

    /// Changes an object, including its name and home if needed.
    pub(super) fn change(&mut self, id: Id, place: FileSpan, change: impl FnOnce(&mut Object)) {
        let Some(old) = self.get(id).cloned() else { return };
        let mut new = old.clone();
        change(&mut new);
        let (before, after) =
            (old.keys(self.schema_of_home(&old)), new.keys(self.schema_of_home(&new)));
        if before != after {
            new.since = self.now;
            if new.class == ObjectKind::Routine {
                self.name_routine(&new.name, id);
            }
            for key in before {
                if self.slots.get(&key) == Some(&Slot::Here(id)) {
                    self.set_slot(key, Some(Slot::Gone { since: self.now, place }));
                }
            }
            for key in after {
                self.set_slot(key, Some(Slot::Here(id)));
            }
        }
        if old.dependencies != new.dependencies {
            for need in &old.dependencies {
                self.unlink(need.on, id, need.how);
            }
            for need in &new.dependencies {
                self.link(need.on, id, need.how);
            }
        }
        self.set(id, Some(new));
    }

    fn name_routine(&mut self, name: &str, id: Id) {
        let bare = name.split('(').next().unwrap_or(name);
        self.routines.entry(bare.into()).or_default().push(id);
    }

    /// The schema that contains the home of a constraint.
    fn schema_of_home(&self, object: &Object) -> Option<Id> {
        let home = object.home?;
        if object.class == ObjectKind::Constraint { self.get(home)?.home } else { None }
    }

    /// Records that a statement proves this object to exist.
    pub(super) fn confirm(&mut self, id: Id) {
        let Some(mut object) = self.get(id).cloned() else { return };
        (object.is_certain, object.is_old, object.since) = (true, true, self.now);
        self.set(id, Some(object));
    }

    fn set(&mut self, id: Id, object: Option<Object>) {
        let Some(slot) = self.objects.get_mut(id as usize) else { return };
        let old = std::mem::replace(slot, object);
        self.note(Undo::Object(id, old.map(Box::new)));
    }

    /// Incremented when a name that was taken may have become free.
    pub(super) fn freed(&self) -> u64 {
        self.freed
    }

    fn set_slot(&mut self, key: Key, slot: Option<Slot>) {
        self.freed += u64::from(!matches!(slot, Some(Slot::Here(_) | Slot::Many)));
        let old = match slot {
            Some(slot) => self.slots.insert(key.clone(), slot),
            None => self.slots.remove(&key),
        };
        self.note(Undo::Slot(key, old));
    }

    fn link(&mut self, on: Id, id: Id, how: DependencyKind) {
        if let Some(edges) = self.edges.get_mut(on as usize) {
            edges.push((id, how));
            self.note(Undo::Linked(on));
        }
    }

    fn unlink(&mut self, on: Id, id: Id, how: DependencyKind) {
        let Some(edges) = self.edges.get_mut(on as usize) else { return };
        if let Some(at) = edges.iter().rposition(|edge| *edge == (id, how)) {
            edges.remove(at);
            self.note(Undo::Unlinked(on, at, (id, how)));
        }
    }
}
