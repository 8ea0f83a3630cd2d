//! Tracks where unqualified names are looked up at the start of a session: in `public`, unless
//! something may have changed the path.
//!
//! The default path starts with `"$user"`. So a schema of the chain comes before `public` if it has
//! the name of the role.

use std::rc::Rc;

use super::{Id, Lookup, Model, ObjectKind, Path};
use crate::analysis::names::Name;

impl Model {
    /// Resets the path, as in a new session or after `RESET search_path`.
    pub(in crate::analysis) fn reset_path(&mut self) {
        self.path = if self.default_path_is_lost { Path::Unknown } else { Path::Default };
    }

    /// Marks the path as unknown from the next session on. Returns whether that is new.
    pub(in crate::analysis) fn lose_default_path(&mut self) -> bool {
        !std::mem::replace(&mut self.default_path_is_lost, true)
    }

    /// Records whether the name of a new object was written with a schema.
    pub(in crate::analysis) fn note_written(&mut self, name: &Name) {
        match name.schema() {
            Some(schema) if &*schema.text == "public" => {
                self.made_in_public.insert(name.last().into());
            }
            None if matches!(self.path, Path::Default) && self.has_own_schema() => {
                self.made_bare.insert(name.last().into());
            }
            _ => {}
        }
    }

    /// Whether the chain has created a schema, which may have the name of the role.
    fn has_own_schema(&self) -> bool {
        let mut others = self.schemas.iter().filter(|id| **id != self.public);
        others.any(|id| self.get(*id).is_some_and(|schema| schema.is_certain))
    }

    /// Whether one object was created as `t` and another as `public.t`. They may or may not be in
    /// the same schema.
    pub(in crate::analysis) fn is_ambiguous(&self, name: &str) -> bool {
        self.made_bare.contains(name) && self.made_in_public.contains(name)
    }

    /// Downgrades a lookup to unknown if the name may belong to another object as well.
    pub(super) fn doubted(&self, name: &Name, found: Lookup) -> Lookup {
        let is_meant = match name.schema() {
            Some(schema) => &*schema.text == "public",
            None => matches!(self.path, Path::Default),
        };
        if !is_meant || self.made_bare.is_empty() || !self.is_ambiguous(name.last()) {
            return found;
        }
        Lookup::Unknown(found.id())
    }

    /// The objects created without a schema after this schema, in the same file. They are in this
    /// schema if it has the name of the role.
    pub(in crate::analysis) fn made_bare_behind(&self, schema: Id) -> Vec<Id> {
        let Some(place) = self.get(schema).map(|schema| schema.place) else { return Vec::new() };
        let behind = |name: &str| self.made_bare.contains(name.split('(').next().unwrap_or(name));
        let all = self.objects().filter(|(_, object)| {
            object.home == Some(self.public)
                && object.class != ObjectKind::Schema
                && object.place.source == place.source
                && object.place.span.start >= place.span.start
                && behind(&object.name)
        });
        all.map(|(id, _)| id).collect()
    }

    /// The object created without a schema under the last part of a qualified name.
    pub(in crate::analysis) fn made_bare_as(&self, name: &Name) -> Option<Id> {
        let bare: Rc<str> = name.last().into();
        name.schema().filter(|_| self.made_bare.contains(&bare))?;
        let keys = [super::Namespace::Relation, super::Namespace::Type];
        keys.iter().find_map(|namespace| self.find(*namespace, Some(self.public), &bare).id())
    }
}
