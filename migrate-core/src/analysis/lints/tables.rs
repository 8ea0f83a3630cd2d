//! Tracks tables for the lints: which revision created each one, and what it contains as far as the
//! chain shows.
//!
//! Since lints only advise, this follows names only: a table that the chain did not create is taken
//! for an existing one.

mod table;

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

pub(super) use self::table::collation;
use self::table::{idents, not_null};
use crate::analysis::names::{Name, automatic, joined};
use crate::analysis::statement::{
    Action, AlterTable, ConstraintDef, ConstraintKind, CreateIndex, CreateTable, Drop, Element,
    Key, ObjectType, OnTable, Statement, TypeName,
};
use crate::syntax::cursor::Cursor;
use crate::syntax::source::Span;

/// The kind of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Table,
    Partitioned,
    Temporary,
    View,
    MaterializedView,
}

/// Where something is written: the revision, by its index in the chain, the text, and its statement.
#[derive(Debug, Clone, Copy)]
pub(super) struct LintSpan {
    pub(super) revision: usize,
    pub(super) span: Span,
    pub(super) statement: Span,
}

impl LintSpan {
    fn at(self, span: Span) -> Self {
        LintSpan { span, ..self }
    }
}

/// A table, view or other relation.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) what: What,
    /// Its name when it was created. The server derives the names of unnamed constraints from it.
    name: String,
    /// The revision that created it, by its index in the chain.
    pub(super) made: usize,
    /// Shared with the partitions that have the same columns.
    pub(super) columns: Rc<HashMap<String, Column>>,
    /// The columns of each index and key, in order; `None` stands for an expression.
    indexes: Vec<Index>,
    /// Whether there may be more indexes than these.
    is_unclear: bool,
    /// Checks that a column is not NULL: the name of the constraint, the column, and whether it is
    /// validated.
    not_null: Vec<(Option<String>, String, bool)>,
    /// All checks: the name of the constraint, the names in its condition, and whether it is
    /// validated.
    checks: Vec<(Option<String>, Vec<String>, bool)>,
    /// Where an ordinary table was created, if all of that statement was understood.
    pub(super) created: Option<LintSpan>,
    pub(super) has_primary_key: bool,
    /// Where row-level security was enabled.
    pub(super) row_security: Option<LintSpan>,
    /// The policies that exist: the name of each, and where it was created.
    pub(super) policies: Vec<(String, LintSpan)>,
}

#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) kind: Option<TypeName>,
    /// `None` if the column has the collation of its type.
    pub(super) collation: Option<String>,
    pub(super) not_null: bool,
}

#[derive(Debug)]
pub(super) struct Index {
    pub(super) name: Option<String>,
    pub(super) place: LintSpan,
    pub(super) unique: bool,
    /// Whether it belongs to a constraint.
    pub(super) of_constraint: bool,
    /// Whether it is a B-tree over all rows and plain columns, in the default order.
    pub(super) is_plain: bool,
    pub(super) columns: Vec<Option<String>>,
    /// Whether the index covers all rows.
    whole: bool,
    /// The names in its expressions and in its predicate, if it has any. The server rebuilds such
    /// an index when the type of one of these columns changes.
    mentions: Option<Vec<String>>,
    /// Whether it specifies how it is sorted, so that the collation of a column may not matter.
    sorts: bool,
}

/// A foreign key, to be checked at the end of the chain.
#[derive(Debug)]
pub(super) struct ForeignKey {
    pub(super) revision: usize,
    pub(super) span: Span,
    pub(super) statement: Span,
    pub(super) table: String,
    pub(super) columns: Vec<String>,
    name: String,
}

#[derive(Debug, Default)]
pub(super) struct Tables {
    known: HashMap<String, Table>,
    pub(super) foreign_keys: Vec<ForeignKey>,
    /// The table of each named index.
    of_index: HashMap<String, String>,
    /// The text of the statements that are not followed, in lower case.
    unread: String,
}

/// A name without the default schema.
pub(super) fn key(name: &Name) -> String {
    match name.schema() {
        Some(schema) if &*schema.text != "public" => format!("{}.{}", schema.text, name.last()),
        _ => name.last().to_owned(),
    }
}

impl Tables {
    pub(super) fn get(&self, name: &Name) -> Option<&Table> {
        self.known.get(&key(name))
    }

    pub(super) fn by_key(&self, key: &str) -> Option<&Table> {
        self.known.get(key)
    }

    /// The tables that exist, in the order of their names.
    pub(super) fn all(&self) -> Vec<(&str, &Table)> {
        let mut all: Vec<_> = self.known.iter().map(|(key, table)| (key.as_str(), table)).collect();
        all.sort_by_key(|(key, _)| *key);
        all
    }

    /// Whether a statement that is not followed, such as a `DO` block, may have changed this table.
    pub(super) fn may_be_changed(&self, key: &str) -> bool {
        let last = key.rsplit_once('.').map_or(key, |(_, last)| last).to_lowercase();
        self.unread.contains(&last) || self.unread.contains("execute")
    }

    /// Whether an index supports this foreign key; also true if the table is unknown.
    pub(super) fn is_served(&self, foreign: &ForeignKey) -> bool {
        let table = self.known.get(&foreign.table);
        table.is_none_or(|table| table.is_unclear || table.has_index(&foreign.columns))
    }

    /// Applies a statement of this revision. `all` is its full text.
    pub(super) fn follow(&mut self, statement: &Statement<'_>, all: Cursor<'_>, place: LintSpan) {
        let (whole, revision) = (place.statement, place.revision);
        match statement {
            Statement::CreateTable(table) => self.create(table, all, place),
            Statement::CreateTableAs { name, temporary, .. } => {
                let what = if *temporary { What::Temporary } else { What::Table };
                self.make(name, what, revision);
            }
            Statement::CreateView(view) => {
                let what = if view.materialized { What::MaterializedView } else { What::View };
                self.make(&view.name, what, revision);
            }
            Statement::CreateIndex(index) => {
                self.create_index(index, all, place);
            }
            Statement::AlterTable(alter) => self.alter(alter, all, place),
            Statement::CreateOnTable { what: OnTable::Policy, name, table, .. } => {
                if let Some(table) = self.known.get_mut(&key(table)) {
                    table.policies.push((name.text.to_string(), place.at(name.span)));
                }
            }
            Statement::DropOnTable { what: OnTable::Policy, name, table, .. } => {
                if let Some(table) = self.known.get_mut(&key(table)) {
                    table.policies.retain(|(known, _)| **known != *name.text);
                }
            }
            Statement::Do { body: Some((body, _)), .. } => self.note_unread(body),
            Statement::CreateRoutine(routine) => {
                self.note_unread(&routine.body().map_or(Cow::Borrowed(""), |(body, _)| body));
            }
            Statement::Do { body: None, .. } | Statement::Opaque { .. } => {
                let (sql, offset) = all.source();
                let text = whole.start.checked_sub(offset).zip(whole.end.checked_sub(offset));
                self.note_unread(
                    text.and_then(|(start, end)| sql.get(start..end)).unwrap_or_default(),
                );
            }
            Statement::Drop(drop) => self.drop(drop),
            Statement::RenameSchema { name, to } => {
                let inside = format!("{}.", name.text);
                let keys = self.known.keys().filter_map(|key| key.strip_prefix(&inside));
                for last in keys.map(str::to_owned).collect::<Vec<_>>() {
                    self.moved(&format!("{inside}{last}"), format!("{}.{last}", to.text));
                }
            }
            _ => {}
        }
    }

    /// Records a new object of this name. An existing one of this name is kept.
    fn make(&mut self, name: &Name, what: What, revision: usize) -> &mut Table {
        self.known.entry(key(name)).or_insert_with(|| Table::new(name.last(), what, revision))
    }

    /// Keeps the text of what is not followed, if it may change a table.
    fn note_unread(&mut self, text: &str) {
        let text = text.to_lowercase();
        if ["alter", "create", "drop", "execute"].iter().any(|word| text.contains(word)) {
            self.unread.push_str(&text);
        }
    }

    fn create_index(&mut self, index: &CreateIndex<'_>, all: Cursor<'_>, place: LintSpan) {
        let own = key(&index.table);
        let Some(table) = self.known.get_mut(&own) else { return };
        let name = index.name.as_ref().map(|name| name.text.to_string());
        let exists = |one: &Index| name.is_some() && one.name == name;
        if index.if_not_exists && table.indexes.iter().any(exists) {
            return;
        }
        if let Some(name) = &name {
            self.of_index.insert(name.clone(), own);
        }
        let columns = index.keys.iter().map(|key| match key {
            Key::Column(column) => Some(column.text.to_string()),
            Key::Expression(_) => None,
        });
        let expressions = index.keys.iter().filter_map(|key| match key {
            Key::Column(_) => None,
            Key::Expression(expression) => Some(expression),
        });
        let texts: Vec<&Cursor<'_>> = expressions.chain(&index.predicate).collect();
        let mentions = texts.iter().flat_map(|text| idents(text)).collect();
        let says = |words: &[&str]| all.idents().any(|word| words.contains(&&*word.text));
        table.indexes.push(Index {
            name,
            place,
            unique: index.unique,
            of_constraint: false,
            is_plain: texts.is_empty()
                && index.include.is_empty()
                && !index.only
                && index.method.as_ref().is_none_or(|method| &*method.text == "btree")
                && !index.with_class.contains(&true)
                && !says(&["asc", "desc", "nulls", "collate"]),
            columns: columns.collect(),
            // An index with `WHERE c IS NOT NULL` omits only rows that a foreign key never
            // looks up.
            whole: index.predicate.is_none_or(|only| not_null(only).is_some()),
            mentions: (!texts.is_empty()).then_some(mentions),
            sorts: says(&["collate"]),
        });
    }

    fn create(&mut self, create: &CreateTable<'_>, all: Cursor<'_>, place: LintSpan) {
        let (whole, revision) = (place.statement, place.revision);
        let what = match (create.temporary, create.partitioned) {
            (true, _) => What::Temporary,
            (_, true) => What::Partitioned,
            _ => What::Table,
        };
        let parent = create.partition_of.as_ref().and_then(|parent| self.get(parent));
        let inherited = parent.map(|parent| parent.columns.clone()).unwrap_or_default();
        if self.get(&create.name).is_some() {
            return;
        }
        let table = self.make(&create.name, what, revision);
        table.columns = inherited;
        let likes = create.elements.iter().any(|one| matches!(one, Element::Like { .. }));
        table.is_unclear = likes || !create.is_clear;
        for element in &create.elements {
            match element {
                Element::Column(column) => table.column(column, all, place),
                Element::Constraint(constraint) => table.constraint(constraint, place),
                Element::Like { .. } => {}
            }
        }
        let is_ordinary = create.partition_of.is_none()
            && create.inherits.is_empty()
            && create.of_type.is_none()
            && !create.foreign
            && !create.temporary
            && !table.is_unclear;
        table.created = is_ordinary.then(|| place.at(create.name.span()));
        if create.temporary {
            return;
        }
        for element in &create.elements {
            match element {
                Element::Column(column) => {
                    for constraint in &column.constraints {
                        self.foreign_key(&create.name, constraint, whole, revision);
                    }
                }
                Element::Constraint(constraint) => {
                    self.foreign_key(&create.name, constraint, whole, revision);
                }
                Element::Like { .. } => {}
            }
        }
    }

    fn foreign_key(
        &mut self,
        table: &Name,
        constraint: &ConstraintDef<'_>,
        statement: Span,
        revision: usize,
    ) {
        if let ConstraintKind::ForeignKey { columns, .. } = &constraint.kind {
            let automatic =
                || automatic(table.last(), &joined(columns.iter().map(|c| &*c.text)), "fkey");
            self.foreign_keys.push(ForeignKey {
                revision,
                span: constraint.span,
                statement,
                table: key(table),
                name: constraint.name.as_ref().map_or_else(automatic, |name| name.text.to_string()),
                columns: columns.iter().map(|column| column.text.to_string()).collect(),
            });
        }
    }

    fn alter(&mut self, alter: &AlterTable<'_>, all: Cursor<'_>, place: LintSpan) {
        let (whole, revision) = (place.statement, place.revision);
        let own = key(&alter.name);
        if let (ObjectType::Index, [Action::RenameTo(to)]) = (alter.kind, alter.actions.as_slice())
        {
            return self.rename_index(alter.name.last(), &to.text);
        }
        if alter.kind == ObjectType::Index || alter.kind == ObjectType::Sequence {
            return;
        }
        if let Some(table) = self.known.get_mut(&own) {
            if all.has(&["enable", "row", "level", "security"]) {
                table.row_security = Some(place);
            } else if all.has(&["disable", "row", "level", "security"]) {
                table.row_security = None;
            }
        }
        for action in &alter.actions {
            if let Action::RenameTo(to) = action {
                let new = match own.rsplit_once('.') {
                    Some((schema, _)) => format!("{schema}.{}", to.text),
                    None => to.text.to_string(),
                };
                self.moved(&own, new);
                return;
            }
            if let Action::SetSchema(schema) = action {
                let last = alter.name.last();
                let new = match &*schema.text {
                    "public" => last.to_owned(),
                    schema => format!("{schema}.{last}"),
                };
                self.moved(&own, new);
                return;
            }
            match action {
                Action::AddConstraint(constraint) => {
                    self.foreign_key(&alter.name, constraint, whole, revision);
                }
                Action::AddColumn { column, .. } => {
                    for constraint in &column.constraints {
                        self.foreign_key(&alter.name, constraint, whole, revision);
                    }
                }
                Action::DropConstraint { name, .. } => self
                    .foreign_keys
                    .retain(|foreign| foreign.table != own || *foreign.name != *name.text),
                Action::DropColumn { name, .. } => self.foreign_keys.retain(|foreign| {
                    foreign.table != own || foreign.columns.iter().all(|c| **c != *name.text)
                }),
                _ => {}
            }
            if let Some(table) = self.known.get_mut(&own) {
                table.act(action, all, place);
            }
        }
    }

    fn rename_index(&mut self, from: &str, to: &str) {
        if let Some(table) = self.of_index.remove(from) {
            self.of_index.insert(to.to_owned(), table);
        }
        for index in self.known.values_mut().flat_map(|table| &mut table.indexes) {
            if index.name.as_deref() == Some(from) {
                index.name = Some(to.to_owned());
            }
        }
    }

    fn moved(&mut self, from: &str, to: String) {
        for foreign in self.foreign_keys.iter_mut().filter(|foreign| foreign.table == from) {
            foreign.table.clone_from(&to);
        }
        if let Some(table) = self.known.remove(from) {
            self.known.insert(to, table);
        }
    }

    fn drop(&mut self, drop: &Drop) {
        for name in &drop.names {
            let own = key(name);
            match drop.kind {
                ObjectType::Table
                | ObjectType::View
                | ObjectType::MaterializedView
                | ObjectType::ForeignTable => {
                    self.known.remove(&own);
                    self.foreign_keys.retain(|foreign| foreign.table != own);
                }
                ObjectType::Schema => {
                    let is_inside = |key: &String| match key.rsplit_once('.') {
                        Some((schema, _)) => schema == name.last(),
                        None => name.last() == "public",
                    };
                    self.known.retain(|key, _| !is_inside(key));
                    self.foreign_keys.retain(|foreign| !is_inside(&foreign.table));
                }
                ObjectType::Index => {
                    let Some(table) = self.of_index.remove(name.last()) else { continue };
                    let others = |index: &Index| index.name.as_deref() != Some(name.last());
                    match self.known.get_mut(&table) {
                        Some(table) => table.indexes.retain(others),
                        // The index has been renamed since.
                        None => {
                            self.known.values_mut().for_each(|table| table.indexes.retain(others));
                        }
                    }
                }
                _ => {}
            }
        }
    }
}
