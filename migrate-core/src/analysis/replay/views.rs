//! Views, tables of a query, and what an expression may stand on.

use std::rc::Rc;

use super::calls::is_reserved;
use super::create::Free;
use super::world::World;
use crate::analysis::catalog::{Class, Detail, Found, How, Id, Need, Object, Place, Space};
use crate::analysis::cursor::Cursor;
use crate::analysis::names::{Ident, Name};
use crate::analysis::statement::{CreateView, relations};

impl World {
    pub(super) fn create_table_as(
        &mut self,
        name: &Name,
        temporary: bool,
        if_not_exists: bool,
        names: &[Ident],
        query: &Cursor<'_>,
    ) {
        let columns = self.columns_of_query(query, names, None);
        let is_pending = std::mem::replace(&mut self.is_pending, false);
        self.query(None, query);
        self.is_pending = is_pending;
        if let Free::Yes(schema, is_old) = self.free(Class::Table, name, temporary, if_not_exists) {
            let place = self.place(name.span());
            let detail = Detail::Table { partitioned: false, temporary };
            let mut table =
                Object::new(Class::Table, name.last().into(), Some(schema), place).with(detail);
            table.complete = columns.is_some() && !is_old;
            (table.parts_complete, table.is_old) = (!is_old, is_old);
            table.is_certain = schema != self.catalog.temporary;
            let id = self.catalog.add(table);
            self.add_columns(id, &columns.unwrap_or_default(), name.span());
        }
    }

    pub(super) fn create_view(&mut self, view: &CreateView<'_>) {
        let class = if view.materialized { Class::MaterializedView } else { Class::View };
        let schema = if view.or_replace {
            match self.catalog.resolve_own(Space::Relation, &view.name, view.temporary) {
                Some(Found::Yes(id)) if self.class(id) == Some(Class::View) => {
                    let needs = self.view_needs(view.name.last(), &view.query);
                    let place = self.place(view.name.span());
                    let columns = self.columns_of_view(view);
                    self.catalog.change(id, place, |view| view.needs = needs);
                    self.replace_columns(id, columns.as_deref(), view);
                    return;
                }
                Some(Found::Maybe(Some(id))) => {
                    let place = self.place(view.name.span());
                    self.catalog.change(id, place, |view| view.is_certain = false);
                    return;
                }
                Some(Found::Maybe(None)) => (self.catalog.target(&view.name, view.temporary), true),
                _ => (None, false),
            }
        } else {
            (None, false)
        };
        let needs = self.view_needs(view.name.last(), &view.query);
        let columns = self.columns_of_view(view);
        let free = match schema {
            (Some(schema), _) => Free::Yes(schema, true),
            _ => self.free(class, &view.name, view.temporary, view.if_not_exists),
        };
        if let Free::Yes(schema, is_old) = free {
            let place = self.place(view.name.span());
            let mut object = Object::new(class, view.name.last().into(), Some(schema), place);
            (object.complete, object.is_old) = (columns.is_some() && !is_old, is_old);
            object.needs = needs;
            let id = self.catalog.add(object);
            self.add_columns(id, &columns.unwrap_or_default(), view.name.span());
        }
    }

    /// A view whose query is replaced keeps its columns, and may get more behind them.
    fn replace_columns(&mut self, id: Id, columns: Option<&[Rc<str>]>, view: &CreateView<'_>) {
        let known = self.catalog.ordered_columns(id);
        let more = match (columns, &known) {
            (Some(columns), Some(known)) if columns.starts_with(known) => &columns[known.len()..],
            _ => {
                let place = self.place(view.name.span());
                return self.catalog.change(id, place, |view| view.complete = false);
            }
        };
        self.add_columns(id, more, view.name.span());
    }

    /// What a query stands on.
    fn view_needs(&mut self, own: &str, query: &Cursor<'_>) -> Vec<Need> {
        let mut holder = Object::new(Class::View, "".into(), None, Place::default());
        for name in relations(query) {
            // A recursive one reads itself.
            if name.last() == own {
                continue;
            }
            if let Found::Yes(id) = self.needed_relation(&name) {
                holder.need(id, How::Normal);
            }
        }
        self.guess(&mut holder, query);
        holder.needs
    }

    /// The relation that a query reads; that it is missing is said.
    pub(super) fn needed_relation(&mut self, name: &Name) -> Found {
        // `FROM current_user`: a function without parentheses.
        if name.parts.len() == 1 && is_reserved(name.last()) {
            return Found::Maybe(None);
        }
        let found = self.catalog.resolve(Space::Relation, name);
        let is_told = self.faults.iter().any(|fault| fault.span == name.span());
        if let Found::No(_) = found
            && !is_told
        {
            self.relation(name, "table", false);
        }
        found
    }

    /// Whatever has a name that is in an expression may be needed by it.
    pub(super) fn guess(&mut self, object: &mut Object, expression: &Cursor<'_>) {
        for ident in expression.idents() {
            for space in [Space::Relation, Space::Type] {
                let name = Name { parts: vec![ident.clone()] };
                for schema in self.catalog.schemas.clone() {
                    if let Some(id) = self.catalog.find(space, Some(schema), name.last()).id() {
                        object.need(id, How::Guess);
                    }
                }
            }
            for id in self.catalog.routines(&ident.text) {
                object.need(id, How::Guess);
            }
        }
    }
}
