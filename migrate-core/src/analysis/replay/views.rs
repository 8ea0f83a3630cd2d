//! Views, tables created from a query, and the dependencies of an expression.

use std::rc::Rc;

use super::calls::is_reserved;
use super::creation::NameStatus;
use super::state::ReplayState;
use crate::analysis::model::{
    DependencyKind, Detail, FileSpan, Id, Lookup, Namespace, Need, Object, ObjectKind,
};
use crate::analysis::names::{Ident, Name};
use crate::analysis::statement::{CreateView, relations};
use crate::analysis::typing::ValueType;
use crate::chain::problem::Problem;
use crate::syntax::cursor::Cursor;

impl ReplayState {
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
        if let NameStatus::Yes(schema, is_old) =
            self.free(ObjectKind::Table, name, temporary, if_not_exists)
        {
            let place = self.place(name.span());
            let detail = Detail::Table { partitioned: false, temporary };
            let mut table = Object::new(ObjectKind::Table, name.last().into(), Some(schema), place)
                .with(detail);
            table.complete = columns.is_some() && !is_old;
            (table.parts_complete, table.is_old) = (!is_old, is_old);
            table.is_certain = schema != self.model.temporary;
            let id = self.model.add(table);
            self.add_columns(id, &columns.unwrap_or_default(), name.span());
        }
    }

    pub(super) fn create_view(&mut self, view: &CreateView<'_>) {
        let class = if view.materialized { ObjectKind::MaterializedView } else { ObjectKind::View };
        let schema = if view.or_replace {
            match self.model.resolve_own(Namespace::Relation, &view.name, view.temporary) {
                Some(Lookup::Yes(id)) if self.class(id) == Some(ObjectKind::View) => {
                    let dependencies = self.view_needs(view.name.last(), &view.query);
                    let place = self.place(view.name.span());
                    let columns = self.columns_of_view(view);
                    self.model.change(id, place, |view| view.dependencies = dependencies);
                    self.replace_columns(id, columns.as_deref(), view);
                    return;
                }
                Some(Lookup::Unknown(Some(id))) => {
                    let place = self.place(view.name.span());
                    self.model.change(id, place, |view| view.is_certain = false);
                    return;
                }
                Some(Lookup::Unknown(None)) => {
                    (self.model.target(&view.name, view.temporary), true)
                }
                _ => (None, false),
            }
        } else {
            (None, false)
        };
        let dependencies = self.view_needs(view.name.last(), &view.query);
        let columns = self.columns_of_view(view);
        let free = match schema {
            (Some(schema), _) => NameStatus::Yes(schema, true),
            _ => self.free(class, &view.name, view.temporary, view.if_not_exists),
        };
        if let NameStatus::Yes(schema, is_old) = free {
            let place = self.place(view.name.span());
            let mut object = Object::new(class, view.name.last().into(), Some(schema), place);
            (object.complete, object.is_old) = (columns.is_some() && !is_old, is_old);
            object.dependencies = dependencies;
            let id = self.model.add(object);
            self.add_columns(id, &columns.unwrap_or_default(), view.name.span());
        }
    }

    /// Replaces the query of a view. The view must keep its columns and may get more at the end.
    fn replace_columns(
        &mut self,
        id: Id,
        columns: Option<&[(Rc<str>, ValueType)]>,
        view: &CreateView<'_>,
    ) {
        let known = self.model.ordered_columns(id);
        let more = match (columns, &known) {
            (Some(columns), Some(known)) if self.keeps_columns(id, known, columns, view) => {
                &columns[known.len()..]
            }
            _ => {
                let place = self.place(view.name.span());
                return self.model.change(id, place, |view| view.complete = false);
            }
        };
        self.add_columns(id, more, view.name.span());
    }

    /// Whether a view keeps its columns with their types. Reports the first one that it does not
    /// keep.
    fn keeps_columns(
        &mut self,
        id: Id,
        known: &[Rc<str>],
        columns: &[(Rc<str>, ValueType)],
        view: &CreateView<'_>,
    ) -> bool {
        let reported = self.faults.len();
        for (nth, name) in known.iter().enumerate() {
            let own = self.model.find(Namespace::Column, Some(id), name).id();
            let was = own.map_or(ValueType::Unknown, |own| ValueType::of_column(&self.model, own));
            let why = match columns.get(nth) {
                None => format!("its column `{name}` would be dropped"),
                Some((other, _)) if other != name => {
                    format!("its column `{name}` would be renamed to `{other}`")
                }
                Some((_, kind)) if was.is_known() && kind.is_known() && was != *kind => format!(
                    "its column `{name}` would be of type `{}` instead of `{}`",
                    kind.shown(&self.model),
                    was.shown(&self.model)
                ),
                Some(_) => continue,
            };
            // What a dropped column leaves behind in a table is not known of a view.
            if self.model.is_sure(id) && self.checks_queries() {
                let what = self.describe(id);
                let instead = "drop the view first and create it again, with what depends on it; a replaced view \
                     may only get more columns at the end"
                    .to_owned();
                self.report(Problem::CannotReplace { what, why, instead }, view.name.span(), "");
            }
            break;
        }
        self.faults.len() == reported
            && columns.len() >= known.len()
            && known.iter().zip(columns).all(|(known, (name, _))| known == name)
    }

    /// The dependencies of a query.
    fn view_needs(&mut self, own: &str, query: &Cursor<'_>) -> Vec<Need> {
        let mut holder = Object::new(ObjectKind::View, "".into(), None, FileSpan::default());
        for name in relations(query) {
            // A recursive view refers to itself.
            if name.last() == own {
                continue;
            }
            if let Lookup::Yes(id) = self.needed_relation(&name) {
                holder.need(id, DependencyKind::Normal);
            }
        }
        self.guess(&mut holder, query);
        holder.dependencies
    }

    /// Looks up a relation that a query reads, and reports it if it is missing.
    pub(super) fn needed_relation(&mut self, name: &Name) -> Lookup {
        // `FROM current_user` is a function without parentheses.
        if name.parts.len() == 1 && is_reserved(name.last()) {
            return Lookup::Unknown(None);
        }
        let found = self.model.resolve(Namespace::Relation, name);
        let is_told = self.faults.iter().any(|fault| fault.span == name.span());
        if let Lookup::No(_) = found
            && !is_told
        {
            self.relation(name, "table", false);
        }
        found
    }

    /// Adds possible dependencies: an expression may depend on any object whose name is in it.
    pub(super) fn guess(&mut self, object: &mut Object, expression: &Cursor<'_>) {
        for ident in expression.idents() {
            for namespace in [Namespace::Relation, Namespace::Type] {
                let name = Name { parts: vec![ident.clone()] };
                for schema in self.model.schemas.clone() {
                    if let Some(id) = self.model.find(namespace, Some(schema), name.last()).id() {
                        object.need(id, DependencyKind::Guess);
                    }
                }
            }
            for id in self.model.routines(&ident.text) {
                object.need(id, DependencyKind::Guess);
            }
        }
    }
}
