//! Constraints: their names and columns, and the keys that foreign keys reference.

use std::rc::Rc;

use super::columns::Chosen;
use super::creation::NameStatus;
use super::queries::Role;
use super::state::{ReplayState, Target};
use crate::analysis::model::{
    ConstraintClass, DependencyKind, Detail, Id, Lookup, Namespace, Object, ObjectKind,
};
use crate::analysis::names::{Ident, Name, joined};
use crate::analysis::statement::{ConstraintDef, ConstraintKind};
use crate::chain::problem::Problem;
use crate::syntax::source::Span;

impl ReplayState {
    /// Adds the constraints of one statement, in the order in which the server creates them.
    pub(super) fn add_constraints(
        &mut self,
        table: Target,
        constraints: &[&ConstraintDef<'_>],
        is_new: bool,
    ) {
        let rank = |constraint: &ConstraintDef<'_>| match constraint.kind {
            ConstraintKind::Check(_) | ConstraintKind::NotNull(_) => 0,
            ConstraintKind::PrimaryKey { .. } => 1,
            ConstraintKind::Unique { .. } | ConstraintKind::Exclude { .. } => 2,
            ConstraintKind::ForeignKey { .. } => 3,
        };
        let mut ordered: Vec<&ConstraintDef<'_>> = constraints.to_vec();
        ordered.sort_by_key(|constraint| rank(constraint));
        let mut keys: Vec<(Vec<Rc<str>>, Option<Id>)> = Vec::new();
        for constraint in ordered {
            let columns = match &constraint.kind {
                ConstraintKind::PrimaryKey { columns, .. }
                | ConstraintKind::Unique { columns, .. } => {
                    Some(columns.iter().map(|column| column.text.clone()).collect::<Vec<_>>())
                }
                _ => None,
            };
            // Of two keys over the same columns, the server creates only one, under either name.
            if let Some(columns) = columns.filter(|columns| is_new && !columns.is_empty()) {
                if let Some((_, Some(first))) = keys.iter().find(|(known, _)| *known == columns) {
                    let (first, place) = (*first, self.place(constraint.span));
                    let indexes = self.model.parts(first, |class| class == ObjectKind::Index);
                    for id in indexes.into_iter().chain([first]) {
                        self.model.change(id, place, |key| key.is_certain = false);
                    }
                    self.model.change(table.id, place, |table| table.parts_complete = false);
                    self.invalidate_table(table.id);
                    if let Some(name) = &constraint.name {
                        self.model.invalidate_prefix(&name.text);
                    }
                    continue;
                }
                let id = self.add_constraint(table, constraint);
                keys.push((columns, id));
            } else {
                self.add_constraint(table, constraint);
            }
        }
    }

    /// A dropped constraint may be a NOT NULL constraint, which exist since PostgreSQL 18.
    pub(super) fn may_be_nullable(&mut self, table: Target, id: Option<Id>, name: &Ident) {
        let kind = id.and_then(|id| self.model.get(id)).map(|object| &object.detail);
        let columns = match kind {
            Some(Detail::Constraint { kind: ConstraintClass::NotNull, columns: Some(columns) }) => {
                columns.clone()
            }
            None if name.text.contains("not_null") => {
                self.model.parts(table.id, |class| class == ObjectKind::Column)
            }
            _ => return,
        };
        let place = self.place(name.span);
        for id in columns {
            self.model.change(id, place, |column| {
                if let Detail::Column { not_null, .. } = &mut column.detail {
                    *not_null = None;
                }
            });
        }
    }

    pub(super) fn add_constraint(
        &mut self,
        table: Target,
        constraint: &ConstraintDef<'_>,
    ) -> Option<Id> {
        match &constraint.kind {
            ConstraintKind::PrimaryKey { columns, include, using_index } => {
                self.primary_twice(table, constraint.span);
                let kind = ConstraintClass::Primary;
                self.key(table, constraint, kind, columns, include, using_index.as_ref())
            }
            ConstraintKind::Unique { columns, include, using_index } => {
                let kind = ConstraintClass::Unique;
                self.key(table, constraint, kind, columns, include, using_index.as_ref())
            }
            ConstraintKind::Exclude { is_plain: false, .. } if constraint.name.is_none() => {
                // Its name depends on the expression.
                self.invalidate_table(table.id);
                let place = self.place(constraint.span);
                self.model.change(table.id, place, |table| table.parts_complete = false);
                None
            }
            ConstraintKind::Exclude { columns, all, .. } => {
                let id = self.key(table, constraint, ConstraintClass::Exclude, columns, &[], None);
                if let Some(id) = id {
                    self.guess_for(id, all, constraint.span);
                }
                id
            }
            ConstraintKind::ForeignKey { columns, target, target_columns } => {
                self.foreign_key(table, constraint, columns, target, target_columns)
            }
            ConstraintKind::Check(check) => {
                let (columns, is_clear) = self.columns_in(table.id, check);
                let names: Vec<Rc<str>> = columns
                    .iter()
                    .filter_map(|id| Some(self.model.get(*id)?.name.clone()))
                    .collect();
                let second = if names.len() == 1 { &names[0] } else { "" };
                let mut name =
                    self.constraint_name(table, constraint.name.as_ref(), second, "check")?;
                let whole = self.model.get(table.id).is_some_and(|table| table.complete);
                if constraint.name.is_none() && !(is_clear && whole) {
                    self.model.invalidate_prefix(&name.name);
                    self.invalidate_table(table.id);
                    let place = self.place(constraint.span);
                    self.model.change(table.id, place, |table| table.parts_complete = false);
                    name.is_sure = false;
                }
                let id = self.new_constraint(
                    table,
                    name,
                    ConstraintClass::Check,
                    Some(columns),
                    constraint.span,
                );
                if let Some(mut object) = self.model.get(id).cloned() {
                    self.check_expression(table, check, Role::Condition("CHECK"));
                    self.expression(table, &mut object, check);
                    let place = self.place(constraint.span);
                    self.model.change(id, place, |this| this.dependencies = object.dependencies);
                }
                Some(id)
            }
            ConstraintKind::NotNull(column) => {
                let id = self.column(table, column);
                let place = self.place(column.span);
                if let Some(id) = id {
                    self.model.change(id, place, |column| {
                        if let Detail::Column { not_null, changed, .. } = &mut column.detail
                            && *not_null != Some(true)
                        {
                            (*not_null, *changed) = (Some(true), place);
                        }
                    });
                }
                // It has a name since PostgreSQL 18.
                let name = constraint.name.clone()?;
                let name = Chosen { name: name.text, is_sure: false };
                let columns = id.map(|id| vec![id]);
                let kind = ConstraintClass::NotNull;
                Some(self.new_constraint(table, name, kind, columns, constraint.span))
            }
        }
    }

    fn invalidate_table(&mut self, table: Id) {
        if let Some(name) = self.model.get(table).map(|table| table.name.clone()) {
            self.model.invalidate_prefix(&name);
        }
    }

    fn guess_for(&mut self, id: Id, text: &crate::syntax::cursor::Cursor<'_>, span: Span) {
        let Some(mut object) = self.model.get(id).cloned() else { return };
        self.guess(&mut object, text);
        let place = self.place(span);
        self.model.change(id, place, |this| this.dependencies = object.dependencies);
    }

    fn primary_twice(&mut self, table: Target, span: Span) {
        let is_primary = |id: &Id| {
            self.model.is_sure(*id)
                && matches!(
                    self.model.get(*id).map(|object| &object.detail),
                    Some(Detail::Constraint { kind: ConstraintClass::Primary, .. })
                )
        };
        let known = self.model.parts(table.id, |class| class == ObjectKind::Constraint);
        if let Some(id) = known.iter().find(|id| is_primary(id))
            && let Some(place) = self.model.get(*id).map(|key| key.place)
        {
            let what = format!("primary key of `{}`", self.model.shown(table.id));
            self.report(Problem::AlreadyExists { what }, span, "a second one");
            self.add_related(place, "first created here");
        }
    }

    /// The name of a new constraint; `None` if it is taken.
    pub(super) fn constraint_name(
        &mut self,
        table: Target,
        name: Option<&Ident>,
        columns: &str,
        label: &str,
    ) -> Option<Chosen> {
        let object = self.model.get(table.id)?;
        let (schema, table_name) = (object.home?, object.name.clone());
        let Some(name) = name else {
            return Some(self.choose(schema, &table_name, columns, label, true));
        };
        match self.model.find(Namespace::Constraint, Some(table.id), &name.text) {
            Lookup::Yes(id) => {
                self.report_exists(id, name.span);
                return None;
            }
            Lookup::Unknown(Some(id)) => self.forget(id, name.span),
            _ => {}
        }
        Some(Chosen { name: name.text.clone(), is_sure: true })
    }

    pub(super) fn new_constraint(
        &mut self,
        table: Target,
        name: Chosen,
        kind: ConstraintClass,
        columns: Option<Vec<Id>>,
        span: Span,
    ) -> Id {
        let place = self.place(span);
        let mut object = Object::new(ObjectKind::Constraint, name.name, Some(table.id), place)
            .with(Detail::Constraint { kind, columns: columns.clone() });
        object.is_certain = name.is_sure;
        for column in columns.into_iter().flatten() {
            object.need(column, DependencyKind::Auto);
        }
        self.model.add(object)
    }

    /// Adds a constraint that has an index.
    fn key(
        &mut self,
        table: Target,
        constraint: &ConstraintDef<'_>,
        kind: ConstraintClass,
        columns: &[Ident],
        include: &[Ident],
        using_index: Option<&Ident>,
    ) -> Option<Id> {
        let schema = self.model.get(table.id)?.home?;
        if let Some(index) = using_index {
            return self.key_of_index(table, schema, constraint, kind, index);
        }
        let ids: Vec<Option<Id>> =
            columns.iter().map(|column| self.column(table, column)).collect();
        let whole = ids.iter().all(Option::is_some);
        let ids: Vec<Id> = ids.into_iter().flatten().collect();
        let included: Vec<Id> =
            include.iter().filter_map(|column| self.column(table, column)).collect();
        if kind != ConstraintClass::Exclude {
            for (id, name) in ids.iter().zip(columns) {
                if whole && !self.has_default_class("btree", *id, name.span) {
                    return None;
                }
            }
        }
        if kind == ConstraintClass::Primary {
            for id in &ids {
                let place = self.place(constraint.span);
                self.model.change(*id, place, |column| {
                    if let Detail::Column { not_null, .. } = &mut column.detail {
                        *not_null = Some(true);
                    }
                });
            }
        }
        let (label, named) = match kind {
            ConstraintClass::Primary => ("pkey", String::new()),
            ConstraintClass::Exclude => ("excl", joined(columns.iter().map(|c| &*c.text))),
            _ => ("key", joined(columns.iter().chain(include).map(|column| &*column.text))),
        };
        let name = self.constraint_name(table, constraint.name.as_ref(), &named, label)?;
        if let Some(written) = &constraint.name
            && let NameStatus::Skip =
                self.free_in(ObjectKind::Index, schema, &name.name, written.span, false)
        {
            return None;
        }
        let is_sure = name.is_sure;
        let index_name = name.name.clone();
        let all: Vec<Id> = ids.iter().chain(&included).copied().collect();
        let id = self.new_constraint(table, name, kind, Some(all.clone()), constraint.span);
        let place = self.place(constraint.span);
        let detail = Detail::Index {
            columns: whole.then(|| ids.clone()),
            is_key: kind != ConstraintClass::Exclude,
        };
        let mut index =
            Object::new(ObjectKind::Index, index_name, Some(schema), place).with(detail);
        index.table = Some(table.id);
        index.is_certain = is_sure;
        index.need(table.id, DependencyKind::Auto);
        index.need(id, DependencyKind::Internal);
        self.model.add(index);
        Some(id)
    }

    fn key_of_index(
        &mut self,
        table: Target,
        schema: Id,
        constraint: &ConstraintDef<'_>,
        kind: ConstraintClass,
        index: &Ident,
    ) -> Option<Id> {
        let name = Name { parts: vec![index.clone()] };
        let found = self.model.find(Namespace::Relation, Some(schema), &index.text);
        let id = match found {
            Lookup::Yes(id) | Lookup::Unknown(Some(id)) => id,
            // The server accepts it, so the index existed.
            Lookup::Unknown(None) => {
                let place = self.place(constraint.span);
                let mut index =
                    Object::new(ObjectKind::Index, index.text.clone(), Some(schema), place)
                        .with(Detail::Index { columns: None, is_key: true });
                (index.table, index.is_old) = (Some(table.id), true);
                index.need(table.id, DependencyKind::Auto);
                self.model.add(index)
            }
            Lookup::No(_) => {
                self.relation(&name, "index", false);
                return None;
            }
        };
        let wanted = constraint.name.as_ref().unwrap_or(index);
        let chosen = self.constraint_name(table, Some(wanted), "", "key")?;
        if wanted.text != index.text {
            self.rename(id, wanted, wanted.span);
        }
        let columns = match self.model.get(id).map(|index| index.detail.clone()) {
            Some(Detail::Index { columns, .. }) => columns,
            _ => None,
        };
        let made = self.new_constraint(table, chosen, kind, columns, constraint.span);
        let place = self.place(constraint.span);
        self.model.change(id, place, |index| index.need(made, DependencyKind::Internal));
        Some(made)
    }
}
