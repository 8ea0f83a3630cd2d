//! `DROP NOT NULL`: what keeps a column from being nullable.

use super::world::{Target, World};
use crate::analysis::catalog::{Class, ConstraintClass, Detail, How, Id};
use crate::chain::problem::Problem;
use crate::syntax::source::Span;

impl World {
    /// Whether something surely keeps a column NOT NULL, which is said.
    pub(super) fn keeps_not_null(&mut self, table: Target, column: Id, span: Span) -> bool {
        if !self.catalog.is_sure(column) || !self.catalog.is_sure(table.id) {
            return false;
        }
        let Some((by, why, first)) = self
            .primary_key_over(table, column)
            .or_else(|| self.identity_of(column))
            .or_else(|| self.not_null_above(table, column))
        else {
            return false;
        };
        let place = self.catalog.get(by).map(|object| object.place);
        let column = self.catalog.shown(column);
        self.fault(Problem::NotNullNeeded { column, why, first }, span, "");
        if let Some(place) = place {
            self.see(place, "created here");
        }
        true
    }

    fn primary_key_over(&self, table: Target, column: Id) -> Option<(Id, String, String)> {
        let constraints = self.catalog.parts(table.id, |class| class == Class::Constraint);
        let key = constraints.into_iter().find(|id| {
            let kind = self.catalog.get(*id).map(|object| &object.detail);
            matches!(kind, Some(Detail::Constraint { kind: ConstraintClass::Primary, .. }))
        })?;
        // Columns that are only included are none of the key's.
        let index = *self.catalog.parts(key, |class| class == Class::Index).first()?;
        let Detail::Index { columns: Some(columns), .. } = &self.catalog.get(index)?.detail else {
            return None;
        };
        let is_sure = self.catalog.is_sure(key) && self.catalog.is_sure(index);
        let name = self.catalog.get(key)?.name.clone();
        (is_sure && columns.contains(&column)).then(|| {
            let first =
                format!("drop the key first, also in the same statement: `DROP CONSTRAINT {name}`");
            (key, format!("it is in the primary key `{name}`"), first)
        })
    }

    fn identity_of(&self, column: Id) -> Option<(Id, String, String)> {
        let name = self.catalog.get(column)?.name.clone();
        let hanging = self.catalog.hanging(column).iter();
        let (sequence, _) = hanging
            .copied()
            .find(|(id, how)| *how == How::Internal && self.class(*id) == Some(Class::Sequence))?;
        self.catalog.is_sure(sequence).then(|| {
            let first = format!("drop the identity first: `ALTER COLUMN {name} DROP IDENTITY`");
            (column, "it is an identity column".to_owned(), first)
        })
    }

    /// The table that this one is a partition of, where it has the column NOT NULL.
    fn not_null_above(&self, table: Target, column: Id) -> Option<(Id, String, String)> {
        let (child, name) = (self.catalog.get(table.id)?, self.catalog.get(column)?.name.clone());
        let is_partition = |how: How| matches!(how, How::Child { partition: true });
        let parent = child.needs.iter().find(|need| is_partition(need.how))?.on;
        let columns = self.catalog.parts(parent, |class| class == Class::Column);
        let above = columns.into_iter().find(|id| {
            self.catalog.get(*id).is_some_and(|column| column.name == name)
                && self.catalog.is_sure(*id)
        })?;
        let detail = &self.catalog.get(above)?.detail;
        let is_not_null = matches!(detail, Detail::Column { not_null: Some(true), .. });
        (is_not_null && self.catalog.is_sure(parent)).then(|| {
            let parent = self.catalog.shown(parent);
            let first = format!(
                "drop it in the parent: `ALTER TABLE {parent} ALTER COLUMN {name} DROP NOT NULL`"
            );
            (above, format!("it is NOT NULL in the parent table `{parent}`"), first)
        })
    }
}
