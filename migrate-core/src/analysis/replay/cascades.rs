//! Determines what may be dropped by `CASCADE`, or together with the index of a partitioned table,
//! through dependencies that are not tracked.

use super::state::ReplayState;
use crate::analysis::model::{ConstraintClass, DependencyKind, Detail, GENERATED, Id, ObjectKind};
use crate::syntax::source::Span;

impl ReplayState {
    /// The objects that a `CASCADE` from `roots` may reach, beyond the known dependencies. An
    /// operator, a cast, an aggregate or a routine's default may be in between, and the name of a
    /// sequence may be in a string.
    pub(super) fn may_follow(&self, roots: &[(Id, Span)], going: &[Id]) -> Vec<Id> {
        let is = |id: Id, classes: &[ObjectKind]| {
            self.class(id).is_some_and(|class| classes.contains(&class))
        };
        let far = [
            ObjectKind::Routine,
            ObjectKind::Enum,
            ObjectKind::Domain,
            ObjectKind::Composite,
            ObjectKind::OtherType,
            ObjectKind::Sequence,
            ObjectKind::Schema,
        ];
        let with_sequence = going.iter().any(|id| is(*id, &[ObjectKind::Sequence]));
        let reaches = |id: Id| is(id, &far) || is(id, &[ObjectKind::Column]) && with_sequence;
        if !roots.iter().any(|(id, _)| reaches(*id)) {
            return Vec::new();
        }
        let mut found = self.possible_dependents();
        if roots.iter().any(|(id, _)| is(*id, &[ObjectKind::Schema])) {
            let extensions =
                self.model.objects().filter(|(_, it)| it.class == ObjectKind::Extension);
            found.extend(extensions.map(|(id, _)| id));
        }
        found
    }

    /// All objects that can depend on a routine or an operator: no tables, except those partitioned
    /// by one.
    pub(super) fn possible_dependents(&self) -> Vec<Id> {
        let all = self.model.objects().filter_map(|(id, object)| {
            let depends = match (object.class, &object.detail) {
                (
                    ObjectKind::View
                    | ObjectKind::MaterializedView
                    | ObjectKind::Policy
                    | ObjectKind::Rule,
                    _,
                )
                | (ObjectKind::Routine | ObjectKind::Trigger, _)
                | (ObjectKind::Table, Detail::Table { partitioned: true, .. }) => true,
                (ObjectKind::Constraint, Detail::Constraint { kind, .. }) => {
                    matches!(kind, ConstraintClass::Check | ConstraintClass::Exclude)
                }
                (ObjectKind::Index, _) => {
                    !object.dependencies.iter().any(|need| need.how == DependencyKind::Internal)
                }
                (ObjectKind::Default, _) if &*object.name == GENERATED => return object.home,
                _ => false,
            };
            depends.then_some(id)
        });
        all.collect()
    }

    /// The objects that may use a column or a key: the views and routines on its table and on the
    /// tables below it, and generated columns.
    pub(super) fn may_read(&self, id: Id) -> Vec<Id> {
        let Some(object) = self.model.get(id) else { return Vec::new() };
        let (ObjectKind::Column | ObjectKind::Constraint, Some(table)) =
            (object.class, object.home)
        else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for table in self.descendants(table).into_iter().chain([table]) {
            found.extend(self.model.parts(table, |class| {
                matches!(
                    class,
                    ObjectKind::View
                        | ObjectKind::MaterializedView
                        | ObjectKind::Policy
                        | ObjectKind::Rule
                        | ObjectKind::Routine
                )
            }));
            for column in self.model.parts(table, |class| class == ObjectKind::Column) {
                let generated = self.model.parts(column, |class| class == ObjectKind::Default);
                let is_generated = |id: &Id| {
                    self.model.get(*id).is_some_and(|default| &*default.name == GENERATED)
                };
                found.extend(generated.iter().any(is_generated).then_some(column));
            }
        }
        let is_inherited = |id: &Id| self.model.get(*id).is_some_and(|it| it.name == object.name);
        for child in self.descendants(table) {
            if object.class == ObjectKind::Column {
                let columns = self.model.parts(child, |class| class == ObjectKind::Column);
                let columns: Vec<Id> = columns.into_iter().filter(is_inherited).collect();
                let dependents = columns.iter().flat_map(|column| self.model.dependents(*column));
                found.extend(dependents.map(|(id, _)| *id));
            }
        }
        found
    }

    /// The indexes and keys of partitions that may be attached to this one and are dropped with it.
    pub(super) fn adopted(&self, id: Id) -> Vec<Id> {
        let Some(object) = self.model.get(id) else { return Vec::new() };
        let (ObjectKind::Index | ObjectKind::Constraint, Some(table)) =
            (object.class, object.table.or(object.home))
        else {
            return Vec::new();
        };
        let parts = |child: Id| {
            self.model
                .parts(child, |class| matches!(class, ObjectKind::Index | ObjectKind::Constraint))
        };
        let is_partitioned = matches!(
            self.model.get(table).map(|table| &table.detail),
            Some(Detail::Table { partitioned: true, .. })
        );
        let below = if is_partitioned { self.descendants(table) } else { Vec::new() };
        below.into_iter().flat_map(parts).collect()
    }

    /// Records that an attribute of a composite type may be gone from the typed tables, along with
    /// its dependents.
    pub(super) fn doubt_typed(&mut self, of_type: Id, span: Span) {
        let tables = self.model.parts(of_type, |class| class == ObjectKind::Table);
        let mut doubtful = self.possible_dependents();
        for table in tables {
            let place = self.place(span);
            self.model.change(table, place, |table| table.complete = false);
            doubtful.extend(self.model.parts(table, |class| class == ObjectKind::Column));
        }
        for id in doubtful {
            self.doubt(id, span);
        }
    }
}
