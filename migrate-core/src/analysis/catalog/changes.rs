//! What has changed since a moment, and how to take it back.

use std::collections::{HashMap, HashSet};

use super::{Catalog, Class, Detail, Id, Object, Path, Slot, Undo};
use crate::analysis::statement::is_built_in;

/// A moment to go back to.
#[derive(Debug, Clone)]
pub(in crate::analysis) struct Mark {
    length: usize,
    blank: u32,
    path: Path,
    schemas: Vec<Id>,
}

/// Something that is there at one of two moments.
#[derive(Debug)]
pub(in crate::analysis) struct Difference {
    /// Whether it is there now, and was not then.
    pub(in crate::analysis) is_new: bool,
    /// Its kind and name: ``table `users` ``.
    pub(in crate::analysis) what: String,
    /// As it is, or as it was.
    pub(in crate::analysis) object: Object,
    /// Where it went, if that is known.
    pub(in crate::analysis) gone: Option<super::Place>,
}

impl Catalog {
    pub(in crate::analysis) fn mark(&self) -> Mark {
        Mark {
            length: self.journal.len(),
            blank: self.blank,
            path: self.path.clone(),
            schemas: self.schemas.clone(),
        }
    }

    /// Forgets how to go back.
    pub(in crate::analysis) fn forget(&mut self) {
        self.journal.clear();
    }

    pub(in crate::analysis) fn undo(&mut self, mark: Mark) {
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
                Some(Undo::Blurred(name, Some(since))) => {
                    self.blurs.insert(name, since);
                }
                Some(Undo::Blurred(name, None)) => {
                    self.blurs.remove(&name);
                }
                Some(Undo::Hazy(name)) => {
                    self.hazes.remove(&name);
                }
                None => {}
            }
        }
        (self.blank, self.path, self.schemas) = (mark.blank, mark.path, mark.schemas);
    }

    /// What surely is here now and was not then, or the other way round.
    pub(in crate::analysis) fn differences(&self, mark: &Mark) -> Vec<Difference> {
        // The oldest of each is what it was.
        let mut before: HashMap<Id, Option<&Object>> = HashMap::new();
        for undo in &self.journal[mark.length.min(self.journal.len())..] {
            if let Undo::Object(id, old) = undo {
                before.entry(*id).or_insert(old.as_deref());
            }
        }
        let then = |id: Id| match before.get(&id) {
            Some(old) => old.cloned(),
            None => self.get(id).cloned(),
        };
        let now = |id: Id| self.get(id).cloned();
        let mut ids: Vec<Id> = before.keys().copied().collect();
        ids.sort_unstable();
        let named = |object: &Object, get: &dyn Fn(Id) -> Option<Object>| {
            let name = self.shown_with(object, get);
            let table = object.table.or(object.home).and_then(get);
            let of =
                table.filter(|table| table.class != Class::Schema && object.class != Class::Column);
            let of =
                of.map_or(String::new(), |table| format!(" of `{}`", self.shown_with(&table, get)));
            let of = if object.class == Class::Index { String::new() } else { of };
            format!("{} `{name}`{of}", object.class.word())
        };
        let is_told = |object: &Object| {
            !matches!(object.class, Class::Default)
                && object.home != Some(self.temporary)
                && object.home != Some(self.nowhere)
                && object.place != super::Place::default()
        };
        let mut old_names: HashMap<String, Object> = HashMap::new();
        let mut new_names: HashMap<String, Object> = HashMap::new();
        for id in &ids {
            if let Some(object) = then(*id).filter(is_told) {
                old_names.insert(named(&object, &then), object);
            }
            if let Some(object) = now(*id).filter(is_told) {
                new_names.insert(named(&object, &now), object);
            }
        }
        let mut found = Vec::new();
        for (names, others, is_new, get) in [
            (&new_names, &old_names, true, &now as &dyn Fn(Id) -> Option<Object>),
            (&old_names, &new_names, false, &then as &dyn Fn(Id) -> Option<Object>),
        ] {
            let told: HashSet<String> =
                names.keys().filter(|name| !others.contains_key(*name)).cloned().collect();
            for name in &told {
                let object = &names[name];
                let is_sure = object.is_certain
                    && !(is_new && object.is_old)
                    && (is_new || !self.is_hazy(&object.name))
                    && self.holds(&object.name, object.since)
                    && self.homes_hold(object, object.since, get);
                // What goes with something else that is told is not told.
                let follows = object.needs.iter().any(|need| {
                    let on = get(need.on);
                    on.is_some_and(|on| told.contains(&named(&on, get)))
                });
                let follows = follows
                    || object
                        .table
                        .or(object.home)
                        .and_then(get)
                        .is_some_and(|home| told.contains(&named(&home, get)));
                if is_sure && !follows {
                    let gone = object.class.space().and_then(|space| {
                        match self.slots.get(&(space, object.home, object.name.clone())) {
                            Some(Slot::Gone { place, .. }) => Some(*place),
                            _ => None,
                        }
                    });
                    found.push(Difference {
                        is_new,
                        what: name.clone(),
                        object: object.clone(),
                        gone,
                    });
                }
            }
        }
        for (name, old) in &old_names {
            let Some(new) = new_names.get(name) else { continue };
            let is_sure = old.is_certain
                && new.is_certain
                && !self.is_hazy(&new.name)
                && self.holds(&new.name, old.since.min(new.since))
                && self.homes_hold(new, old.since.min(new.since), &now);
            let changes = changes(old, new).into_iter().filter(|_| is_sure);
            found.extend(changes.map(|(is_new, what, place)| Difference {
                is_new,
                what: format!("{what} of {name}"),
                object: Object { place: if is_new { place } else { old.place }, ..new.clone() },
                gone: Some(place),
            }));
        }
        for (name, old) in &old_names {
            let (Some(new), Detail::Enum { labels: before }) = (new_names.get(name), &old.detail)
            else {
                continue;
            };
            let Detail::Enum { labels: after } = &new.detail else { continue };
            let whole =
                old.complete && new.complete && self.holds(&new.name, old.since.min(new.since));
            let left: Vec<_> =
                after.iter().map(|l| (l, true)).filter(|(l, _)| !before.contains(l)).collect();
            let lost = before.iter().map(|l| (l, false)).filter(|(l, _)| !after.contains(l));
            for (label, is_new) in left.into_iter().chain(lost).filter(|_| whole) {
                let what = format!("value `{label}` of {name}");
                found.push(Difference { is_new, what, object: new.clone(), gone: None });
            }
        }
        found.sort_by(|a, b| {
            (a.object.place.source, a.object.place.span.start, &a.what).cmp(&(
                b.object.place.source,
                b.object.place.span.start,
                &b.what,
            ))
        });
        found
    }

    fn homes_hold(&self, object: &Object, since: u32, get: &dyn Fn(Id) -> Option<Object>) -> bool {
        let home = object.table.or(object.home).and_then(get);
        home.is_none_or(|home| {
            home.class == Class::Schema
                || home.is_certain
                    && self.holds(&home.name, since)
                    && self.homes_hold(&home, home.since, get)
        })
    }
}

/// What a column has now and had not then, or the other way round, and where that was changed. Of types
/// only those that every server has: others may be known by two names.
fn changes(old: &Object, new: &Object) -> Vec<(bool, String, super::Place)> {
    let (
        Detail::Column { kind: was, not_null: was_set, .. },
        Detail::Column { kind: is, not_null: is_set, changed },
    ) = (&old.detail, &new.detail)
    else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if let (Some(was), Some(is)) = (was, is)
        && was != is
        && is_built_in(was)
        && is_built_in(is)
    {
        found.push((false, format!("type `{was}`"), *changed));
    }
    if was_set != is_set {
        found.push((*is_set, "NOT NULL".to_owned(), *changed));
    }
    found
}
