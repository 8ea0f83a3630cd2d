//! What is known of a name: now, or at an earlier moment. The rules are the same.

use std::collections::HashMap;
use std::rc::Rc;

use super::knowledge::{Horizon, bare, hazed, space_of};
use super::quick::Quick;
use super::{Catalog, Class, Found, Id, Key, Mark, Object, Slot, Space, Undo};

pub(super) trait View {
    fn object(&self, id: Id) -> Option<&Object>;
    fn slot(&self, key: &Key) -> Option<Slot>;
    /// When a name was last in something that nobody can follow; 0 if never.
    fn blurred(&self, name: &str) -> u32;
    fn has_hazes(&self) -> bool;
    fn hazed(&self, name: &str) -> u32;
    fn horizon(&self) -> &Horizon;
    fn nowhere(&self) -> Id;
    /// Whether it is of a moment before.
    fn is_earlier(&self) -> bool;

    /// Whether an object is there as it is known.
    fn is_sure(&self, id: Id) -> bool {
        let mut next = Some(id);
        // A column, its table, and no further: a schema is there as long as nobody drops it.
        while let Some(id) = next {
            let Some(object) = self.object(id) else { return false };
            if !object.is_certain
                || object.home == Some(self.nowhere())
                || object.since < self.present_since(space_of(object), &object.name)
            {
                return false;
            }
            let home = object.table.or(object.home);
            next = home
                .filter(|home| self.object(*home).is_none_or(|home| home.class != Class::Schema));
            // What is known of a part was learnt of the table of that name.
            if let Some(home) = next.and_then(|home| self.object(home))
                && object.since < self.blurred(bare(&home.name))
            {
                return false;
            }
        }
        true
    }

    /// Since when that a name is there counts.
    fn present_since(&self, space: Space, name: &str) -> u32 {
        self.blurred(name).max(self.blurred(bare(name))).max(self.horizon().lost(space))
    }

    /// Since when that a name is not there counts.
    fn absent_since(&self, space: Space, name: &str) -> u32 {
        let blurred = self.blurred(name).max(self.blurred(bare(name)));
        blurred.max(self.horizon().gained(space)).max(hazed(self, space, name))
    }

    /// What has this name there.
    fn look_up(&self, key: &Key) -> Found {
        let (space, home, name) = key;
        let Some(whole_since) = self.whole_since(*space, *home) else {
            return match self.slot(key) {
                Some(Slot::Here(id)) if self.is_sure(id) => Found::Yes(id),
                Some(Slot::Here(id)) => Found::Maybe(Some(id)),
                _ => Found::Maybe(None),
            };
        };
        match self.slot(key) {
            Some(Slot::Here(id)) if self.is_sure(id) => Found::Yes(id),
            Some(Slot::Here(id)) => Found::Maybe(Some(id)),
            Some(Slot::Many | Slot::Perhaps { .. }) => Found::Maybe(None),
            Some(Slot::Gone { since, place }) if since >= self.absent_since(*space, name) => {
                Found::No(Some(place))
            }
            None if whole_since >= self.absent_since(*space, name) => Found::No(None),
            Some(Slot::Gone { .. }) | None => Found::Maybe(None),
        }
    }

    /// Since when all is known that has a name there; nothing where not all is.
    fn whole_since(&self, space: Space, home: Option<Id>) -> Option<u32> {
        let Some(home) = home else { return Some(0) };
        let object = self.object(home)?;
        let (whole, of_table) = match space {
            Space::Column => (object.complete, true),
            Space::Constraint | Space::Trigger | Space::Policy | Space::Rule => {
                (object.parts_complete, true)
            }
            _ => (object.complete, false),
        };
        let since = object.whole_since;
        let known = !of_table || since >= self.blurred(&object.name) && self.is_sure(home);
        (whole && known).then_some(since)
    }
}

impl View for Catalog {
    fn object(&self, id: Id) -> Option<&Object> {
        self.get(id)
    }

    fn slot(&self, key: &Key) -> Option<Slot> {
        self.slots.get(key).copied()
    }

    fn blurred(&self, name: &str) -> u32 {
        if self.blurs.is_empty() { 0 } else { self.blurs.get(name).copied().unwrap_or(0) }
    }

    fn has_hazes(&self) -> bool {
        !self.hazes.is_empty()
    }

    fn hazed(&self, name: &str) -> u32 {
        self.hazes.get(name).copied().unwrap_or(0)
    }

    fn horizon(&self) -> &Horizon {
        &self.horizon
    }

    fn nowhere(&self) -> Id {
        self.nowhere
    }

    fn is_earlier(&self) -> bool {
        false
    }
}

/// The catalog as it was at a mark: what the journal has of the time since, over what is.
pub(super) struct Then<'c> {
    catalog: &'c Catalog,
    pub(super) objects: HashMap<Id, Option<&'c Object>, Quick>,
    slots: HashMap<&'c Key, Option<Slot>, Quick>,
    blurs: HashMap<&'c Rc<str>, u32, Quick>,
    hazes: HashMap<&'c Rc<str>, u32, Quick>,
    horizon: Horizon,
}

impl<'c> Then<'c> {
    pub(super) fn new(catalog: &'c Catalog, mark: &Mark) -> Self {
        let mut then = Then {
            catalog,
            objects: HashMap::default(),
            slots: HashMap::default(),
            blurs: HashMap::default(),
            hazes: HashMap::default(),
            horizon: mark.horizon,
        };
        // The oldest of each is what it was.
        for undo in &catalog.journal[mark.length.min(catalog.journal.len())..] {
            match undo {
                Undo::Object(id, old) => {
                    then.objects.entry(*id).or_insert(old.as_deref());
                }
                Undo::Slot(key, old) => {
                    then.slots.entry(key).or_insert(*old);
                }
                Undo::Blurred(name, old) => {
                    then.blurs.entry(name).or_insert(old.unwrap_or(0));
                }
                Undo::Hazy(name, old) => {
                    then.hazes.entry(name).or_insert(old.unwrap_or(0));
                }
                Undo::Linked(_) | Undo::Unlinked(..) => {}
            }
        }
        then
    }
}

impl View for Then<'_> {
    fn object(&self, id: Id) -> Option<&Object> {
        match self.objects.get(&id) {
            Some(old) => *old,
            None => self.catalog.get(id),
        }
    }

    fn slot(&self, key: &Key) -> Option<Slot> {
        match self.slots.get(key) {
            Some(old) => *old,
            None => self.catalog.slot(key),
        }
    }

    fn blurred(&self, name: &str) -> u32 {
        match self.blurs.get(&Rc::from(name)) {
            Some(old) => *old,
            None => self.catalog.blurred(name),
        }
    }

    fn has_hazes(&self) -> bool {
        self.catalog.has_hazes()
    }

    fn hazed(&self, name: &str) -> u32 {
        match self.hazes.get(&Rc::from(name)) {
            Some(old) => *old,
            None => self.catalog.hazed(name),
        }
    }

    fn horizon(&self) -> &Horizon {
        &self.horizon
    }

    fn nowhere(&self) -> Id {
        self.catalog.nowhere
    }

    fn is_earlier(&self) -> bool {
        true
    }
}
