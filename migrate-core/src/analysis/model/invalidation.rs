//! Tracks which knowledge has become invalid: of one name, of a kind of names, or of all names.
//!
//! A name is present, absent or unknown. A fact holds from the statement that shows it. A statement
//! that cannot be followed invalidates the facts that were learnt before it.

use std::rc::Rc;

use super::snapshot::Snapshot;
use super::{Id, Key, Model, Namespace, Object, ObjectKind, Path, Slot, Undo};
use crate::analysis::names::LONGEST;

/// For each kind of name: since when existing names may be gone, and since when new ones may exist.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::analysis) struct Horizon {
    lost: [u32; Namespace::ALL.len()],
    gained: [u32; Namespace::ALL.len()],
}

impl Horizon {
    pub(super) fn lost(&self, namespace: Namespace) -> u32 {
        self.lost[namespace as usize]
    }

    pub(super) fn gained(&self, namespace: Namespace) -> u32 {
        self.gained[namespace as usize]
    }

    /// The kinds of names for which either time has advanced since an earlier state.
    pub(in crate::analysis) fn since(&self, earlier: &Horizon) -> (Vec<Namespace>, Vec<Namespace>) {
        let moved = |now: &[u32], then: &[u32]| -> Vec<Namespace> {
            let all = Namespace::ALL.into_iter();
            all.filter(|namespace| now[*namespace as usize] > then[*namespace as usize]).collect()
        };
        (moved(&self.lost, &earlier.lost), moved(&self.gained, &earlier.gained))
    }
}

impl Model {
    /// Invalidates everything that is known.
    pub(in crate::analysis) fn invalidate_everything(&mut self) {
        self.may_lose(&Namespace::ALL);
        self.may_gain(&Namespace::ALL);
    }

    /// Records that an object with a name of one of these kinds may be gone or replaced.
    pub(in crate::analysis) fn may_lose(&mut self, namespaces: &[Namespace]) {
        (self.now, self.version) = (self.now + 1, self.version + 1);
        self.freed += 1;
        for namespace in namespaces {
            self.horizon.lost[*namespace as usize] = self.now;
        }
    }

    /// Records that any name of one of these kinds may have been taken.
    pub(in crate::analysis) fn may_gain(&mut self, namespaces: &[Namespace]) {
        (self.now, self.version) = (self.now + 1, self.version + 1);
        for namespace in namespaces {
            self.horizon.gained[*namespace as usize] = self.now;
        }
    }

    /// Records that any object of this name may have been changed.
    pub(in crate::analysis) fn invalidate(&mut self, name: &Rc<str>) {
        (self.now, self.freed) = (self.now + 1, self.freed + 1);
        let old = self.invalidated.insert(name.clone(), self.now);
        self.note(Undo::Invalidated(name.clone(), old));
        self.invalidate_prefix(name);
    }

    /// Records that the server may have created an index, a constraint or a sequence whose name
    /// starts with this one.
    pub(in crate::analysis) fn invalidate_prefix(&mut self, name: &Rc<str>) {
        let old = self.invalidated_prefixes.insert(name.clone(), self.now);
        self.note(Undo::InvalidatedPrefix(name.clone(), old));
    }

    /// Whether unknown names of this kind may exist.
    pub(in crate::analysis) fn is_open(&self, namespace: Namespace) -> bool {
        self.horizon.gained(namespace) > 0
    }

    /// Whether an object certainly exists as it is known.
    pub(in crate::analysis) fn is_sure(&self, id: Id) -> bool {
        Snapshot::is_sure(self, id)
    }

    /// Learns that a name was free, because the server accepted a statement that creates it. If
    /// nothing has affected the name since the upgrade started, it was free at that time, too.
    pub(in crate::analysis) fn learn_absent(&mut self, key: &Key) {
        let chosen_at = prefix_invalidated_at(self, key.0, &key.2);
        if !self.learns || self.touched_since(key.0, &key.2).max(chosen_at) > self.start {
            return;
        }
        let is_untouched = match self.slots.get(key) {
            None => true,
            Some(Slot::Gone { since, .. } | Slot::Perhaps { since }) => *since <= self.start,
            Some(Slot::Here(id)) => {
                self.get(*id).is_some_and(|old| old.is_certain && old.since <= self.start)
            }
            Some(Slot::Many) => false,
        };
        if is_untouched {
            self.learnt_absent.insert(key.clone());
        }
    }

    /// The same for the name of an object that may have existed.
    pub(in crate::analysis) fn learn_free(&mut self, id: Id) {
        let Some(object) = self.get(id) else { return };
        if let Some(namespace) = object.class.namespace() {
            self.learn_absent(&(namespace, object.home, object.name.clone()));
        }
    }

    /// Records that a name may have been taken, if it is not known to be.
    pub(in crate::analysis) fn perhaps(&mut self, key: Key) {
        if !matches!(self.slots.get(&key), Some(Slot::Here(_) | Slot::Many)) {
            self.set_slot(key, Some(Slot::Perhaps { since: self.now }));
        }
    }

    /// When a statement that cannot be followed may last have created or removed this name.
    fn touched_since(&self, namespace: Namespace, name: &str) -> u32 {
        let horizon = self.horizon.lost(namespace).max(self.horizon.gained(namespace));
        horizon.max(self.invalidated_at(bare(name)))
    }

    /// Marks the search path as unknown until the end of the section.
    pub(in crate::analysis) fn lose_path(&mut self) {
        self.path = Path::Unknown;
    }
}

/// The suffixes of the names that the server chooses.
const CHOSEN: [&str; 8] = ["pkey", "key", "fkey", "idx", "seq", "check", "excl", "null"];

/// Whether the server may have chosen a name that starts with an invalidated prefix, and when at
/// the latest.
pub(super) fn prefix_invalidated_at(
    view: &(impl Snapshot + ?Sized),
    namespace: Namespace,
    name: &str,
) -> u32 {
    let may_be_chosen = matches!(
        namespace,
        Namespace::Relation | Namespace::Constraint | Namespace::ConstraintInSchema
    );
    if !view.has_invalidated_prefixes() || !may_be_chosen {
        return 0;
    }
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let ending = plain.rsplit('_').next().unwrap_or_default();
    let own = view.prefix_invalidated_at(name).max(view.prefix_invalidated_at(plain));
    if !CHOSEN.contains(&ending) {
        return own;
    }
    // A name that the server truncated has another prefix.
    if name.len() + 3 > LONGEST {
        return u32::MAX;
    }
    let prefixes = name.match_indices('_').map(|(at, _)| view.prefix_invalidated_at(&name[..at]));
    prefixes.max().unwrap_or(0).max(own)
}

/// A name without the arguments of a routine. If a name is unknown, all its signatures are.
pub(super) fn bare(name: &str) -> &str {
    name.find('(').map_or(name, |at| &name[..at])
}

/// The namespace in which the name of an object is unique.
pub(super) fn namespace_of(object: &Object) -> Namespace {
    match object.class {
        // A default belongs to its column.
        ObjectKind::Default => Namespace::Column,
        class => class.namespace().unwrap_or(Namespace::Column),
    }
}
