//! Replays `DROP`: which objects are dropped along with it, and which prevent it.

use std::collections::HashSet;

use super::state::{ReplayState, Target};
use crate::analysis::model::{DependencyKind, FileSpan, Id, Lookup, Namespace, ObjectKind};
use crate::analysis::names::{Ident, Name};
use crate::analysis::statement::{Drop, ObjectType, OnTable};
use crate::chain::problem::Problem;
use crate::syntax::source::Span;

/// The largest number of dependents listed in a message.
const MOST_NAMED: usize = 5;

impl ReplayState {
    pub(super) fn drop_statement(&mut self, drop: &Drop) {
        let mut roots = Vec::new();
        for name in &drop.names {
            if let Some(id) = self.droppable(drop, name) {
                roots.push((id, name.span()));
            }
        }
        if drop.kind == ObjectType::Extension {
            let place = self.place(drop.names.first().map_or(Span::default(), Name::span));
            for (id, _) in roots {
                self.model.remove(id, place);
            }
            // The types and functions that it drops are not known.
            if drop.cascade {
                self.go_blind("what goes with an extension is not known");
            }
            return;
        }
        if drop.kind == ObjectType::Schema {
            return self.drop_schemas(&roots, drop.cascade);
        }
        self.drop_objects(&roots, drop.cascade);
    }

    fn droppable(&mut self, drop: &Drop, name: &Name) -> Option<Id> {
        let (kind, fits): (&'static str, fn(ObjectKind) -> bool) = match drop.kind {
            ObjectType::Table => ("table", |class| class == ObjectKind::Table),
            ObjectType::View => ("view", |class| class == ObjectKind::View),
            ObjectType::MaterializedView => {
                ("materialized view", |class| class == ObjectKind::MaterializedView)
            }
            ObjectType::Index => ("index", |class| class == ObjectKind::Index),
            ObjectType::Sequence => ("sequence", |class| class == ObjectKind::Sequence),
            ObjectType::ForeignTable => {
                ("foreign table", |class| class == ObjectKind::ForeignTable)
            }
            ObjectType::Type => return self.droppable_type(name, drop.if_exists, "type"),
            ObjectType::Domain => return self.droppable_type(name, drop.if_exists, "domain"),
            ObjectType::Schema => {
                let schema = name.parts.first()?;
                return match self.model.find(Namespace::Schema, None, &schema.text) {
                    Lookup::Yes(id) => Some(id),
                    Lookup::Unknown(id) => id,
                    // An object that the chain never created may come from elsewhere.
                    Lookup::No(None) => None,
                    Lookup::No(_) if drop.if_exists => None,
                    Lookup::No(gone) => {
                        let schemas = self.names_of(|class| class == ObjectKind::Schema);
                        self.report_missing(
                            "schema",
                            &name.to_string(),
                            name.span(),
                            gone,
                            &schemas,
                        );
                        None
                    }
                };
            }
            ObjectType::Extension => {
                let name = name.parts.first()?;
                return self.model.find(Namespace::Extension, None, &name.text).id();
            }
        };
        let target = self.relation(name, kind, drop.if_exists)?;
        let is_new = self.model.get(target.id).is_some_and(|object| !object.is_old);
        if is_new && self.model.is_sure(target.id) && !fits(target.class) {
            self.wrong_kind(target.id, kind, name.span());
            return None;
        }
        // A temporary object may already be gone, and the name may refer to another one.
        if self.model.get(target.id)?.home == Some(self.model.temporary) {
            self.model.invalidate(&name.last().into());
        }
        Some(target.id)
    }

    pub(super) fn droppable_type(
        &mut self,
        name: &Name,
        if_exists: bool,
        kind: &'static str,
    ) -> Option<Id> {
        let found = self.model.resolve(Namespace::Type, name);
        if let Lookup::Yes(id) = found {
            if kind == "domain" && self.class(id) != Some(ObjectKind::Domain) {
                self.wrong_kind(id, kind, name.span());
                return None;
            }
            return Some(id);
        }
        // Composite types are relations, too.
        let row = self.model.resolve(Namespace::Relation, name);
        if let Some(id) = row.id().filter(|id| self.class(*id) == Some(ObjectKind::Composite)) {
            return Some(id);
        }
        match (found, row) {
            (Lookup::Unknown(Some(id)), _) => Some(id),
            (Lookup::Unknown(None), _) => self.ghost(ObjectKind::OtherType, Namespace::Type, name),
            (_, Lookup::Yes(id)) if self.class(id).is_some_and(ObjectKind::has_row_type) => {
                self.wrong_kind(id, kind, name.span());
                None
            }
            (_, Lookup::Unknown(_)) => None,
            _ if if_exists => None,
            (Lookup::No(gone), _) => {
                let types = self.names_of(ObjectKind::is_type);
                self.report_missing(kind, &name.to_string(), name.span(), gone, &types);
                None
            }
            _ => None,
        }
    }

    fn drop_schemas(&mut self, roots: &[(Id, Span)], cascade: bool) {
        for (id, span) in roots {
            let mut inside: Vec<Id> = self
                .model
                .objects()
                .filter(|(_, object)| object.home == Some(*id))
                .map(|(id, _)| id)
                .collect();
            inside.sort_unstable();
            if !cascade {
                let sure: Vec<Id> =
                    inside.iter().copied().filter(|id| self.model.is_sure(*id)).collect();
                if !sure.is_empty() && self.model.is_sure(*id) {
                    self.still_needed(*id, *span, &sure);
                    continue;
                }
            }
            if cascade {
                // If the schema is named like the role, these are in it.
                for id in self.model.made_bare_behind(*id) {
                    self.model.change(id, FileSpan::default(), |object| object.is_certain = false);
                }
            }
            let mut all: Vec<(Id, Span)> = inside.into_iter().map(|id| (id, *span)).collect();
            all.push((*id, *span));
            self.drop_objects(&all, cascade);
        }
    }

    fn still_needed(&mut self, id: Id, span: Span, by: &[Id]) {
        let what = self.describe(id);
        let names: Vec<String> = by.iter().take(MOST_NAMED).map(|id| self.describe(*id)).collect();
        let more = by.len().saturating_sub(MOST_NAMED);
        self.report(Problem::StillNeeded { what, by: names, more }, span, "can't be dropped");
        let first = by.first().and_then(|id| self.model.get(*id));
        if let Some(place) = first.map(|object| object.place) {
            self.add_related(place, "needed here");
        }
    }

    /// Drops these objects and their dependents, and reports what prevents it.
    pub(super) fn drop_objects(&mut self, roots: &[(Id, Span)], cascade: bool) {
        let mut going: Vec<Id> = roots.iter().map(|(id, _)| *id).collect();
        let mut seen: HashSet<Id> = going.iter().copied().collect();
        let mut doubtful: Vec<Id> = Vec::new();
        let mut at = 0;
        while let Some(id) = going.get(at).copied() {
            at += 1;
            for (other, how) in self.model.dependents(id).to_vec() {
                let goes = match how {
                    DependencyKind::Auto
                    | DependencyKind::Internal
                    | DependencyKind::Child { partition: true } => true,
                    DependencyKind::Normal | DependencyKind::Child { .. } => {
                        cascade && self.model.is_sure(id)
                    }
                    DependencyKind::Guess => false,
                };
                // An object that may contain an expression over a column is dropped with it, if it
                // does.
                let quietly =
                    matches!(self.class(other), Some(ObjectKind::Index | ObjectKind::Constraint));
                if goes && seen.insert(other) {
                    going.push(other);
                } else if !goes && (cascade || quietly && how == DependencyKind::Guess) {
                    doubtful.push(other);
                }
            }
            if cascade {
                doubtful.extend(self.may_read(id));
            }
            doubtful.extend(self.adopted(id));
            self.free_chosen_names(id);
        }
        if cascade {
            doubtful.extend(self.may_follow(roots, &going));
        }
        for (id, span) in roots {
            // An internal part is dropped with the object that created it.
            let Some(object) = self.model.get(*id) else { continue };
            let internal =
                object.dependencies.iter().find(|need| need.how == DependencyKind::Internal);
            if let Some(need) = internal
                && !seen.contains(&need.on)
                && self.model.is_sure(*id)
                && self.model.is_sure(need.on)
            {
                let on = need.on;
                return self.still_needed(*id, *span, &[on]);
            }
        }
        if !cascade {
            for (root, span) in roots {
                let by = self.in_the_way(*root, &seen);
                if !by.is_empty() {
                    return self.still_needed(*root, *span, &by);
                }
            }
        }
        let span = roots.first().map_or(Span::default(), |(_, span)| *span);
        let place = self.place(span);
        for id in doubtful.into_iter().filter(|id| !seen.contains(id)) {
            self.doubt(id, span);
        }
        // Certain dependents are gone; possible dependents may still exist.
        let rooted: Vec<Id> = roots.iter().map(|(id, _)| *id).collect();
        let unsure: Vec<_> = going
            .iter()
            .filter(|id| !rooted.contains(id) && !self.model.is_sure(**id))
            .filter_map(|id| self.model.get(*id))
            .filter_map(|object| {
                Some((object.class.namespace()?, object.home, object.name.clone()))
            })
            .collect();
        // A key that may have existed had an index of its name.
        let keys: Vec<_> = going
            .iter()
            .filter(|id| {
                !self.model.is_sure(**id) && self.class(**id) == Some(ObjectKind::Constraint)
            })
            .filter_map(|id| self.model.get(*id))
            .filter_map(|key| {
                let table = self.model.get(key.home?)?;
                Some((Namespace::Relation, table.home, key.name.clone()))
            })
            .collect();
        for id in going {
            self.model.remove(id, place);
        }
        for key in unsure.into_iter().chain(keys) {
            self.model.perhaps(key);
        }
    }

    /// Records that an object and its dependents may have been dropped.
    pub(super) fn doubt(&mut self, id: Id, span: Span) {
        let place = self.place(span);
        let (mut left, mut seen) = (vec![id], HashSet::new());
        while let Some(id) = left.pop() {
            if seen.insert(id) {
                left.extend(self.model.dependents(id).iter().map(|(other, _)| *other));
                self.model.change(id, place, |object| object.is_certain = false);
            }
        }
    }

    /// The objects that prevent a drop, because they depend on the object or on its dependents.
    fn in_the_way(&self, root: Id, going: &HashSet<Id>) -> Vec<Id> {
        let (mut left, mut seen, mut found) = (vec![root], HashSet::from([root]), Vec::new());
        while let Some(id) = left.pop() {
            if !self.model.is_sure(id) {
                continue;
            }
            for (other, how) in self.model.dependents(id) {
                let goes_along = matches!(
                    how,
                    DependencyKind::Auto
                        | DependencyKind::Internal
                        | DependencyKind::Child { partition: true }
                );
                if goes_along && seen.insert(*other) {
                    left.push(*other);
                } else if matches!(
                    how,
                    DependencyKind::Normal | DependencyKind::Child { partition: false }
                ) && !going.contains(other)
                    && self.model.is_sure(*other)
                    && !found.contains(other)
                {
                    found.push(*other);
                }
            }
        }
        found.sort_unstable();
        // For a default, report its column.
        for id in &mut found {
            if self.class(*id) == Some(ObjectKind::Default)
                && let Some(column) = self.model.get(*id).and_then(|object| object.home)
            {
                *id = column;
            }
        }
        found
    }

    /// Reports a view that uses a column and so prevents a change of its type.
    pub(super) fn keeps_views(&mut self, column: Id, span: Span) {
        let views: Vec<Id> = self
            .model
            .dependents(column)
            .iter()
            .filter(|(_, how)| *how == DependencyKind::Normal)
            .map(|(id, _)| *id)
            .filter(|id| {
                matches!(self.class(*id), Some(ObjectKind::View | ObjectKind::MaterializedView))
                    && self.model.is_sure(*id)
            })
            .collect();
        if !views.is_empty() && self.model.is_sure(column) {
            self.still_needed(column, span, &views);
        }
    }

    pub(super) fn drop_on_table(
        &mut self,
        what: OnTable,
        name: &Ident,
        table: &Name,
        if_exists: bool,
    ) {
        let Some(table) = self.relation(table, "table", if_exists) else { return };
        let (class, namespace) = class_of(what);
        if let Some(id) = self.on_table(class, namespace, name, table, if_exists) {
            self.drop_objects(&[(id, name.span)], false);
        }
    }

    /// Looks up a trigger, a policy or a rule, which must exist.
    pub(super) fn on_table(
        &mut self,
        class: ObjectKind,
        namespace: Namespace,
        name: &Ident,
        table: Target,
        if_exists: bool,
    ) -> Option<Id> {
        match self.model.find(namespace, Some(table.id), &name.text) {
            Lookup::Yes(id) => Some(id),
            Lookup::Unknown(Some(id)) => Some(id),
            Lookup::Unknown(None) if if_exists => None,
            Lookup::Unknown(None) => Some(self.ghost_of(table.id, class, &name.text)),
            Lookup::No(_) if if_exists => None,
            // Constraints have internal triggers, and views have a rule.
            Lookup::No(_) if matches!(class, ObjectKind::Rule) && &*name.text == "_return" => None,
            Lookup::No(gone) => {
                let known = self.model.parts(table.id, |of| of == class);
                let names: Vec<_> =
                    known.iter().filter_map(|id| Some(self.model.get(*id)?.name.clone())).collect();
                let shown = self.model.shown(table.id);
                self.report_missing(
                    class.word(),
                    &format!("{name}` of `{shown}"),
                    name.span,
                    gone,
                    &names,
                );
                None
            }
        }
    }
}

pub(super) fn class_of(what: OnTable) -> (ObjectKind, Namespace) {
    match what {
        OnTable::Trigger => (ObjectKind::Trigger, Namespace::Trigger),
        OnTable::Policy => (ObjectKind::Policy, Namespace::Policy),
        OnTable::Rule => (ObjectKind::Rule, Namespace::Rule),
    }
}
