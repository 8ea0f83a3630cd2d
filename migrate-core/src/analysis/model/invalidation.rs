//! What is not known any more: of a name, of a kind of names, or of everything.
//!
//! A name is present, absent or unknown. What a statement teaches holds from its time on; what nobody can
//! follow gets a time, too, and what was learnt before that does not count.

use std::rc::Rc;

use super::snapshot::Snapshot;
use super::{Id, Key, Model, Namespace, Object, ObjectKind, Path, Slot, Undo};
use crate::analysis::names::LONGEST;

/// Since when names of each kind may be gone, or may be there, that were known not to be.
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

    /// The kinds of which either moved on since an earlier state.
    pub(in crate::analysis) fn since(&self, earlier: &Horizon) -> (Vec<Namespace>, Vec<Namespace>) {
        let moved = |now: &[u32], then: &[u32]| -> Vec<Namespace> {
            let all = Namespace::ALL.into_iter();
            all.filter(|namespace| now[*namespace as usize] > then[*namespace as usize]).collect()
        };
        (moved(&self.lost, &earlier.lost), moved(&self.gained, &earlier.gained))
    }
}

impl Model {
    /// From here on nothing that was known is.
    pub(in crate::analysis) fn invalidate_everything(&mut self) {
        self.may_lose(&Namespace::ALL);
        self.may_gain(&Namespace::ALL);
    }

    /// What had a name of one of these kinds may have it no more, or may be something else.
    pub(in crate::analysis) fn may_lose(&mut self, namespaces: &[Namespace]) {
        (self.now, self.version) = (self.now + 1, self.version + 1);
        self.freed += 1;
        for namespace in namespaces {
            self.horizon.lost[*namespace as usize] = self.now;
        }
    }

    /// Any name of one of these kinds may have been taken.
    pub(in crate::analysis) fn may_gain(&mut self, namespaces: &[Namespace]) {
        (self.now, self.version) = (self.now + 1, self.version + 1);
        for namespace in namespaces {
            self.horizon.gained[*namespace as usize] = self.now;
        }
    }

    /// Something may have been done to whatever has this name.
    pub(in crate::analysis) fn invalidate(&mut self, name: &Rc<str>) {
        (self.now, self.freed) = (self.now + 1, self.freed + 1);
        let old = self.invalidated.insert(name.clone(), self.now);
        self.note(Undo::Invalidated(name.clone(), old));
        self.invalidate_prefix(name);
    }

    /// An index, a constraint or a sequence may have been made whose name the server began with this one.
    pub(in crate::analysis) fn invalidate_prefix(&mut self, name: &Rc<str>) {
        let old = self.invalidated_prefixes.insert(name.clone(), self.now);
        self.note(Undo::InvalidatedPrefix(name.clone(), old));
    }

    /// Whether names of this kind may be there of which nothing is known.
    pub(in crate::analysis) fn is_open(&self, namespace: Namespace) -> bool {
        self.horizon.gained(namespace) > 0
    }

    /// Whether an object is there as it is known.
    pub(in crate::analysis) fn is_sure(&self, id: Id) -> bool {
        Snapshot::is_sure(self, id)
    }

    /// That a server takes a statement which makes a name means that it was free. If nothing has touched
    /// the name since the upgrade began, it was free then, too.
    pub(in crate::analysis) fn learn_absent(&mut self, key: &Key) {
        if !self.learns || self.touched_since(key.0, &key.2) > self.start {
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

    /// The same of the name of what was perhaps there.
    pub(in crate::analysis) fn learn_free(&mut self, id: Id) {
        let Some(object) = self.get(id) else { return };
        if let Some(namespace) = object.class.namespace() {
            self.learn_absent(&(namespace, object.home, object.name.clone()));
        }
    }

    /// A name that may have been taken, if it is not.
    pub(in crate::analysis) fn perhaps(&mut self, key: Key) {
        if !matches!(self.slots.get(&key), Some(Slot::Here(_) | Slot::Many)) {
            self.set_slot(key, Some(Slot::Perhaps { since: self.now }));
        }
    }

    /// When something that nobody can follow may have made or removed this name last.
    fn touched_since(&self, namespace: Namespace, name: &str) -> u32 {
        let horizon = self.horizon.lost(namespace).max(self.horizon.gained(namespace));
        horizon.max(self.invalidated_at(bare(name)))
    }

    /// Where names without a schema lead is not known any more, until the section ends.
    pub(in crate::analysis) fn lose_path(&mut self) {
        self.path = Path::Unknown;
    }
}

/// How the server ends the names that it chooses.
const CHOSEN: [&str; 8] = ["pkey", "key", "fkey", "idx", "seq", "check", "excl", "null"];

/// Whether the server may have chosen a name that begins with one of the hazy ones, and when at the latest.
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
    // What the server has shortened begins otherwise.
    if name.len() + 3 > LONGEST {
        return u32::MAX;
    }
    let prefixes = name.match_indices('_').map(|(at, _)| view.prefix_invalidated_at(&name[..at]));
    prefixes.max().unwrap_or(0).max(own)
}

/// A name without the arguments of a routine: what is not known of a name is not known of any of its
/// signatures.
pub(super) fn bare(name: &str) -> &str {
    name.find('(').map_or(name, |at| &name[..at])
}

/// The kind of names that an object has one of.
pub(super) fn namespace_of(object: &Object) -> Namespace {
    match object.class {
        // A part of its column.
        ObjectKind::Default => Namespace::Column,
        class => class.namespace().unwrap_or(Namespace::Column),
    }
}
