//! Views, tables of a query, and what an expression may stand on.

use super::calls::is_reserved;
use super::create::Free;
use super::world::World;
use crate::analysis::catalog::{Class, Detail, Found, How, Need, Object, Place, Space};
use crate::analysis::cursor::Cursor;
use crate::analysis::names::Name;
use crate::analysis::statement::{CreateView, relations};

impl World {
    pub(super) fn create_table_as(
        &mut self,
        name: &Name,
        temporary: bool,
        if_not_exists: bool,
        query: &Cursor<'_>,
    ) {
        self.query(None, query);
        if let Free::Yes(schema, is_old) = self.free(Class::Table, name, temporary, if_not_exists) {
            let place = self.place(name.span());
            let detail = Detail::Table { partitioned: false, temporary };
            let mut table =
                Object::new(Class::Table, name.last().into(), Some(schema), place).with(detail);
            (table.complete, table.parts_complete, table.is_old) = (false, !is_old, is_old);
            table.is_certain = schema != self.catalog.temporary;
            self.catalog.add(table);
        }
    }

    pub(super) fn create_view(&mut self, view: &CreateView<'_>) {
        let class = if view.materialized { Class::MaterializedView } else { Class::View };
        let schema = if view.or_replace {
            match self.catalog.resolve_own(Space::Relation, &view.name, view.temporary) {
                Some(Found::Yes(id)) if self.class(id) == Some(Class::View) => {
                    let needs = self.view_needs(view.name.last(), &view.query);
                    let place = self.place(view.name.span());
                    self.catalog.change(id, place, |view| view.needs = needs);
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
        let free = match schema {
            (Some(schema), _) => Free::Yes(schema, true),
            _ => self.free(class, &view.name, view.temporary, view.if_not_exists),
        };
        if let Free::Yes(schema, is_old) = free {
            let place = self.place(view.name.span());
            let mut object = Object::new(class, view.name.last().into(), Some(schema), place);
            (object.complete, object.is_old) = (false, is_old);
            object.needs = needs;
            self.catalog.add(object);
        }
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
        if let Found::No(_) = found {
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
