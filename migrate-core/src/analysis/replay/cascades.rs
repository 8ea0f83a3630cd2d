//! What may go along with `CASCADE`, or with the index of a partitioned table, in ways that are not followed.

use super::world::World;
use crate::analysis::catalog::{Class, ConstraintClass, Detail, GENERATED, How, Id};
use crate::syntax::source::Span;

impl World {
    /// What a `CASCADE` may reach that begins with these, beyond what is known to hang on them. An operator,
    /// a cast, an aggregate, or a default of a routine may lie between, and a sequence is named in a text.
    pub(super) fn may_follow(&self, roots: &[(Id, Span)], going: &[Id]) -> Vec<Id> {
        let is = |id: Id, classes: &[Class]| {
            self.class(id).is_some_and(|class| classes.contains(&class))
        };
        let far = [
            Class::Routine,
            Class::Enum,
            Class::Domain,
            Class::Composite,
            Class::OtherType,
            Class::Sequence,
            Class::Schema,
        ];
        let with_sequence = going.iter().any(|id| is(*id, &[Class::Sequence]));
        let reaches = |id: Id| is(id, &far) || is(id, &[Class::Column]) && with_sequence;
        if !roots.iter().any(|(id, _)| reaches(*id)) {
            return Vec::new();
        }
        let mut found = self.dependents();
        if roots.iter().any(|(id, _)| is(*id, &[Class::Schema])) {
            let extensions = self.catalog.objects().filter(|(_, it)| it.class == Class::Extension);
            found.extend(extensions.map(|(id, _)| id));
        }
        found
    }

    /// All that can depend on a routine or an operator: not tables, unless they are partitioned by one.
    pub(super) fn dependents(&self) -> Vec<Id> {
        let all = self.catalog.objects().filter_map(|(id, object)| {
            let depends = match (object.class, &object.detail) {
                (Class::View | Class::MaterializedView | Class::Policy | Class::Rule, _)
                | (Class::Routine | Class::Trigger, _)
                | (Class::Table, Detail::Table { partitioned: true, .. }) => true,
                (Class::Constraint, Detail::Constraint { kind, .. }) => {
                    matches!(kind, ConstraintClass::Check | ConstraintClass::Exclude)
                }
                (Class::Index, _) => !object.needs.iter().any(|need| need.how == How::Internal),
                (Class::Default, _) if &*object.name == GENERATED => return object.home,
                _ => false,
            };
            depends.then_some(id)
        });
        all.collect()
    }

    /// What may read a column or rely on a key: the views and routines of its table and of those below, and
    /// what is generated.
    pub(super) fn may_read(&self, id: Id) -> Vec<Id> {
        let Some(object) = self.catalog.get(id) else { return Vec::new() };
        let (Class::Column | Class::Constraint, Some(table)) = (object.class, object.home) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for table in self.descendants(table).into_iter().chain([table]) {
            found.extend(self.catalog.parts(table, |class| {
                matches!(
                    class,
                    Class::View
                        | Class::MaterializedView
                        | Class::Policy
                        | Class::Rule
                        | Class::Routine
                )
            }));
            for column in self.catalog.parts(table, |class| class == Class::Column) {
                let generated = self.catalog.parts(column, |class| class == Class::Default);
                let is_generated = |id: &Id| {
                    self.catalog.get(*id).is_some_and(|default| &*default.name == GENERATED)
                };
                found.extend(generated.iter().any(is_generated).then_some(column));
            }
        }
        let is_inherited = |id: &Id| self.catalog.get(*id).is_some_and(|it| it.name == object.name);
        for child in self.descendants(table) {
            if object.class == Class::Column {
                let columns = self.catalog.parts(child, |class| class == Class::Column);
                let columns: Vec<Id> = columns.into_iter().filter(is_inherited).collect();
                let hanging = columns.iter().flat_map(|column| self.catalog.hanging(*column));
                found.extend(hanging.map(|(id, _)| *id));
            }
        }
        found
    }

    /// The indexes and keys of partitions that may be a part of this one, and go with it.
    pub(super) fn adopted(&self, id: Id) -> Vec<Id> {
        let Some(object) = self.catalog.get(id) else { return Vec::new() };
        let (Class::Index | Class::Constraint, Some(table)) =
            (object.class, object.table.or(object.home))
        else {
            return Vec::new();
        };
        let parts = |child: Id| {
            self.catalog.parts(child, |class| matches!(class, Class::Index | Class::Constraint))
        };
        let is_partitioned = matches!(
            self.catalog.get(table).map(|table| &table.detail),
            Some(Detail::Table { partitioned: true, .. })
        );
        let below = if is_partitioned { self.descendants(table) } else { Vec::new() };
        below.into_iter().flat_map(parts).collect()
    }

    /// An attribute of a type may have gone from the tables of that type, with all that hangs on it.
    pub(super) fn doubt_typed(&mut self, of_type: Id, span: Span) {
        let tables = self.catalog.parts(of_type, |class| class == Class::Table);
        let mut doubtful = self.dependents();
        for table in tables {
            let place = self.place(span);
            self.catalog.change(table, place, |table| table.complete = false);
            doubtful.extend(self.catalog.parts(table, |class| class == Class::Column));
        }
        for id in doubtful {
            self.doubt(id, span);
        }
    }
}
