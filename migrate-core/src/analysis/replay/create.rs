//! What `CREATE` makes, but for indexes, constraints and routines.

use std::rc::Rc;

use super::world::{Target, World};
use crate::analysis::catalog::{Class, ConstraintClass, Detail, Found, How, Id, Object, Space};
use crate::analysis::names::{Ident, Name};
use crate::analysis::statement::{ColumnDef, CreateTable, Default, Element};
use crate::syntax::source::Span;

/// What came of a name that something new is to have.
pub(super) enum Free {
    /// The schema, and whether something may have been there.
    Yes(Id, bool),
    /// It is taken, and may be.
    Skip,
}

impl World {
    /// Whether something new can have this name in its schema, and which schema that is.
    pub(super) fn free(
        &mut self,
        class: Class,
        name: &Name,
        temporary: bool,
        if_not_exists: bool,
    ) -> Free {
        let Some(schema) = self.catalog.target(name, temporary) else {
            if let Some(schema) = name.schema() {
                let gone = match self.catalog.find(Space::Schema, None, &schema.text) {
                    Found::No(gone) => gone,
                    _ => None,
                };
                let schemas = self.names_of(|class| class == Class::Schema);
                self.missing("schema", &schema.to_string(), schema.span, gone, &schemas);
            }
            return Free::Skip;
        };
        self.catalog.note_written(name);
        // `t` and `public.t` are the same, unless the role has a schema of its name.
        if self.catalog.is_ambiguous(name.last()) && schema == self.catalog.public {
            self.catalog.blur(&name.last().into());
        }
        self.free_in(class, schema, name.last(), name.span(), if_not_exists)
    }

    pub(super) fn free_in(
        &mut self,
        class: Class,
        schema: Id,
        name: &str,
        span: Span,
        if_not_exists: bool,
    ) -> Free {
        let own = class.space().unwrap_or(Space::Relation);
        let other = match own {
            Space::Relation if class.has_row_type() => Some(Space::Type),
            Space::Type => Some(Space::Relation),
            _ => None,
        };
        let mut was_maybe = false;
        for space in std::iter::once(own).chain(other) {
            match self.catalog.find(space, Some(schema), name) {
                Found::Yes(id) => {
                    let row = self.class(id).is_some_and(Class::has_row_type);
                    if space == Space::Relation && own == Space::Type && !row {
                        continue;
                    }
                    // IF NOT EXISTS is about relations; what else has the name is in its way.
                    if !(if_not_exists && space == own) {
                        self.exists(id, span);
                    }
                    return Free::Skip;
                }
                Found::Maybe(id) => {
                    was_maybe = true;
                    // The server would have said so if it were there.
                    if let Some(id) = id.filter(|_| space == own && !if_not_exists) {
                        self.forget(id, span);
                    }
                }
                Found::No(_) => {}
            }
        }
        Free::Yes(schema, was_maybe && if_not_exists)
    }

    /// Takes something away of which it was not known whether it was there, with all that hangs on it.
    pub(super) fn forget(&mut self, id: Id, span: Span) {
        let place = self.place(span);
        self.catalog.learn_free(id);
        let mut left = vec![id];
        let mut seen = Vec::new();
        while let Some(id) = left.pop() {
            if seen.contains(&id) {
                continue;
            }
            seen.push(id);
            let hanging: Vec<(Id, How)> = self.catalog.hanging(id).to_vec();
            for (part, how) in hanging {
                match how {
                    How::Auto | How::Internal => left.push(part),
                    _ => self.catalog.change(part, place, |object| object.is_certain = false),
                }
            }
            let key = self
                .catalog
                .get(id)
                .and_then(|object| Some((object.class.space()?, object.home, object.name.clone())));
            let keyed = self.catalog.get(id).and_then(|object| {
                let is_key = matches!(object.class, Class::Index | Class::Constraint);
                object.table.or(object.home).filter(|_| is_key)
            });
            if let Some(table) = keyed {
                self.catalog.change(table, place, |table| table.keys_complete = false);
            }
            self.catalog.remove(id, place);
            // It may have another name by now; what belongs to it has kept its own.
            if let Some(key) = key.filter(|_| seen.len() > 1) {
                self.catalog.perhaps(key);
            }
        }
    }

    pub(super) fn create_schema(&mut self, name: &Ident, if_not_exists: bool) {
        match self.catalog.find(Space::Schema, None, &name.text) {
            Found::Yes(_) if if_not_exists => {}
            Found::Yes(id) => self.exists(id, name.span),
            Found::Maybe(Some(id)) if if_not_exists => {
                let place = self.place(name.span);
                self.catalog.change(id, place, |schema| {
                    (schema.is_certain, schema.is_old) = (true, true);
                });
            }
            found => {
                if let Found::Maybe(Some(id)) = found {
                    self.forget(id, name.span);
                }
                let place = self.place(name.span);
                let mut schema = Object::new(Class::Schema, name.text.clone(), None, place);
                // One that is made now is empty.
                schema.complete = !if_not_exists || matches!(found, Found::No(_));
                schema.is_old = !schema.complete;
                self.catalog.add(schema);
            }
        }
    }

    pub(super) fn create_table(&mut self, table: &CreateTable<'_>) {
        let class = if table.foreign { Class::ForeignTable } else { Class::Table };
        // Parents are looked for even when the table is there.
        let Free::Yes(schema, is_old) =
            self.free(class, &table.name, table.temporary, table.if_not_exists)
        else {
            return;
        };
        let place = self.place(table.name.span());
        let detail = Detail::Table {
            partitioned: table.partitioned,
            temporary: table.temporary || schema == self.catalog.temporary,
        };
        let name: Rc<str> = table.name.last().into();
        let mut object = Object::new(class, name.clone(), Some(schema), place).with(detail);
        let derived = !table.inherits.is_empty() || table.partition_of.is_some();
        object.is_old = is_old;
        object.complete = table.is_clear && !is_old;
        object.parts_complete = table.is_clear && !is_old && !derived;
        // A session's end takes it, and perhaps the transaction's.
        object.is_certain = schema != self.catalog.temporary;
        let id = self.catalog.add(object);
        // Where it is there already, the rest is not looked at.
        if is_old {
            return;
        }
        let target = Target { id, class };
        self.parents(target, table, place);
        self.elements(target, table, derived);
    }

    /// What a table gets from those that it is made of.
    fn parents(&mut self, target: Target, table: &CreateTable<'_>, place: super::Place) {
        let partition = table.partition_of.is_some();
        for parent in table.inherits.iter().chain(&table.partition_of) {
            let Some(parent) = self.relation(parent, "table", false) else {
                self.catalog.change(target.id, place, |table| table.complete = false);
                continue;
            };
            self.open_below.clear();
            self.catalog.change(target.id, place, |table| {
                table.need(parent.id, How::Child { partition });
            });
            self.copy_columns(parent, target);
        }
        if let Some(of_type) = &table.of_type
            && let Some(of_type) = self.droppable_type(of_type, false, "type")
        {
            self.catalog.change(target.id, place, |table| table.need(of_type, How::Guess));
        }
        if let Some(name) = self.catalog.get(target.id).map(|table| table.name.clone())
            && partition
        {
            // Its indexes and keys get names of their own.
            self.catalog.haze(&name);
        }
    }

    fn elements(&mut self, target: Target, table: &CreateTable<'_>, derived: bool) {
        let mut constraints = Vec::new();
        for element in &table.elements {
            match element {
                Element::Column(column) => {
                    let found =
                        self.catalog.find(Space::Column, Some(target.id), &column.name.text);
                    match found.id() {
                        // It is merged with its parent's.
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

    /// What the values of a column are computed from.
    pub(super) fn check_values(&mut self, table: Target, column: &ColumnDef<'_>) {
        match &column.default {
            Some(Default::Generated(text)) => self.check_expression(table, text, true),
            Some(Default::Expression(text)) => self.check_default(text),
            Some(Default::Identity(_)) | None => {}
        }
    }

    fn like(&mut self, target: Target, source: &Name, including: &[Ident]) {
        let place = self.place(source.span());
        let Some(source) = self.relation(source, "table", false) else {
            self.catalog.change(target.id, place, |table| table.complete = false);
            return;
        };
        self.copy_columns(source, target);
        // Since PostgreSQL 18 with the names of their NOT NULL.
        for id in self.catalog.parts(source.id, |class| class == Class::Constraint) {
            let Some(named) = self.catalog.get(id) else { continue };
            if matches!(named.detail, Detail::Constraint { kind: ConstraintClass::NotNull, .. }) {
                self.catalog.perhaps((Space::Constraint, Some(target.id), named.name.clone()));
            }
        }
        let takes = |option: &str| {
            including.iter().any(|known| &*known.text == option || &*known.text == "all")
        };
        if ["constraints", "indexes", "identity", "defaults", "generated"].into_iter().any(takes) {
            self.catalog.change(target.id, place, |table| table.parts_complete = false);
            if let Some(name) = self.catalog.get(target.id).map(|table| table.name.clone()) {
                self.catalog.haze(&name);
            }
        }
    }

    /// Gives a table the columns of another.
    pub(super) fn copy_columns(&mut self, from: Target, to: Target) {
        let (whole, place) = match (self.catalog.get(from.id), self.catalog.get(to.id)) {
            (Some(from_object), Some(to)) => {
                (from_object.complete && self.catalog.is_sure(from.id), to.place)
            }
            _ => return,
        };
        let mut columns = self.catalog.parts(from.id, |class| class == Class::Column);
        columns.sort_unstable();
        let Some(left) = self.copies_left.checked_sub(columns.len()) else {
            return self.catalog.change(to.id, place, |table| table.complete = false);
        };
        self.copies_left = left;
        for column in columns {
            let sure = self.catalog.is_sure(column);
            let Some(column) = self.catalog.get(column).cloned() else { continue };
            if self.catalog.find(Space::Column, Some(to.id), &column.name).id().is_none() {
                let mut copy =
                    Object::new(Class::Column, column.name, Some(to.id), place).with(column.detail);
                copy.is_certain = sure;
                for need in column.needs.iter().filter(|need| need.on != from.id) {
                    copy.need(need.on, need.how);
                }
                self.catalog.add(copy);
            }
        }
        if !whole {
            self.catalog.change(to.id, place, |table| table.complete = false);
        }
    }

    pub(super) fn create_sequence(
        &mut self,
        name: &Name,
        temporary: bool,
        if_not_exists: bool,
        owner: Option<&Name>,
    ) {
        if let Free::Yes(schema, is_old) =
            self.free(Class::Sequence, name, temporary, if_not_exists)
        {
            let place = self.place(name.span());
            let mut sequence =
                Object::new(Class::Sequence, name.last().into(), Some(schema), place);
            sequence.is_old = is_old;
            let id = self.catalog.add(sequence);
            self.own_sequence(id, owner);
        }
    }

    /// Gives a sequence to a column, or to none.
    pub(super) fn own_sequence(&mut self, sequence: Id, owner: Option<&Name>) {
        let mut needs = Vec::new();
        if let Some(owner) = owner
            && let Some((column, table)) = owner.parts.split_last()
        {
            let table = Name { parts: table.to_vec() };
            if let Some(table) = self.relation(&table, "table", false)
                && let Some(column) = self.column(table, column)
            {
                needs.push(crate::analysis::catalog::Need { on: column, how: How::Auto });
            }
        }
        let place = self.place(owner.map_or(Span::default(), Name::span));
        self.catalog.change(sequence, place, |sequence| sequence.needs = needs);
    }

    /// A column of a table or of a type, without its constraints.
    pub(super) fn add_column(
        &mut self,
        table: Target,
        column: &ColumnDef<'_>,
        if_not_exists: bool,
    ) {
        match self.catalog.find(Space::Column, Some(table.id), &column.name.text) {
            Found::Yes(_) if if_not_exists => return,
            Found::Yes(id) => return self.exists(id, column.name.span),
            Found::Maybe(Some(id)) if if_not_exists => {
                let place = self.place(column.name.span);
                return self.catalog.change(id, place, |column| {
                    (column.is_certain, column.is_old) = (true, true);
                });
            }
            Found::Maybe(Some(id)) => self.forget(id, column.name.span),
            Found::Maybe(None) | Found::No(_) => {}
        }
        let maybe = !matches!(
            self.catalog.find(Space::Column, Some(table.id), &column.name.text),
            Found::No(_)
        );
        self.new_column(table, column, maybe && if_not_exists);
    }
}
