//! The objects that a chain has made so far, as far as they are known.
//!
//! Every change is in a journal, so that a downgrade can be tried and taken back, and so that what a
//! revision has changed is known without a copy of everything.

mod changes;
mod default_search_path;
mod hasher;
mod invalidation;
mod lookup;
mod object;
mod snapshot;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use self::hasher::FastHash;
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

/// A place in one of the chain's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub(super) source: usize,
    pub(super) span: Span,
}

/// A name in what it is a name of: a schema, a table, or the whole database.
pub(super) type Key = (Namespace, Option<Id>, Rc<str>);

/// What is known of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Here(Id),
    /// It was there, and is not any more: since when, and where it went.
    Gone {
        since: u32,
        place: Place,
    },
    /// Several have it, where only one is counted.
    Many,
    /// It may have been taken, or freed, by something that may have run: since when.
    Perhaps {
        since: u32,
    },
}

/// How to take a change back.
#[derive(Debug)]
enum Undo {
    Object(Id, Option<Box<Object>>),
    Slot(Key, Option<Slot>),
    /// Something came to hang on the first.
    Linked(Id),
    Unlinked(Id, usize, (Id, DependencyKind)),
    Invalidated(Rc<str>, Option<u32>),
    InvalidatedPrefix(Rc<str>, Option<u32>),
}

/// Where names without a schema are looked for.
#[derive(Debug, Clone)]
pub(super) enum Path {
    /// What a session begins with: `public`, unless somebody has said otherwise elsewhere.
    Default,
    Known(Vec<Ident>),
    Unknown,
}

#[derive(Debug)]
pub(super) struct Model {
    /// By their ids; nothing where one is gone.
    objects: Vec<Option<Object>>,
    slots: HashMap<Key, Slot, FastHash>,
    /// What hangs on an object, by its id.
    edges: Vec<Vec<(Id, DependencyKind)>>,
    journal: Vec<Undo>,
    version: u64,
    /// Grows when a name may be free that was taken.
    freed: u64,
    /// Counts statements, and what makes things unknown.
    now: u32,
    /// Since when what was known before of names of a kind is not known any more.
    horizon: Horizon,
    /// The same for each name.
    invalidated: HashMap<Rc<str>, u32, FastHash>,
    /// Since when the server may have chosen names that begin with one of these.
    invalidated_prefixes: HashMap<Rc<str>, u32, FastHash>,
    /// When the upgrade began that is being replayed.
    start: u32,
    /// Names of which the upgrade itself shows that they were free when it began.
    learnt_absent: HashSet<Key>,
    /// Whether what statements make shows that.
    pub(super) learns: bool,
    /// The routines by the names that they were made with, without arguments; some may be gone.
    routines: HashMap<Rc<str>, Vec<Id>>,
    pub(super) path: Path,
    /// Whether a session may begin with another path than the usual one.
    default_path_is_lost: bool,
    /// Names that were made without a schema behind a schema of the chain's, and those that were made in `public`.
    made_bare: HashSet<Rc<str>>,
    made_in_public: HashSet<Rc<str>>,
    pub(super) public: Id,
    /// Where temporary objects are.
    pub(super) temporary: Id,
    /// Where what can't be found is.
    pub(super) unresolved: Id,
    /// Whether anything was ever there.
    has_astray: bool,
    /// The schemas that there are, `public` among them.
    pub(super) schemas: Vec<Id>,
}

impl Model {
    /// An empty database.
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
            has_astray: false,
            schemas: Vec::new(),
        };
        let mut schema = |name: &str, complete| {
            let mut schema = Object::new(ObjectKind::Schema, name.into(), None, Place::default());
            schema.complete = complete;
            model.add(schema)
        };
        (model.public, model.temporary, model.unresolved) =
            (schema("public", true), schema("pg_temp", true), schema("?", false));
        model.schemas = vec![model.public];
        model
    }

    /// Grows with each change, also where one is taken back.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    fn note(&mut self, undo: Undo) {
        self.version += 1;
        self.journal.push(undo);
    }

    /// The number of the statement.
    pub(super) fn now(&self) -> u32 {
        self.now
    }

    /// Begins the next statement.
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

    /// What hangs on an object, and how.
    pub(super) fn dependents(&self, id: Id) -> &[(Id, DependencyKind)] {
        self.edges.get(id as usize).map_or(&[], Vec::as_slice)
    }

    /// What hangs on an object and is of one of these classes, in the order in which it was made.
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
        self.has_astray |= object.home.is_some() && object.home == Some(self.unresolved);
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

    pub(super) fn remove(&mut self, id: Id, place: Place) {
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

    /// Changes an object; its name and its home may change, too.
    pub(super) fn change(&mut self, id: Id, place: Place, change: impl FnOnce(&mut Object)) {
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

    /// The schema that the home of a constraint is in.
    fn schema_of_home(&self, object: &Object) -> Option<Id> {
        let home = object.home?;
        if object.class == ObjectKind::Constraint { self.get(home)?.home } else { None }
    }

    /// Something of which a statement shows that it is there.
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

    /// Grows when a name may be free that was taken.
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
