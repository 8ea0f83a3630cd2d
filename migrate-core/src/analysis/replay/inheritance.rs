//! Child tables: partitions and inheritance.

use std::collections::HashSet;

use super::state::ReplayState;
use crate::analysis::model::{DependencyKind, Detail, FileSpan, Id, Object, ObjectKind};
use crate::syntax::source::Span;

impl ReplayState {
    /// Marks the tables below a table as unknown, since the effects of a change on them are not
    /// tracked. If columns are only added, tables that already are unknown are skipped.
    pub(super) fn unsettle_children(&mut self, table: Id, span: Span, only_columns: bool) {
        if only_columns && !self.open_below.insert(table) {
            return;
        }
        let place = self.place(span);
        for child in self.descendants(table) {
            let is_open = |child: &Object| !child.complete && !child.parts_complete;
            if only_columns && self.model.get(child).is_none_or(is_open) {
                continue;
            }
            self.model.change(child, place, |child| {
                (child.complete, child.parts_complete) = (false, false);
            });
            let class = |class| {
                matches!(class, ObjectKind::Column | ObjectKind::Constraint | ObjectKind::Index)
            };
            for part in self.model.parts(child, class) {
                self.model.change(part, place, |part| part.is_certain = false);
            }
        }
        if !only_columns {
            self.invalidate_children(table);
        }
    }

    pub(super) fn change_parent(&mut self, child: Id, parent: Id, no: bool, partition: bool) {
        self.open_below.clear();
        let Some(name) = self.model.get(child).map(|child| child.name.clone()) else { return };
        let place = FileSpan::default();
        self.model.invalidate_prefix(&name);
        self.model.change(child, place, |child| {
            child.parts_complete = false;
            if no {
                child.dependencies.retain(|need| {
                    need.on != parent || !matches!(need.how, DependencyKind::Child { .. })
                });
            } else {
                child.need(parent, DependencyKind::Child { partition });
            }
        });
    }

    /// Invalidates the names that the server chooses in the partitions and children of a table.
    pub(super) fn invalidate_children(&mut self, table: Id) {
        for child in self.descendants(table) {
            if let Some(name) = self.model.get(child).map(|table| table.name.clone()) {
                self.model.invalidate_prefix(&name);
            }
        }
    }

    /// An index of a partitioned table takes those of its partitions with it, whatever the server has called them.
    pub(super) fn free_chosen_names(&mut self, id: Id) {
        let Some(object) = self.model.get(id) else { return };
        let is_index = matches!(object.class, ObjectKind::Index | ObjectKind::Constraint);
        let Some(table) = object.table.or(object.home).filter(|_| is_index) else { return };
        let detail = self.model.get(table).map(|table| &table.detail);
        if matches!(detail, Some(Detail::Table { partitioned: true, .. })) {
            self.invalidate_children(table);
        }
    }

    /// The direct and indirect children of a table.
    pub(super) fn descendants(&self, table: Id) -> Vec<Id> {
        let (mut found, mut left) = (Vec::new(), vec![table]);
        let mut seen = HashSet::new();
        while let Some(id) = left.pop() {
            for (child, how) in self.model.dependents(id) {
                if matches!(how, DependencyKind::Child { .. }) && seen.insert(*child) {
                    found.push(*child);
                    left.push(*child);
                }
            }
        }
        found
    }
}
