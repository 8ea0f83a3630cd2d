//! Tables below other tables: partitions and children.

use std::collections::HashSet;

use super::world::World;
use crate::analysis::catalog::{Class, How, Id, Object, Place};
use crate::syntax::source::Span;

impl World {
    /// What is done to a table is done to those below it, in ways that are not followed.
    /// Where there only come more columns, what is not known of them already is not looked at again.
    pub(super) fn unsettle_children(&mut self, table: Id, span: Span, only_columns: bool) {
        if only_columns && !self.open_below.insert(table) {
            return;
        }
        let place = self.place(span);
        for child in self.descendants(table) {
            let is_open = |child: &Object| !child.complete && !child.parts_complete;
            if only_columns && self.catalog.get(child).is_none_or(is_open) {
                continue;
            }
            self.catalog.change(child, place, |child| {
                (child.complete, child.parts_complete) = (false, false);
            });
            let class = |class| matches!(class, Class::Column | Class::Constraint | Class::Index);
            for part in self.catalog.parts(child, class) {
                self.catalog.change(part, place, |part| part.is_certain = false);
            }
        }
        if !only_columns {
            self.haze_children(table);
        }
    }

    pub(super) fn change_parent(&mut self, child: Id, parent: Id, no: bool, partition: bool) {
        self.open_below.clear();
        let Some(name) = self.catalog.get(child).map(|child| child.name.clone()) else { return };
        let place = Place::default();
        self.catalog.haze(&name);
        self.catalog.change(child, place, |child| {
            child.parts_complete = false;
            if no {
                child
                    .needs
                    .retain(|need| need.on != parent || !matches!(need.how, How::Child { .. }));
            } else {
                child.need(parent, How::Child { partition });
            }
        });
    }

    /// The names that are made for the partitions and children of a table are not followed.
    pub(super) fn haze_children(&mut self, table: Id) {
        for child in self.descendants(table) {
            if let Some(name) = self.catalog.get(child).map(|table| table.name.clone()) {
                self.catalog.haze(&name);
            }
        }
    }

    /// The tables below a table.
    pub(super) fn descendants(&self, table: Id) -> Vec<Id> {
        let (mut found, mut left) = (Vec::new(), vec![table]);
        let mut seen = HashSet::new();
        while let Some(id) = left.pop() {
            for (child, how) in self.catalog.hanging(id) {
                if matches!(how, How::Child { .. }) && seen.insert(*child) {
                    found.push(*child);
                    left.push(*child);
                }
            }
        }
        found
    }
}
