//! Replays `ALTER TABLE` and the like.

use std::rc::Rc;

use super::creation::NameStatus;
use super::state::{ReplayState, Target};
use crate::analysis::constraint_suggestions;
use crate::analysis::model::{
    ConstraintClass, DependencyKind, Detail, Id, Lookup, Namespace, ObjectKind,
};
use crate::analysis::names::{Ident, Name};
use crate::analysis::statement::{
    Action, AlterTable, ColumnChange, ColumnDef, ConstraintDef, ConstraintKind, ObjectType,
};
use crate::chain::problem::Problem;

impl ReplayState {
    pub(super) fn alter_table(&mut self, alter: &AlterTable<'_>) {
        let kind = match alter.kind {
            ObjectType::View => "view",
            ObjectType::MaterializedView => "materialized view",
            ObjectType::Index => "index",
            ObjectType::Sequence => "sequence",
            ObjectType::ForeignTable => "foreign table",
            _ => "table",
        };
        let Some(table) = self.relation(&alter.name, kind, alter.if_exists) else { return };
        if let Some(wanted) = wrong(alter, table.class)
            && self.model.is_sure(table.id)
        {
            return self.wrong_kind(table.id, wanted, alter.name.span());
        }
        // With IF EXISTS, a missing object is not an error, and nothing is done.
        let is_doubtful = alter.if_exists && !self.model.is_sure(table.id);
        let mut actions: Vec<&Action<'_>> = alter.actions.iter().collect();
        actions.sort_by_key(|action| pass(action));
        let added: Vec<&ColumnDef<'_>> = actions
            .iter()
            .filter_map(|action| match action {
                Action::AddColumn { column, .. } => Some(column),
                _ => None,
            })
            .collect();
        let mut constraints: Vec<&ConstraintDef<'_>> = Vec::new();
        let (mut is_below, mut is_more, faults_before) = (false, true, self.faults.len());
        for action in &actions {
            let is_plain_column = matches!(
                action,
                Action::AddColumn { column, .. } if column.constraints.is_empty()
            );
            is_more &= is_plain_column;
            is_below |= matches!(
                action,
                Action::AddColumn { .. }
                    | Action::DropColumn { .. }
                    | Action::AddConstraint(_)
                    | Action::DropConstraint { .. }
                    | Action::RenameColumn { .. }
                    | Action::RenameConstraint { .. }
                    | Action::Opaque(_)
            );
            match action {
                Action::AddColumn { column, if_not_exists } => {
                    let found =
                        self.model.find(Namespace::Column, Some(table.id), &column.name.text);
                    let is_there = *if_not_exists && found.id().is_some();
                    self.add_column(table, column, *if_not_exists);
                    if !is_there {
                        self.check_values(table, column);
                        constraints.extend(column.constraints.iter());
                    }
                }
                Action::AddConstraint(constraint) => constraints.push(constraint),
                _ => {}
            }
            if pass(action) >= 4 && !matches!(action, Action::AddConstraint(_)) {
                self.add_constraints(table, &std::mem::take(&mut constraints), !added.is_empty());
            }
            self.action(table, action);
        }
        self.add_constraints(table, &constraints, !added.is_empty());
        if is_doubtful {
            self.faults.truncate(faults_before);
        }
        if is_below {
            self.unsettle_children(table.id, alter.name.span(), is_more);
        }
    }

    fn action(&mut self, table: Target, action: &Action<'_>) {
        match action {
            Action::AddColumn { .. } | Action::AddConstraint(_) | Action::Harmless => {}
            Action::DropColumn { name, if_exists, cascade } => {
                let found = self.model.find(Namespace::Column, Some(table.id), &name.text);
                if *if_exists && found.id().is_none() {
                    return;
                }
                if let Some(id) = self.column(table, name) {
                    self.drop_objects(&[(id, name.span)], *cascade);
                }
            }
            Action::DropConstraint { name, if_exists, cascade } => {
                let id = self.constraint(table, name, *if_exists);
                self.may_be_nullable(table, id, name);
                if let Some(id) = id {
                    self.drop_objects(&[(id, name.span)], *cascade);
                }
            }
            Action::UseConstraint(name) => {
                self.constraint(table, name, false);
            }
            Action::Column { name, change } => self.change_column(table, name, change),
            Action::RenameTo(to) => self.rename_relation(table, to),
            Action::RenameColumn { name, to } => {
                if let Some(id) = self.column(table, name) {
                    self.rename(id, to, name.span);
                }
            }
            Action::RenameConstraint { name, to } => {
                if let Some(id) = self.constraint(table, name, false) {
                    let indexes = self.model.parts(id, |class| class == ObjectKind::Index);
                    for index in indexes {
                        self.rename(index, to, name.span);
                    }
                    // If nothing is known of a key, assume that it has an index of the same name.
                    let is_known = self.model.is_sure(id);
                    if let Some(schema) = self.model.get(table.id).map(|table| table.home)
                        && !is_known
                    {
                        self.model.perhaps((Namespace::Relation, schema, to.text.clone()));
                    }
                    self.rename(id, to, name.span);
                } else {
                    // A NOT NULL that nobody has named.
                    self.model.perhaps((Namespace::Constraint, Some(table.id), to.text.clone()));
                }
            }
            Action::SetSchema(schema) => self.move_to(table.id, schema),
            Action::UseIndex(name) => {
                let Some(schema) = self.model.get(table.id).and_then(|table| table.home) else {
                    return;
                };
                if let Lookup::No(gone) =
                    self.model.find(Namespace::Relation, Some(schema), &name.text)
                    && self.model.is_sure(table.id)
                {
                    let indexes = self.names_of(|class| class == ObjectKind::Index);
                    self.report_missing("index", &name.to_string(), name.span, gone, &indexes);
                }
            }
            Action::UseTrigger(name) => {
                self.on_table(ObjectKind::Trigger, Namespace::Trigger, name, table, false);
            }
            Action::Inherit { parent, no } => {
                if let Some(parent) = self.relation(parent, "table", false) {
                    self.change_parent(table.id, parent.id, *no, false);
                }
            }
            Action::Attach(child) => {
                if let Some(child) = self.relation(child, "table", false) {
                    self.change_parent(child.id, table.id, false, true);
                }
            }
            Action::Detach(child) => {
                if let Some(child) = self.relation(child, "table", false) {
                    self.change_parent(child.id, table.id, true, true);
                }
            }
            Action::Opaque(text) => {
                for ident in text.idents() {
                    self.model.invalidate(&ident.text);
                }
                if let Some(name) = self.model.get(table.id).map(|table| table.name.clone()) {
                    self.model.invalidate(&name);
                }
            }
        }
    }

    /// Looks up a constraint of a table, which must exist.
    pub(super) fn constraint(
        &mut self,
        table: Target,
        name: &Ident,
        if_exists: bool,
    ) -> Option<Id> {
        match self.model.find(Namespace::Constraint, Some(table.id), &name.text) {
            Lookup::Yes(id) => Some(id),
            Lookup::Unknown(Some(id)) => Some(id),
            Lookup::Unknown(None) if if_exists => None,
            Lookup::Unknown(None) => {
                Some(self.ghost_of(table.id, ObjectKind::Constraint, &name.text))
            }
            // Since PostgreSQL 18, each NOT NULL column has such a constraint.
            Lookup::No(_) if if_exists || name.text.contains("not_null") => None,
            Lookup::No(gone) => {
                let known = self.model.parts(table.id, |class| class == ObjectKind::Constraint);
                let names: Vec<_> =
                    known.iter().filter_map(|id| Some(self.model.get(*id)?.name.clone())).collect();
                let shown = self.model.shown(table.id);
                let what = format!("constraint `{name}` of `{shown}`");
                let suggestion = self.near_constraint(table, &name.text, &names);
                let place =
                    suggestion.as_ref().and_then(|(id, _)| Some(self.model.get(*id)?.place));
                let suggestion = suggestion.map(|(_, name)| name);
                self.report(Problem::Missing { what, suggestion }, name.span, "not there");
                if let Some(place) = gone {
                    self.add_related(place, "dropped or renamed here");
                } else if let Some(place) = place {
                    self.add_related(place, "this one is");
                }
                None
            }
        }
    }

    /// The constraint that was probably meant.
    fn near_constraint(
        &self,
        table: Target,
        name: &str,
        names: &[std::rc::Rc<str>],
    ) -> Option<(Id, String)> {
        let name_of = |id: &Id| self.model.get(*id).map(|object| &*object.name);
        let candidate = |id: &Id| {
            let object = self.model.get(*id)?;
            let Detail::Constraint { kind, columns } = &object.detail else { return None };
            let columns =
                columns.as_ref().map(|columns| columns.iter().filter_map(name_of).collect());
            let kind = match kind {
                ConstraintClass::Primary => constraint_suggestions::ConstraintCategory::Primary,
                ConstraintClass::Unique => constraint_suggestions::ConstraintCategory::Unique,
                ConstraintClass::Foreign => constraint_suggestions::ConstraintCategory::Foreign,
                ConstraintClass::Check => constraint_suggestions::ConstraintCategory::Check,
                ConstraintClass::Exclude | ConstraintClass::NotNull => {
                    constraint_suggestions::ConstraintCategory::Other
                }
            };
            Some(constraint_suggestions::Candidate { name: &object.name, kind, columns })
        };
        let id_of = |name: &str| self.model.find(Namespace::Constraint, Some(table.id), name).id();
        let ids: Vec<Id> = names.iter().filter_map(|name| id_of(name)).collect();
        let candidates: Vec<constraint_suggestions::Candidate<'_>> =
            ids.iter().filter_map(candidate).collect();
        let columns = self.model.parts(table.id, |class| class == ObjectKind::Column);
        let columns: Vec<&str> = columns.iter().filter_map(name_of).collect();
        let suggestion =
            constraint_suggestions::near(name, name_of(&table.id)?, &columns, &candidates)?;
        Some((id_of(suggestion)?, suggestion.to_owned()))
    }

    fn change_column(&mut self, table: Target, name: &Ident, change: &ColumnChange<'_>) {
        let kind = match change {
            ColumnChange::Type { to, .. } => self.plain_type_of(to),
            _ => None,
        };
        let Some(id) = self.column(table, name) else { return };
        let place = self.place(name.span);
        match change {
            ColumnChange::Type { to, using } => {
                self.keeps_views(id, name.span);
                // The values of a foreign table are stored elsewhere.
                if table.class == ObjectKind::Table {
                    self.type_fits(id, name, to, kind, using.is_some());
                }
                if let Some(using) = using {
                    self.using_fits(table, name, using, to);
                }
                // Those of the same name below it follow.
                let below = self.descendants(table.id).into_iter().filter_map(|child| {
                    let found = self.model.find(Namespace::Column, Some(child), &name.text);
                    Some((child, found.id()?))
                });
                let all: Vec<(Id, Id)> = below.chain([(table.id, id)]).collect();
                let sure = kind.is_some_and(|kind| self.model.is_sure(kind));
                for (table, id) in all {
                    let shown = to.shown();
                    self.model.change(id, place, |column| {
                        column.dependencies.retain(|need| need.on == table);
                        if let Some(kind) = kind {
                            column.need(
                                kind,
                                if sure { DependencyKind::Normal } else { DependencyKind::Guess },
                            );
                        }
                        if let Detail::Column { kind, changed, .. } = &mut column.detail {
                            (*kind, *changed) = (Some(shown.into()), place);
                        }
                    });
                }
            }
            ColumnChange::SetDefault(text) => {
                self.check_default(text);
                self.drop_defaults(id, name.span);
                self.new_default(id, text, place);
            }
            ColumnChange::DropDefault | ColumnChange::DropExpression => {
                self.drop_defaults(id, name.span);
            }
            ColumnChange::DropNotNull if self.keeps_not_null(table, id, name.span) => {}
            ColumnChange::SetNotNull | ColumnChange::DropNotNull => {
                let is = matches!(change, ColumnChange::SetNotNull);
                self.set_not_null(table.id, id, name, is);
            }
            ColumnChange::AddIdentity(identity) => self.identity(table.id, id, name, identity),
            ColumnChange::DropIdentity => {
                let sequences: Vec<Id> = self
                    .model
                    .dependents(id)
                    .iter()
                    .filter(|(_, how)| *how == DependencyKind::Internal)
                    .map(|(part, _)| *part)
                    .collect();
                for sequence in sequences {
                    if self.class(sequence) == Some(ObjectKind::Sequence) {
                        self.model.remove(sequence, place);
                    }
                }
            }
            ColumnChange::Other => {}
        }
    }

    pub(super) fn rename_relation(&mut self, table: Target, to: &Ident) {
        // An index and its constraint share one name.
        let constraint = self.model.get(table.id).filter(|_| table.class == ObjectKind::Index);
        let constraint = constraint.and_then(|index| {
            let need =
                index.dependencies.iter().find(|need| need.how == DependencyKind::Internal)?;
            Some(need.on)
        });
        let before = self.faults.len();
        self.rename(table.id, to, to.span);
        if let Some(constraint) = constraint
            && self.faults.len() == before
        {
            self.rename(constraint, to, to.span);
        }
    }

    /// Replays `SET SCHEMA` for relations and types. The parts of a table move with it.
    pub(super) fn move_to(&mut self, id: Id, schema: &Ident) {
        let name = Name { parts: vec![schema.clone()] };
        let to = match self.model.schema(schema) {
            Lookup::Yes(id) | Lookup::Unknown(Some(id)) => id,
            Lookup::No(gone) => {
                let schemas = self.names_of(|class| class == ObjectKind::Schema);
                return self.report_missing(
                    "schema",
                    &name.to_string(),
                    schema.span,
                    gone,
                    &schemas,
                );
            }
            Lookup::Unknown(None) => self.model.unresolved,
        };
        let Some(object) = self.model.get(id) else { return };
        let (class, name, home) = (object.class, object.name.clone(), object.home);
        if home == Some(to) {
            return;
        }
        // It may already be in that schema.
        if !self.model.is_sure(id) {
            let mut along = self.model.parts(id, |class| {
                matches!(class, ObjectKind::Index | ObjectKind::Routine | ObjectKind::Sequence)
            });
            for column in self.model.parts(id, |class| class == ObjectKind::Column) {
                along.extend(self.model.parts(column, |class| class == ObjectKind::Sequence));
            }
            along.extend(self.model.known_by_name_alone(home));
            let names = along.iter().filter_map(|id| Some(self.model.get(*id)?.name.clone()));
            let names: Vec<Rc<str>> = names.collect();
            for name in names.iter().chain([&name]) {
                self.model.invalidate(&name.split('(').next().unwrap_or(name).into());
            }
            return;
        }
        let place = self.place(schema.span);
        if let NameStatus::Skip = self.free_in(class, to, &name, schema.span, false) {
            return;
        }
        self.model.change(id, place, |object| object.home = Some(to));
        self.sign_again(id);
        let mut along = self.model.parts(id, |class| class == ObjectKind::Index);
        for column in self.model.parts(id, |class| class == ObjectKind::Column) {
            along.extend(self.model.parts(column, |class| class == ObjectKind::Sequence));
        }
        for part in along {
            self.model.change(part, place, |part| part.home = Some(to));
        }
    }
}

/// The kind of object that the statement expects, if the object is of another kind.
fn wrong(alter: &AlterTable<'_>, class: ObjectKind) -> Option<&'static str> {
    match alter.kind {
        ObjectType::View if class != ObjectKind::View => Some("view"),
        ObjectType::MaterializedView if class != ObjectKind::MaterializedView => {
            Some("materialized view")
        }
        ObjectType::Sequence if class != ObjectKind::Sequence => Some("sequence"),
        _ => None,
    }
}

/// The order in which the server executes the actions of one statement.
fn pass(action: &Action<'_>) -> u8 {
    match action {
        Action::DropColumn { .. } | Action::DropConstraint { .. } => 0,
        Action::Column {
            change:
                ColumnChange::DropNotNull
                | ColumnChange::DropDefault
                | ColumnChange::DropIdentity
                | ColumnChange::DropExpression,
            ..
        } => 0,
        Action::Column { change: ColumnChange::Type { .. }, .. } => 1,
        Action::AddColumn { .. } => 2,
        Action::Column { .. } => 3,
        Action::AddConstraint(constraint) => match constraint.kind {
            ConstraintKind::ForeignKey { .. } => 6,
            ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. } => 4,
            _ => 5,
        },
        _ => 7,
    }
}
