//! Replays `CREATE`, except for indexes, constraints and routines.

use std::rc::Rc;

use super::queries::Role;
use super::state::{ReplayState, Target};
use crate::analysis::model::{
    ConstraintClass, DependencyKind, Detail, Id, Lookup, Namespace, Object, ObjectKind,
};
use crate::analysis::names::{Ident, Name};
use crate::analysis::statement::{ColumnDef, CreateTable, Default, Element};
use crate::syntax::source::Span;

/// Whether a new object can have a name.
pub(super) enum NameStatus {
    /// Yes: the schema, and whether the object may have existed before.
    Yes(Id, bool),
    /// The name is taken, which is no error.
    Skip,
}

impl ReplayState {
    /// Whether a new object can have this name, and the schema in which it is created.
    pub(super) fn free(
        &mut self,
        class: ObjectKind,
        name: &Name,
        temporary: bool,
        if_not_exists: bool,
    ) -> NameStatus {
        let Some(schema) = self.model.target(name, temporary) else {
            if let Some(schema) = name.schema() {
                let gone = match self.model.find(Namespace::Schema, None, &schema.text) {
                    Lookup::No(gone) => gone,
                    _ => None,
                };
                let schemas = self.names_of(|class| class == ObjectKind::Schema);
                self.report_missing("schema", &schema.to_string(), schema.span, gone, &schemas);
            }
            return NameStatus::Skip;
        };
        self.model.note_written(name);
        // `t` and `public.t` are the same, unless there is a schema named like the role.
        if self.model.is_ambiguous(name.last()) && schema == self.model.public {
            self.model.invalidate(&name.last().into());
        }
        self.free_in(class, schema, name.last(), name.span(), if_not_exists)
    }

    pub(super) fn free_in(
        &mut self,
        class: ObjectKind,
        schema: Id,
        name: &str,
        span: Span,
        if_not_exists: bool,
    ) -> NameStatus {
        let own = class.namespace().unwrap_or(Namespace::Relation);
        let other = match own {
            Namespace::Relation if class.has_row_type() => Some(Namespace::Type),
            Namespace::Type => Some(Namespace::Relation),
            _ => None,
        };
        let mut was_maybe = false;
        for namespace in std::iter::once(own).chain(other) {
            match self.model.find(namespace, Some(schema), name) {
                Lookup::Yes(id) => {
                    let row = self.class(id).is_some_and(ObjectKind::has_row_type);
                    if namespace == Namespace::Relation && own == Namespace::Type && !row {
                        continue;
                    }
                    // IF NOT EXISTS only tolerates an existing relation, and not another kind of
                    // object with this name.
                    if !(if_not_exists && namespace == own) {
                        self.report_exists(id, span);
                    }
                    return NameStatus::Skip;
                }
                Lookup::Unknown(id) => {
                    was_maybe = true;
                    // If it still existed, the server would have reported an error.
                    if let Some(id) = id.filter(|_| namespace == own && !if_not_exists) {
                        self.forget(id, span);
                    }
                }
                Lookup::No(_) => {}
            }
        }
        NameStatus::Yes(schema, was_maybe && if_not_exists)
    }

    /// Removes an object that may not have existed, with all its dependents.
    pub(super) fn forget(&mut self, id: Id, span: Span) {
        let place = self.place(span);
        self.model.learn_free(id);
        let mut left = vec![id];
        let mut seen = Vec::new();
        while let Some(id) = left.pop() {
            if seen.contains(&id) {
                continue;
            }
            seen.push(id);
            let dependents: Vec<(Id, DependencyKind)> = self.model.dependents(id).to_vec();
            for (part, how) in dependents {
                match how {
                    DependencyKind::Auto | DependencyKind::Internal => left.push(part),
                    _ => self.model.change(part, place, |object| object.is_certain = false),
                }
            }
            let key = self.model.get(id).and_then(|object| {
                Some((object.class.namespace()?, object.home, object.name.clone()))
            });
            let keyed = self.model.get(id).and_then(|object| {
                let is_key = matches!(object.class, ObjectKind::Index | ObjectKind::Constraint);
                object.table.or(object.home).filter(|_| is_key)
            });
            if let Some(table) = keyed {
                self.model.change(table, place, |table| table.keys_complete = false);
            }
            self.model.remove(id, place);
            // It may have been renamed. Its parts have kept their names.
            if let Some(key) = key.filter(|_| seen.len() > 1) {
                self.model.perhaps(key);
            }
        }
    }

    pub(super) fn create_schema(&mut self, name: &Ident, if_not_exists: bool) {
        match self.model.find(Namespace::Schema, None, &name.text) {
            Lookup::Yes(_) if if_not_exists => {}
            Lookup::Yes(id) => self.report_exists(id, name.span),
            Lookup::Unknown(Some(id)) if if_not_exists => {
                let place = self.place(name.span);
                self.model.change(id, place, |schema| {
                    (schema.is_certain, schema.is_old) = (true, true);
                });
            }
            found => {
                if let Lookup::Unknown(Some(id)) = found {
                    self.forget(id, name.span);
                }
                let place = self.place(name.span);
                let mut schema = Object::new(ObjectKind::Schema, name.text.clone(), None, place);
                // A newly created schema is empty.
                schema.complete = !if_not_exists || matches!(found, Lookup::No(_));
                schema.is_old = !schema.complete;
                self.model.add(schema);
            }
        }
    }

    pub(super) fn create_table(&mut self, table: &CreateTable<'_>) {
        let class = if table.foreign { ObjectKind::ForeignTable } else { ObjectKind::Table };
        // The parents must exist even if the table already does.
        let NameStatus::Yes(schema, is_old) =
            self.free(class, &table.name, table.temporary, table.if_not_exists)
        else {
            return;
        };
        let place = self.place(table.name.span());
        let detail = Detail::Table {
            partitioned: table.partitioned,
            temporary: table.temporary || schema == self.model.temporary,
        };
        let name: Rc<str> = table.name.last().into();
        let mut object = Object::new(class, name.clone(), Some(schema), place).with(detail);
        let derived = !table.inherits.is_empty() || table.partition_of.is_some();
        object.is_old = is_old;
        object.complete = table.is_clear && !is_old;
        object.parts_complete = table.is_clear && !is_old && !derived;
        // It is dropped at the end of the session, and possibly at the end of the transaction.
        object.is_certain = schema != self.model.temporary;
        let id = self.model.add(object);
        // If the table already exists, the rest is not evaluated.
        if is_old {
            return;
        }
        let target = Target { id, class };
        self.parents(target, table, place);
        self.elements(target, table, derived);
    }

    /// Adds what a table gets from its parents and from LIKE.
    fn parents(&mut self, target: Target, table: &CreateTable<'_>, place: super::FileSpan) {
        let partition = table.partition_of.is_some();
        for parent in table.inherits.iter().chain(&table.partition_of) {
            let Some(parent) = self.relation(parent, "table", false) else {
                self.model.change(target.id, place, |table| table.complete = false);
                continue;
            };
            self.open_below.clear();
            self.model.change(target.id, place, |table| {
                table.need(parent.id, DependencyKind::Child { partition });
            });
            self.copy_columns(parent, target);
        }
        if let Some(of_type) = &table.of_type
            && let Some(of_type) = self.droppable_type(of_type, false, "type")
        {
            self.model.change(target.id, place, |table| table.need(of_type, DependencyKind::Guess));
        }
        if let Some(name) = self.model.get(target.id).map(|table| table.name.clone())
            && partition
        {
            // The server chooses names for its indexes and keys.
            self.model.invalidate_prefix(&name);
        }
    }

    fn elements(&mut self, target: Target, table: &CreateTable<'_>, derived: bool) {
        let mut constraints = Vec::new();
        for element in &table.elements {
            match element {
                Element::Column(column) => {
                    let found =
                        self.model.find(Namespace::Column, Some(target.id), &column.name.text);
                    match found.id() {
                        // The column is merged with the parent's.
                        Some(_) if derived => {}
                        _ => self.add_column(target, column, false),
                    }
                    constraints.extend(column.constraints.iter());
                }
                Element::Constraint(constraint) => constraints.push(constraint),
                Element::Like { source, including } => self.like(target, source, including),
            }
        }
        for element in &table.elements {
            if let Element::Column(column) = element {
                self.check_values(target, column);
            }
        }
        self.add_constraints(target, &constraints, true);
    }

    /// Checks the expressions that compute the values of a column.
    pub(super) fn check_values(&mut self, table: Target, column: &ColumnDef<'_>) {
        match &column.default {
            Some(Default::Generated(text)) => self.check_expression(table, text, Role::Immutable),
            Some(Default::Expression(text)) => self.check_default(text),
            Some(Default::Identity(_)) | None => {}
        }
    }

    fn like(&mut self, target: Target, source: &Name, including: &[Ident]) {
        let place = self.place(source.span());
        let Some(source) = self.relation(source, "table", false) else {
            self.model.change(target.id, place, |table| table.complete = false);
            return;
        };
        self.copy_columns(source, target);
        // Since PostgreSQL 18, including the names of its NOT NULL constraints.
        for id in self.model.parts(source.id, |class| class == ObjectKind::Constraint) {
            let Some(named) = self.model.get(id) else { continue };
            if matches!(named.detail, Detail::Constraint { kind: ConstraintClass::NotNull, .. }) {
                self.model.perhaps((Namespace::Constraint, Some(target.id), named.name.clone()));
            }
        }
        let takes = |option: &str| {
            including.iter().any(|known| &*known.text == option || &*known.text == "all")
        };
        if ["constraints", "indexes", "identity", "defaults", "generated"].into_iter().any(takes) {
            self.model.change(target.id, place, |table| table.parts_complete = false);
            if let Some(name) = self.model.get(target.id).map(|table| table.name.clone()) {
                self.model.invalidate_prefix(&name);
            }
        }
    }

    /// Copies the columns of one table to another.
    pub(super) fn copy_columns(&mut self, from: Target, to: Target) {
        let (whole, place) = match (self.model.get(from.id), self.model.get(to.id)) {
            (Some(from_object), Some(to)) => {
                (from_object.complete && self.model.is_sure(from.id), to.place)
            }
            _ => return,
        };
        let mut columns = self.model.parts(from.id, |class| class == ObjectKind::Column);
        columns.sort_unstable();
        let Some(left) = self.copies_left.checked_sub(columns.len()) else {
            return self.model.change(to.id, place, |table| table.complete = false);
        };
        self.copies_left = left;
        for column in columns {
            let sure = self.model.is_sure(column);
            let Some(column) = self.model.get(column).cloned() else { continue };
            if self.model.find(Namespace::Column, Some(to.id), &column.name).id().is_none() {
                let mut copy = Object::new(ObjectKind::Column, column.name, Some(to.id), place)
                    .with(column.detail);
                copy.is_certain = sure;
                for need in column.dependencies.iter().filter(|need| need.on != from.id) {
                    copy.need(need.on, need.how);
                }
                self.model.add(copy);
            }
        }
        if !whole {
            self.model.change(to.id, place, |table| table.complete = false);
        }
    }

    pub(super) fn create_sequence(
        &mut self,
        name: &Name,
        temporary: bool,
        if_not_exists: bool,
        owner: Option<&Name>,
    ) {
        if let NameStatus::Yes(schema, is_old) =
            self.free(ObjectKind::Sequence, name, temporary, if_not_exists)
        {
            let place = self.place(name.span());
            let mut sequence =
                Object::new(ObjectKind::Sequence, name.last().into(), Some(schema), place);
            sequence.is_old = is_old;
            let id = self.model.add(sequence);
            self.own_sequence(id, owner);
        }
    }

    /// Sets the owner of a sequence to a column, or to none.
    pub(super) fn own_sequence(&mut self, sequence: Id, owner: Option<&Name>) {
        let mut dependencies = Vec::new();
        if let Some(owner) = owner
            && let Some((column, table)) = owner.parts.split_last()
        {
            let table = Name { parts: table.to_vec() };
            if let Some(table) = self.relation(&table, "table", false)
                && let Some(column) = self.column(table, column)
            {
                dependencies
                    .push(crate::analysis::model::Need { on: column, how: DependencyKind::Auto });
            }
        }
        let place = self.place(owner.map_or(Span::default(), Name::span));
        self.model.change(sequence, place, |sequence| sequence.dependencies = dependencies);
    }

    /// Adds a column of a table or of a type, without its constraints.
    pub(super) fn add_column(
        &mut self,
        table: Target,
        column: &ColumnDef<'_>,
        if_not_exists: bool,
    ) {
        match self.model.find(Namespace::Column, Some(table.id), &column.name.text) {
            Lookup::Yes(_) if if_not_exists => return,
            Lookup::Yes(id) => return self.report_exists(id, column.name.span),
            Lookup::Unknown(Some(id)) if if_not_exists => {
                let place = self.place(column.name.span);
                return self.model.change(id, place, |column| {
                    (column.is_certain, column.is_old) = (true, true);
                });
            }
            Lookup::Unknown(Some(id)) => self.forget(id, column.name.span),
            Lookup::Unknown(None) | Lookup::No(_) => {}
        }
        let maybe = !matches!(
            self.model.find(Namespace::Column, Some(table.id), &column.name.text),
            Lookup::No(_)
        );
        self.new_column(table, column, maybe && if_not_exists);
    }
}
