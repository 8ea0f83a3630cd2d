//! Where names without a schema lead as a session begins: `public`, as far as nothing tells of another path.
//!
//! `"$user"` comes first in it, so a schema of the chain's comes before `public` if the role has its name.

use std::rc::Rc;

use super::{Id, Lookup, Model, ObjectKind, Path};
use crate::analysis::names::Name;

impl Model {
    /// A new session, or `RESET search_path`.
    pub(in crate::analysis) fn reset_path(&mut self) {
        self.path = if self.default_path_is_lost { Path::Unknown } else { Path::Default };
    }

    /// From the next session on nobody knows where names without a schema lead; whether that is new.
    pub(in crate::analysis) fn lose_default_path(&mut self) -> bool {
        !std::mem::replace(&mut self.default_path_is_lost, true)
    }

    /// Notes how the name was written of something new.
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

    /// Whether the chain has made a schema, which may have the role's name.
    fn has_own_schema(&self) -> bool {
        let mut others = self.schemas.iter().filter(|id| **id != self.public);
        others.any(|id| self.get(*id).is_some_and(|schema| schema.is_certain))
    }

    /// Whether something was made as `t`, and something as `public.t`: it may be the same or not.
    pub(in crate::analysis) fn is_ambiguous(&self, name: &str) -> bool {
        self.made_bare.contains(name) && self.made_in_public.contains(name)
    }

    /// What is known of a name that may be another's as well.
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

    /// What was made without a schema behind this one in the same file: it is in it, if that has the role's name.
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

    /// What was made without a schema under the last part of a name that has one.
    pub(in crate::analysis) fn made_bare_as(&self, name: &Name) -> Option<Id> {
        let bare: Rc<str> = name.last().into();
        name.schema().filter(|_| self.made_bare.contains(&bare))?;
        let keys = [super::Namespace::Relation, super::Namespace::Type];
        keys.iter().find_map(|namespace| self.find(*namespace, Some(self.public), &bare).id())
    }
}
