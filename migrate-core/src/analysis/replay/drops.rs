//! `DROP`: what goes along, and what stands in the way.

use std::collections::HashSet;

use super::world::{Target, World};
use crate::analysis::catalog::{Class, Found, How, Id, Place, Space};
use crate::analysis::names::{Ident, Name};
use crate::analysis::statement::{Drop, Kind, OnTable};
use crate::chain::problem::Problem;
use crate::syntax::source::Span;

/// How many of those that stand in the way are named.
const MOST_NAMED: usize = 5;

impl World {
    pub(super) fn drop_statement(&mut self, drop: &Drop) {
        let mut roots = Vec::new();
        for name in &drop.names {
            if let Some(id) = self.droppable(drop, name) {
                roots.push((id, name.span()));
            }
        }
        if drop.kind == Kind::Extension {
            let place = self.place(drop.names.first().map_or(Span::default(), Name::span));
            for (id, _) in roots {
                self.catalog.remove(id, place);
            }
            // The types and functions that it takes along are not known.
            if drop.cascade {
                self.go_blind("what goes with an extension is not known");
            }
            return;
        }
        if drop.kind == Kind::Schema {
            return self.drop_schemas(&roots, drop.cascade);
        }
        self.drop_objects(&roots, drop.cascade);
    }

    fn droppable(&mut self, drop: &Drop, name: &Name) -> Option<Id> {
        let (kind, fits): (&'static str, fn(Class) -> bool) = match drop.kind {
            Kind::Table => ("table", |class| class == Class::Table),
            Kind::View => ("view", |class| class == Class::View),
            Kind::MaterializedView => {
                ("materialized view", |class| class == Class::MaterializedView)
            }
            Kind::Index => ("index", |class| class == Class::Index),
            Kind::Sequence => ("sequence", |class| class == Class::Sequence),
            Kind::ForeignTable => ("foreign table", |class| class == Class::ForeignTable),
            Kind::Type => return self.droppable_type(name, drop.if_exists, "type"),
            Kind::Domain => return self.droppable_type(name, drop.if_exists, "domain"),
            Kind::Schema => {
                let schema = name.parts.first()?;
                return match self.catalog.find(Space::Schema, None, &schema.text) {
                    Found::Yes(id) => Some(id),
                    Found::Maybe(id) => id,
                    // One that was never made here may be from elsewhere.
                    Found::No(None) => None,
                    Found::No(_) if drop.if_exists => None,
                    Found::No(gone) => {
                        let schemas = self.names_of(|class| class == Class::Schema);
                        self.missing("schema", &name.to_string(), name.span(), gone, &schemas);
                        None
                    }
                };
            }
            Kind::Extension => {
                let name = name.parts.first()?;
                return self.catalog.find(Space::Extension, None, &name.text).id();
            }
        };
        let target = self.relation(name, kind, drop.if_exists)?;
        let is_new = self.catalog.get(target.id).is_some_and(|object| !object.is_old);
        if is_new && self.catalog.is_sure(target.id) && !fits(target.class) {
            self.wrong_kind(target.id, kind, name.span());
            return None;
        }
        // A temporary one may be gone already, and another of its name be meant.
        if self.catalog.get(target.id)?.home == Some(self.catalog.temporary) {
            self.catalog.blur(&name.last().into());
        }
        Some(target.id)
    }

    pub(super) fn droppable_type(
        &mut self,
        name: &Name,
        if_exists: bool,
        kind: &'static str,
    ) -> Option<Id> {
        let found = self.catalog.resolve(Space::Type, name);
        if let Found::Yes(id) = found {
            if kind == "domain" && self.class(id) != Some(Class::Domain) {
                self.wrong_kind(id, kind, name.span());
                return None;
            }
            return Some(id);
        }
        // Composite types are relations, too.
        let row = self.catalog.resolve(Space::Relation, name);
        if let Some(id) = row.id().filter(|id| self.class(*id) == Some(Class::Composite)) {
            return Some(id);
        }
        match (found, row) {
            (Found::Maybe(Some(id)), _) => Some(id),
            (Found::Maybe(None), _) => self.ghost(Class::OtherType, Space::Type, name),
            (_, Found::Yes(id)) if self.class(id).is_some_and(Class::has_row_type) => {
                self.wrong_kind(id, kind, name.span());
                None
            }
            (_, Found::Maybe(_)) => None,
            _ if if_exists => None,
            (Found::No(gone), _) => {
                let types = self.names_of(Class::is_type);
                self.missing(kind, &name.to_string(), name.span(), gone, &types);
                None
            }
            _ => None,
        }
    }

    fn drop_schemas(&mut self, roots: &[(Id, Span)], cascade: bool) {
        for (id, span) in roots {
            let mut inside: Vec<Id> = self
                .catalog
                .objects()
                .filter(|(_, object)| object.home == Some(*id))
                .map(|(id, _)| id)
                .collect();
            inside.sort_unstable();
            if !cascade {
                let sure: Vec<Id> =
                    inside.iter().copied().filter(|id| self.catalog.is_sure(*id)).collect();
                if !sure.is_empty() && self.catalog.is_sure(*id) {
                    self.still_needed(*id, *span, &sure);
                    continue;
                }
            }
            if cascade {
                // Where it has the role's name, they are in it.
                for id in self.catalog.made_bare_behind(*id) {
                    self.catalog.change(id, Place::default(), |object| object.is_certain = false);
                }
            }
            let mut all: Vec<(Id, Span)> = inside.into_iter().map(|id| (id, *span)).collect();
            all.push((*id, *span));
            self.drop_objects(&all, cascade);
        }
    }

    fn still_needed(&mut self, id: Id, span: Span, by: &[Id]) {
        let what = self.what(id);
        let names: Vec<String> = by.iter().take(MOST_NAMED).map(|id| self.what(*id)).collect();
        let more = by.len().saturating_sub(MOST_NAMED);
        self.fault(Problem::StillNeeded { what, by: names, more }, span, "can't be dropped");
        let first = by.first().and_then(|id| self.catalog.get(*id));
        if let Some(place) = first.map(|object| object.place) {
            self.see(place, "needed here");
        }
    }

    /// Drops these and what goes along; says it where something stands in the way.
    pub(super) fn drop_objects(&mut self, roots: &[(Id, Span)], cascade: bool) {
        let mut going: Vec<Id> = roots.iter().map(|(id, _)| *id).collect();
        let mut seen: HashSet<Id> = going.iter().copied().collect();
        let mut doubtful: Vec<Id> = Vec::new();
        let mut at = 0;
        while let Some(id) = going.get(at).copied() {
            at += 1;
            for (other, how) in self.catalog.hanging(id).to_vec() {
                let goes = match how {
                    How::Auto | How::Internal | How::Child { partition: true } => true,
                    How::Normal | How::Child { .. } => cascade && self.catalog.is_sure(id),
                    How::Guess => false,
                };
                // What may be an expression over a column goes with it, if it is one.
                let quietly = matches!(self.class(other), Some(Class::Index | Class::Constraint));
                if goes && seen.insert(other) {
                    going.push(other);
                } else if !goes && (cascade || quietly && how == How::Guess) {
                    doubtful.push(other);
                }
            }
            if cascade {
                doubtful.extend(self.may_read(id));
            }
            doubtful.extend(self.adopted(id));
        }
        if cascade {
            doubtful.extend(self.may_follow(roots, &going));
        }
        for (id, span) in roots {
            // What is made with something else is dropped with it.
            let Some(object) = self.catalog.get(*id) else { continue };
            let internal = object.needs.iter().find(|need| need.how == How::Internal);
            if let Some(need) = internal
                && !seen.contains(&need.on)
                && self.catalog.is_sure(*id)
                && self.catalog.is_sure(need.on)
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
        // What surely hangs on it is gone; what only may do so may be there yet.
        let rooted: Vec<Id> = roots.iter().map(|(id, _)| *id).collect();
        let unsure: Vec<_> = going
            .iter()
            .filter(|id| !rooted.contains(id) && !self.catalog.is_sure(**id))
            .filter_map(|id| self.catalog.get(*id))
            .filter_map(|object| Some((object.class.space()?, object.home, object.name.clone())))
            .collect();
        // A key that may have been there had an index of its name.
        let keys: Vec<_> = going
            .iter()
            .filter(|id| !self.catalog.is_sure(**id) && self.class(**id) == Some(Class::Constraint))
            .filter_map(|id| self.catalog.get(*id))
            .filter_map(|key| {
                let table = self.catalog.get(key.home?)?;
                Some((Space::Relation, table.home, key.name.clone()))
            })
            .collect();
        for id in going {
            self.catalog.remove(id, place);
        }
        for key in unsure.into_iter().chain(keys) {
            self.catalog.perhaps(key);
        }
    }

    /// It may have gone along, and what hangs on it, too.
    pub(super) fn doubt(&mut self, id: Id, span: Span) {
        let place = self.place(span);
        let (mut left, mut seen) = (vec![id], HashSet::new());
        while let Some(id) = left.pop() {
            if seen.insert(id) {
                left.extend(self.catalog.hanging(id).iter().map(|(other, _)| *other));
                self.catalog.change(id, place, |object| object.is_certain = false);
            }
        }
    }

    /// What keeps something from being dropped: it needs it, or what goes along with it.
    fn in_the_way(&self, root: Id, going: &HashSet<Id>) -> Vec<Id> {
        let (mut left, mut seen, mut found) = (vec![root], HashSet::from([root]), Vec::new());
        while let Some(id) = left.pop() {
            if !self.catalog.is_sure(id) {
                continue;
            }
            for (other, how) in self.catalog.hanging(id) {
                let goes_along =
                    matches!(how, How::Auto | How::Internal | How::Child { partition: true });
                if goes_along && seen.insert(*other) {
                    left.push(*other);
                } else if matches!(how, How::Normal | How::Child { partition: false })
                    && !going.contains(other)
                    && self.catalog.is_sure(*other)
                    && !found.contains(other)
                {
                    found.push(*other);
                }
            }
        }
        found.sort_unstable();
        // Of a default the column is told.
        for id in &mut found {
            if self.class(*id) == Some(Class::Default)
                && let Some(column) = self.catalog.get(*id).and_then(|object| object.home)
            {
                *id = column;
            }
        }
        found
    }

    /// A view that reads a column keeps its type.
    pub(super) fn keeps_views(&mut self, column: Id, span: Span) {
        let views: Vec<Id> = self
            .catalog
            .hanging(column)
            .iter()
            .filter(|(_, how)| *how == How::Normal)
            .map(|(id, _)| *id)
            .filter(|id| {
                matches!(self.class(*id), Some(Class::View | Class::MaterializedView))
                    && self.catalog.is_sure(*id)
            })
            .collect();
        if !views.is_empty() && self.catalog.is_sure(column) {
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
        let (class, space) = class_of(what);
        if let Some(id) = self.on_table(class, space, name, table, if_exists) {
            self.drop_objects(&[(id, name.span)], false);
        }
    }

    /// A trigger, a policy or a rule, which must be there.
    pub(super) fn on_table(
        &mut self,
        class: Class,
        space: Space,
        name: &Ident,
        table: Target,
        if_exists: bool,
    ) -> Option<Id> {
        match self.catalog.find(space, Some(table.id), &name.text) {
            Found::Yes(id) => Some(id),
            Found::Maybe(Some(id)) => Some(id),
            Found::Maybe(None) if if_exists => None,
            Found::Maybe(None) => Some(self.ghost_of(table.id, class, &name.text)),
            Found::No(_) if if_exists => None,
            // Constraints have triggers of their own, and views a rule.
            Found::No(_) if matches!(class, Class::Rule) && &*name.text == "_return" => None,
            Found::No(gone) => {
                let known = self.catalog.parts(table.id, |of| of == class);
                let names: Vec<_> = known
                    .iter()
                    .filter_map(|id| Some(self.catalog.get(*id)?.name.clone()))
                    .collect();
                let shown = self.catalog.shown(table.id);
                self.missing(
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

pub(super) fn class_of(what: OnTable) -> (Class, Space) {
    match what {
        OnTable::Trigger => (Class::Trigger, Space::Trigger),
        OnTable::Policy => (Class::Policy, Space::Policy),
        OnTable::Rule => (Class::Rule, Space::Rule),
    }
}
