//! `DROP NOT NULL`: reports what forces a column to be NOT NULL.

use super::state::{ReplayState, Target};
use crate::analysis::model::{ConstraintClass, DependencyKind, Detail, Id, ObjectKind};
use crate::chain::problem::Problem;
use crate::syntax::source::Span;

impl ReplayState {
    /// Reports a key or a parent that certainly forces the column to be NOT NULL.
    pub(super) fn keeps_not_null(&mut self, table: Target, column: Id, span: Span) -> bool {
        if !self.model.is_sure(column) || !self.model.is_sure(table.id) {
            return false;
        }
        let Some((by, why, first)) = self
            .primary_key_over(table, column)
            .or_else(|| self.identity_of(column))
            .or_else(|| self.not_null_above(table, column))
        else {
            return false;
        };
        let place = self.model.get(by).map(|object| object.place);
        let column = self.model.shown(column);
        self.report(Problem::NotNullNeeded { column, why, first }, span, "");
        if let Some(place) = place {
            self.add_related(place, "created here");
        }
        true
    }

    fn primary_key_over(&self, table: Target, column: Id) -> Option<(Id, String, String)> {
        let constraints = self.model.parts(table.id, |class| class == ObjectKind::Constraint);
        let key = constraints.into_iter().find(|id| {
            let kind = self.model.get(*id).map(|object| &object.detail);
            matches!(kind, Some(Detail::Constraint { kind: ConstraintClass::Primary, .. }))
        })?;
        // INCLUDE columns are not part of the key.
        let index = *self.model.parts(key, |class| class == ObjectKind::Index).first()?;
        let Detail::Index { columns: Some(columns), .. } = &self.model.get(index)?.detail else {
            return None;
        };
        let is_sure = self.model.is_sure(key) && self.model.is_sure(index);
        let name = self.model.get(key)?.name.clone();
        (is_sure && columns.contains(&column)).then(|| {
            let first =
                format!("drop the key first, also in the same statement: `DROP CONSTRAINT {name}`");
            (key, format!("it is in the primary key `{name}`"), first)
        })
    }

    fn identity_of(&self, column: Id) -> Option<(Id, String, String)> {
        let name = self.model.get(column)?.name.clone();
        let dependents = self.model.dependents(column).iter();
        let (sequence, _) = dependents.copied().find(|(id, how)| {
            *how == DependencyKind::Internal && self.class(*id) == Some(ObjectKind::Sequence)
        })?;
        self.model.is_sure(sequence).then(|| {
            let first = format!("drop the identity first: `ALTER COLUMN {name} DROP IDENTITY`");
            (column, "it is an identity column".to_owned(), first)
        })
    }

    /// The partitioned table above this one, if its column is NOT NULL.
    fn not_null_above(&self, table: Target, column: Id) -> Option<(Id, String, String)> {
        let (child, name) = (self.model.get(table.id)?, self.model.get(column)?.name.clone());
        let is_partition =
            |how: DependencyKind| matches!(how, DependencyKind::Child { partition: true });
        let parent = child.dependencies.iter().find(|need| is_partition(need.how))?.on;
        let columns = self.model.parts(parent, |class| class == ObjectKind::Column);
        let above = columns.into_iter().find(|id| {
            self.model.get(*id).is_some_and(|column| column.name == name) && self.model.is_sure(*id)
        })?;
        let detail = &self.model.get(above)?.detail;
        let is_not_null = matches!(detail, Detail::Column { not_null: Some(true), .. });
        (is_not_null && self.model.is_sure(parent)).then(|| {
            let parent = self.model.shown(parent);
            let first = format!(
                "drop it in the parent: `ALTER TABLE {parent} ALTER COLUMN {name} DROP NOT NULL`"
            );
            (above, format!("it is NOT NULL in the parent table `{parent}`"), first)
        })
    }
}
