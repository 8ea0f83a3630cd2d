//! Foreign keys, and the keys that they reference.

use super::state::{ReplayState, Target};
use crate::analysis::model::{ConstraintClass, DependencyKind, Detail, Id, Object, ObjectKind};
use crate::analysis::names::{Ident, Name, joined};
use crate::analysis::statement::ConstraintDef;
use crate::chain::problem::Problem;
use crate::syntax::source::Span;

impl ReplayState {
    pub(super) fn foreign_key(
        &mut self,
        table: Target,
        constraint: &ConstraintDef<'_>,
        columns: &[Ident],
        target: &Name,
        target_columns: &[Ident],
    ) -> Option<Id> {
        let own: Vec<Id> = columns.iter().filter_map(|column| self.column(table, column)).collect();
        let second = joined(columns.iter().map(|column| &*column.text));
        let name = self.constraint_name(table, constraint.name.as_ref(), &second, "fkey");
        let target_span = target.span();
        let other = self.relation(target, "table", false)?;
        if self.model.is_sure(other.id)
            && matches!(
                other.class,
                ObjectKind::View
                    | ObjectKind::MaterializedView
                    | ObjectKind::Index
                    | ObjectKind::Sequence
            )
        {
            self.wrong_kind(other.id, "table", target_span);
            return None;
        }
        let before = self.faults.len();
        let theirs: Vec<Option<Id>> =
            target_columns.iter().map(|column| self.column(other, column)).collect();
        let broken = self.faults.len() > before;
        if !target_columns.is_empty() && target_columns.len() != columns.len() && !broken {
            let problem = Problem::ColumnCount { own: columns.len(), other: target_columns.len() };
            self.report(problem, constraint.span, "");
            return None;
        }
        let key = match broken {
            true => None,
            false => self.referenced_key(other, columns, target_columns, &theirs, target_span),
        };
        let key_columns: Option<Vec<Id>> = match target_columns.is_empty() {
            false => theirs.iter().copied().collect(),
            true => key.as_ref().and_then(|key| match key.as_slice() {
                [(index, DependencyKind::Normal)] => self.columns_of_index(*index),
                _ => None,
            }),
        };
        if let Some(key) = key_columns.filter(|_| own.len() == columns.len()) {
            self.keys_fit(&own, &key, constraint.span);
        }
        let name = name?;
        let id =
            self.new_constraint(table, name, ConstraintClass::Foreign, Some(own), constraint.span);
        let place = self.place(constraint.span);
        self.model.change(id, place, |constraint| {
            if other.id != table.id {
                constraint.need(other.id, DependencyKind::Normal);
            }
            for column in theirs.into_iter().flatten() {
                constraint.need(column, DependencyKind::Normal);
            }
            for (key, how) in key.into_iter().flatten() {
                constraint.need(key, how);
            }
        });
        Some(id)
    }

    fn columns_of_index(&self, index: Id) -> Option<Vec<Id>> {
        match &self.model.get(index)?.detail {
            Detail::Index { columns, .. } => columns.clone(),
            _ => None,
        }
    }

    /// Finds the unique index that a foreign key references, and reports it if there is none.
    fn referenced_key(
        &mut self,
        other: Target,
        columns: &[Ident],
        target_columns: &[Ident],
        theirs: &[Option<Id>],
        span: Span,
    ) -> Option<Vec<(Id, DependencyKind)>> {
        let indexes = self.model.parts(other.id, |class| class == ObjectKind::Index);
        let mut candidates: Vec<(Id, bool)> = Vec::new();
        let is_whole =
            |table: &Object| table.complete && table.parts_complete && table.keys_complete;
        let mut unclear =
            !self.model.get(other.id).is_some_and(is_whole) || !self.model.is_sure(other.id);
        let mut wanted: Vec<Option<Id>> = theirs.to_vec();
        wanted.sort_unstable();
        for index in indexes {
            let sure = self.model.is_sure(index);
            let Some(object) = self.model.get(index) else { continue };
            let primary = object.dependencies.iter().any(|need| {
                let on = self.model.get(need.on).map(|on| &on.detail);
                matches!(on, Some(Detail::Constraint { kind: ConstraintClass::Primary, .. }))
            });
            match &object.detail {
                Detail::Index { columns: Some(of), is_key: true } if target_columns.is_empty() => {
                    if primary && sure && of.len() != columns.len() {
                        let problem = Problem::ColumnCount { own: columns.len(), other: of.len() };
                        let place = object.place;
                        self.report(problem, span, "");
                        self.add_related(place, "its primary key");
                        return None;
                    }
                    if primary {
                        candidates.push((index, sure));
                    }
                }
                Detail::Index { columns: Some(of), is_key: true } => {
                    let mut of: Vec<Option<Id>> = of.iter().copied().map(Some).collect();
                    of.sort_unstable();
                    if of == wanted {
                        candidates.push((index, sure));
                    }
                }
                Detail::Index { is_key: false, .. } => {}
                // A key that is not fully known.
                _ => unclear = true,
            }
        }
        if candidates.is_empty() && !unclear && theirs.iter().all(Option::is_some) {
            let table = self.model.shown(other.id);
            let names = target_columns.iter().map(|column| column.text.to_string()).collect();
            let made = self.model.get(other.id).map(|table| table.place);
            self.report(Problem::NoKey { table, columns: names }, span, "");
            if let Some(made) = made {
                self.add_related(made, "the table is created here");
            }
            return None;
        }
        let one = candidates.len() == 1 && !unclear;
        let how =
            |sure: bool| if one && sure { DependencyKind::Normal } else { DependencyKind::Guess };
        Some(candidates.into_iter().map(|(index, sure)| (index, how(sure))).collect())
    }
}
