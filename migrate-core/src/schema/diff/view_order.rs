//! Sorts tables and views for their creation and removal, with the routines between two views: such a routine takes or
//! returns rows of one view, and the other view calls it.

use std::collections::BTreeSet;

use super::order::sorted;
use super::relations::is_view;
use super::{Draft, mentions};
use crate::schema::catalog::{Catalog, Name, Routine, RoutineName};

/// What is dropped or created.
#[derive(Clone, Copy)]
pub(super) enum Item<'c> {
    Relation(&'c Name),
    Routine(&'c RoutineName, &'c Routine),
}

/// Routines by their names.
pub(super) type Routines<'c> = Vec<(&'c RoutineName, &'c Routine)>;

impl<'c> Draft<'c> {
    /// The routines that go, for good or for a while, before a view that they need.
    pub(super) fn gone_with_views(&self) -> Routines<'c> {
        let views = self.moved_views(self.from, self.to);
        let goes = |name: &RoutineName| {
            self.recreated.routines.contains(name) || !self.to.routines.contains_key(name)
        };
        let needs = |(name, it): &(&'c RoutineName, &'c Routine)| {
            goes(name) && views.iter().any(|view| it.needs(name, view))
        };
        self.from.routines.iter().filter(needs).collect()
    }

    /// The routines that come between the views that they need and those that call them.
    pub(super) fn made_with_views(&self) -> Routines<'c> {
        let views = self.moved_views(self.to, self.from);
        let comes = |name: &RoutineName| {
            self.recreated.routines.contains(name) || !self.from.routines.contains_key(name)
        };
        let text = |view: &Name| {
            let view = self.to.relations.get(view);
            view.and_then(|it| it.definition.as_deref()).unwrap_or_default()
        };
        let between = |(name, it): &(&'c RoutineName, &'c Routine)| {
            let own = Name::new(&*name.schema, &*name.name);
            comes(name)
                && views.iter().any(|view| mentions::mentions(text(view), &own))
                && views.iter().any(|view| shows(it, view))
        };
        self.to.routines.iter().filter(between).collect()
    }

    /// The views of a catalog that are not as they are in another one, or have to make way.
    fn moved_views(&self, of: &'c Catalog, other: &Catalog) -> Vec<&'c Name> {
        let views = of.relations.iter().filter(|(_, it)| is_view(it));
        let moved = views.filter(|(name, it)| {
            self.recreated.views.contains(*name)
                || other.relations.get(*name).is_none_or(|found| found.definition != it.definition)
        });
        moved.map(|(name, _)| name).collect()
    }
}

/// Does a body or a signature speak of a view?
fn shows(it: &Routine, view: &Name) -> bool {
    mentions::has_word(&it.definition, &view.name)
}

/// A view stands behind what it shows, a partition behind the table that it is a part of.
pub(super) fn in_order<'c>(
    catalog: &Catalog,
    relations: &BTreeSet<&'c Name>,
    routines: &Routines<'c>,
) -> Vec<Item<'c>> {
    let relations = relations.iter().map(|name| Item::Relation(name));
    let routines = routines.iter().map(|(name, it)| Item::Routine(name, it));
    let own = |it: &RoutineName| Name::new(&*it.schema, &*it.name);
    sorted(relations.chain(routines).collect(), |item, other| match (*item, *other) {
        (Item::Relation(name), Item::Relation(other)) => {
            catalog.relations.get(name).is_some_and(|it| {
                it.inherits.contains(other)
                    || it.definition.as_ref().is_some_and(|text| mentions::mentions(text, other))
            })
        }
        (Item::Relation(name), Item::Routine(other, _)) => {
            let text = catalog.relations.get(name).and_then(|it| it.definition.as_ref());
            text.is_some_and(|text| mentions::mentions(text, &own(other)))
        }
        (Item::Routine(name, it), Item::Relation(other)) => {
            it.needs(name, other) || shows(it, other)
        }
        (Item::Routine(_, it), Item::Routine(other, _)) => {
            let text = it.definition.split_once('(').map_or("", |(_, text)| text);
            mentions::has_word(text, &other.name)
        }
    })
}
