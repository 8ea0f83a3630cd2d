//! The rules for what is known of a name, now or at an earlier point in time.

use std::collections::HashMap;
use std::rc::Rc;

use rustc_hash::FxBuildHasher;

use super::invalidation::{Horizon, bare, namespace_of, prefix_invalidated_at};
use super::{Id, Key, Lookup, Mark, Model, Namespace, Object, ObjectKind, Slot, Undo};

pub(super) trait Snapshot {
    fn object(&self, id: Id) -> Option<&Object>;
    fn slot(&self, key: &Key) -> Option<Slot>;
    /// When a name last was affected by a statement that cannot be followed; 0 if never.
    fn invalidated_at(&self, name: &str) -> u32;
    fn has_invalidated_prefixes(&self) -> bool;
    fn prefix_invalidated_at(&self, name: &str) -> u32;
    fn horizon(&self) -> &Horizon;
    fn unresolved(&self) -> Id;
    /// Whether this is an earlier state.
    fn is_earlier(&self) -> bool;

    /// Whether an object certainly exists as it is known.
    fn is_sure(&self, id: Id) -> bool {
        let mut next = Some(id);
        // Checks a column and its table, but not the schema, which exists until it is dropped.
        while let Some(id) = next {
            let Some(object) = self.object(id) else { return false };
            if !object.is_certain
                || object.home == Some(self.unresolved())
                || object.since < self.present_since(namespace_of(object), &object.name)
            {
                return false;
            }
            let home = object.table.or(object.home);
            next = home.filter(|home| {
                self.object(*home).is_none_or(|home| home.class != ObjectKind::Schema)
            });
            // The facts about a part were learnt from the table of that name.
            if let Some(home) = next.and_then(|home| self.object(home))
                && object.since < self.invalidated_at(bare(&home.name))
            {
                return false;
            }
        }
        true
    }

    /// Since when evidence that a name exists counts.
    fn present_since(&self, namespace: Namespace, name: &str) -> u32 {
        self.invalidated_at(name)
            .max(self.invalidated_at(bare(name)))
            .max(self.horizon().lost(namespace))
    }

    /// Since when evidence that a name does not exist counts.
    fn absent_since(&self, namespace: Namespace, name: &str) -> u32 {
        let invalidated_at = self.invalidated_at(name).max(self.invalidated_at(bare(name)));
        invalidated_at
            .max(self.horizon().gained(namespace))
            .max(prefix_invalidated_at(self, namespace, name))
    }

    /// Looks up a name.
    fn look_up(&self, key: &Key) -> Lookup {
        let (namespace, home, name) = key;
        let Some(whole_since) = self.whole_since(*namespace, *home) else {
            return match self.slot(key) {
                Some(Slot::Here(id)) if self.is_sure(id) => Lookup::Yes(id),
                Some(Slot::Here(id)) => Lookup::Unknown(Some(id)),
                _ => Lookup::Unknown(None),
            };
        };
        match self.slot(key) {
            Some(Slot::Here(id)) if self.is_sure(id) => Lookup::Yes(id),
            Some(Slot::Here(id)) => Lookup::Unknown(Some(id)),
            Some(Slot::Many | Slot::Perhaps { .. }) => Lookup::Unknown(None),
            Some(Slot::Gone { since, place }) if since >= self.absent_since(*namespace, name) => {
                Lookup::No(Some(place))
            }
            None if whole_since >= self.absent_since(*namespace, name) => Lookup::No(None),
            Some(Slot::Gone { .. }) | None => Lookup::Unknown(None),
        }
    }

    /// Since when all names in a scope are known; `None` if not all are.
    fn whole_since(&self, namespace: Namespace, home: Option<Id>) -> Option<u32> {
        let Some(home) = home else { return Some(0) };
        let object = self.object(home)?;
        let (whole, of_table) = match namespace {
            Namespace::Column => (object.complete, true),
            Namespace::Constraint | Namespace::Trigger | Namespace::Policy | Namespace::Rule => {
                (object.parts_complete, true)
            }
            _ => (object.complete, false),
        };
        let since = object.whole_since;
        let known = !of_table || since >= self.invalidated_at(&object.name) && self.is_sure(home);
        (whole && known).then_some(since)
    }
}

impl Snapshot for Model {
    fn object(&self, id: Id) -> Option<&Object> {
        self.get(id)
    }

    fn slot(&self, key: &Key) -> Option<Slot> {
        self.slots.get(key).copied()
    }

    fn invalidated_at(&self, name: &str) -> u32 {
        if self.invalidated.is_empty() {
            0
        } else {
            self.invalidated.get(name).copied().unwrap_or(0)
        }
    }

    fn has_invalidated_prefixes(&self) -> bool {
        !self.invalidated_prefixes.is_empty()
    }

    fn prefix_invalidated_at(&self, name: &str) -> u32 {
        self.invalidated_prefixes.get(name).copied().unwrap_or(0)
    }

    fn horizon(&self) -> &Horizon {
        &self.horizon
    }

    fn unresolved(&self) -> Id {
        self.unresolved
    }

    fn is_earlier(&self) -> bool {
        false
    }
}

/// The model as it was at a mark: the current model, overlaid with the journal entries since then.
pub(super) struct EarlierState<'c> {
    model: &'c Model,
    pub(super) objects: HashMap<Id, Option<&'c Object>, FxBuildHasher>,
    slots: HashMap<&'c Key, Option<Slot>, FxBuildHasher>,
    invalidated: HashMap<&'c Rc<str>, u32, FxBuildHasher>,
    invalidated_prefixes: HashMap<&'c Rc<str>, u32, FxBuildHasher>,
    horizon: Horizon,
}

impl<'c> EarlierState<'c> {
    pub(super) fn new(model: &'c Model, mark: &Mark) -> Self {
        let mut then = EarlierState {
            model,
            objects: HashMap::default(),
            slots: HashMap::default(),
            invalidated: HashMap::default(),
            invalidated_prefixes: HashMap::default(),
            horizon: mark.horizon,
        };
        // The oldest journal entry of each object holds its original state.
        for undo in &model.journal[mark.length.min(model.journal.len())..] {
            match undo {
                Undo::Object(id, old) => {
                    then.objects.entry(*id).or_insert(old.as_deref());
                }
                Undo::Slot(key, old) => {
                    then.slots.entry(key).or_insert(*old);
                }
                Undo::Invalidated(name, old) => {
                    then.invalidated.entry(name).or_insert(old.unwrap_or(0));
                }
                Undo::InvalidatedPrefix(name, old) => {
                    then.invalidated_prefixes.entry(name).or_insert(old.unwrap_or(0));
                }
                Undo::Linked(_) | Undo::Unlinked(..) => {}
            }
        }
        then
    }
}

impl Snapshot for EarlierState<'_> {
    fn object(&self, id: Id) -> Option<&Object> {
        match self.objects.get(&id) {
            Some(old) => *old,
            None => self.model.get(id),
        }
    }

    fn slot(&self, key: &Key) -> Option<Slot> {
        match self.slots.get(key) {
            Some(old) => *old,
            None => self.model.slot(key),
        }
    }

    fn invalidated_at(&self, name: &str) -> u32 {
        match self.invalidated.get(&Rc::from(name)) {
            Some(old) => *old,
            None => self.model.invalidated_at(name),
        }
    }

    fn has_invalidated_prefixes(&self) -> bool {
        self.model.has_invalidated_prefixes()
    }

    fn prefix_invalidated_at(&self, name: &str) -> u32 {
        match self.invalidated_prefixes.get(&Rc::from(name)) {
            Some(old) => *old,
            None => self.model.prefix_invalidated_at(name),
        }
    }

    fn horizon(&self) -> &Horizon {
        &self.horizon
    }

    fn unresolved(&self) -> Id {
        self.model.unresolved
    }

    fn is_earlier(&self) -> bool {
        true
    }
}
