//! What is not known any more: of a name, or of everything.

use std::rc::Rc;

use super::{Catalog, Id, Path, Undo};
use crate::analysis::names::LONGEST;

impl Catalog {
    /// From here on nothing that was known is.
    pub(in crate::analysis) fn blank(&mut self) {
        self.now += 1;
        self.blank = self.now;
        self.path = Path::Unknown;
    }

    /// Something may have been done to whatever has this name.
    pub(in crate::analysis) fn blur(&mut self, name: &Rc<str>) {
        self.now += 1;
        let old = self.blurs.insert(name.clone(), self.now);
        self.journal.push(Undo::Blurred(name.clone(), old));
        self.haze(name);
    }

    /// Something may have been made whose name begins with this one.
    pub(in crate::analysis) fn haze(&mut self, name: &Rc<str>) {
        if self.hazes.insert(name.clone(), ()).is_none() {
            self.journal.push(Undo::Hazy(name.clone()));
        }
    }

    pub(in crate::analysis) fn is_blank(&self) -> bool {
        self.blank > 0
    }

    /// Since when a name is known again.
    fn known_since(&self, name: &str) -> u32 {
        let blurred = |name: &str| self.blurs.get(name).copied().unwrap_or(0);
        blurred(name).max(blurred(bare(name))).max(self.blank)
    }

    /// Whether what was known of a name at that time still holds.
    pub(super) fn holds(&self, name: &str, since: u32) -> bool {
        since >= self.known_since(name)
    }

    /// Whether a name that was never seen may yet be there.
    pub(super) fn is_hazy(&self, name: &str) -> bool {
        let name = bare(name);
        if self.blank > 0 || self.blurs.contains_key(name) {
            return true;
        }
        if self.hazes.is_empty() {
            return false;
        }
        // What the server has shortened begins otherwise.
        name.len() + 3 > LONGEST
            || self.hazes.contains_key(name)
            || name.match_indices('_').any(|(at, _)| self.hazes.contains_key(&name[..at]))
            || self.hazes.contains_key(name.trim_end_matches(|c: char| c.is_ascii_digit()))
    }

    /// Whether an object is there as it is known.
    pub(in crate::analysis) fn is_sure(&self, id: Id) -> bool {
        let Some(object) = self.get(id) else { return false };
        if !object.is_certain
            || object.home == Some(self.nowhere)
            || !self.holds(&object.name, object.since)
        {
            return false;
        }
        let table = object.table.or(object.home);
        let Some(table) = table.and_then(|table| Some((table, self.get(table)?))) else {
            return true;
        };
        let (table_id, table) = table;
        if table.class == super::Class::Schema {
            return true;
        }
        self.holds(&table.name, object.since) && self.is_sure(table_id)
    }
}

/// A name without the arguments of a routine: what is not known of a name is not known of any of its
/// signatures.
fn bare(name: &str) -> &str {
    name.find('(').map_or(name, |at| &name[..at])
}
