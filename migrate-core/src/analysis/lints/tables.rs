//! What the lints know of tables: which revision made them, and as far as the chain tells, what is
//! in them.
//!
//! This is advice, so it follows names only: a table that nothing here has made is one that was there.

use std::collections::HashMap;

use crate::analysis::cursor::Cursor;
use crate::analysis::names::{Name, automatic, joined};
use crate::analysis::statement::{
    Action, AlterTable, ColumnChange, ColumnDef, ConstraintDef, ConstraintKind, CreateTable,
    Default, Drop, Element, Key, Kind, Statement, TypeName,
};
use crate::text::Span;

/// What a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Table,
    Partitioned,
    Temporary,
    View,
    MaterializedView,
}

/// A table, or something like one.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) what: What,
    /// The revision that made it, by its number in the chain.
    pub(super) made: usize,
    pub(super) columns: HashMap<String, Column>,
    /// The columns of each index and key, in order; nothing stands for an expression.
    indexes: Vec<Index>,
    /// Whether there may be more indexes than these.
    is_unclear: bool,
    /// Checks that a column is not NULL: the constraint's name, the column, whether it is validated.
    not_null: Vec<(Option<String>, String, bool)>,
}

#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) kind: Option<TypeName>,
    pub(super) not_null: bool,
}

#[derive(Debug)]
struct Index {
    name: Option<String>,
    columns: Vec<Option<String>>,
    /// Whether it is over all rows.
    whole: bool,
}

/// A foreign key, to be looked at when the whole chain is known.
#[derive(Debug)]
pub(super) struct ForeignKey {
    pub(super) revision: usize,
    pub(super) span: Span,
    pub(super) statement: Span,
    pub(super) table: String,
    pub(super) columns: Vec<String>,
    name: String,
}

#[derive(Debug, std::default::Default)]
pub(super) struct Tables {
    known: HashMap<String, Table>,
    pub(super) foreign_keys: Vec<ForeignKey>,
}

/// A name without the schema that everything is in unless it says otherwise.
pub(super) fn key(name: &Name) -> String {
    match name.schema() {
        Some(schema) if &*schema.text != "public" => format!("{}.{}", schema.text, name.last()),
        _ => name.last().to_owned(),
    }
}

/// The column that a condition says is not NULL, if it says just that.
fn not_null(mut condition: Cursor<'_>) -> Option<String> {
    loop {
        let mut rest = condition;
        match rest.parentheses() {
            Some(inner) if rest.is_empty() => condition = inner,
            _ => break,
        }
    }
    let column = condition.ident()?;
    let says = condition.take(&["is", "not", "null"]) && condition.is_empty();
    says.then(|| column.text.to_string())
}

impl Table {
    fn new(what: What, made: usize) -> Self {
        Table {
            what,
            made,
            columns: HashMap::new(),
            indexes: Vec::new(),
            is_unclear: false,
            not_null: Vec::new(),
        }
    }

    /// Whether a check that was validated says that the column is never NULL.
    pub(super) fn is_checked(&self, column: &str) -> bool {
        self.not_null.iter().any(|(_, checked, valid)| checked == column && *valid)
    }

    /// Whether an index begins with these columns, in any order.
    fn has_index(&self, columns: &[String]) -> bool {
        self.indexes.iter().any(|index| {
            let begin = index.columns.get(..columns.len()).unwrap_or_default();
            let is_in = |column: &String| begin.iter().any(|part| part.as_ref() == Some(column));
            index.whole && !begin.is_empty() && columns.iter().all(is_in)
        })
    }

    fn constraint(&mut self, constraint: &ConstraintDef<'_>) {
        let name = constraint.name.as_ref().map(|name| name.text.to_string());
        match &constraint.kind {
            ConstraintKind::PrimaryKey { columns, using_index: None, .. } => {
                for column in columns {
                    if let Some(known) = self.columns.get_mut(&*column.text) {
                        known.not_null = true;
                    }
                }
                self.index(name, columns.iter().map(|column| Some(column.text.to_string())), true);
            }
            ConstraintKind::Unique { columns, using_index: None, .. } => {
                self.index(name, columns.iter().map(|column| Some(column.text.to_string())), true);
            }
            ConstraintKind::Check(check) => {
                if let Some(column) = not_null(*check) {
                    self.not_null.push((name, column, !constraint.not_valid));
                }
            }
            ConstraintKind::NotNull(column) => {
                self.not_null.push((name, column.text.to_string(), !constraint.not_valid));
            }
            _ => {}
        }
    }

    fn index(
        &mut self,
        name: Option<String>,
        columns: impl Iterator<Item = Option<String>>,
        whole: bool,
    ) {
        self.indexes.push(Index { name, columns: columns.collect(), whole });
    }

    fn column(&mut self, column: &ColumnDef<'_>) {
        let identity = matches!(column.default, Some(Default::Identity(_)));
        let not_null = column.not_null || identity;
        let known = Column { kind: column.kind.clone(), not_null };
        self.columns.insert(column.name.text.to_string(), known);
        column.constraints.iter().for_each(|constraint| self.constraint(constraint));
    }
}

impl Tables {
    pub(super) fn get(&self, name: &Name) -> Option<&Table> {
        self.known.get(&key(name))
    }

    pub(super) fn by_key(&self, key: &str) -> Option<&Table> {
        self.known.get(key)
    }

    /// Whether an index serves this foreign key; also where the table is not known.
    pub(super) fn is_served(&self, foreign: &ForeignKey) -> bool {
        let table = self.known.get(&foreign.table);
        table.is_none_or(|table| table.is_unclear || table.has_index(&foreign.columns))
    }

    /// Follows a statement of this revision.
    pub(super) fn follow(&mut self, statement: &Statement<'_>, whole: Span, revision: usize) {
        match statement {
            Statement::CreateTable(table) => self.create(table, whole, revision),
            Statement::CreateTableAs { name, temporary, .. } => {
                let what = if *temporary { What::Temporary } else { What::Table };
                self.make(name, what, revision);
            }
            Statement::CreateView(view) => {
                let what = if view.materialized { What::MaterializedView } else { What::View };
                self.make(&view.name, what, revision);
            }
            Statement::CreateIndex(index) => {
                let Some(table) = self.known.get_mut(&key(&index.table)) else { return };
                let columns = index.keys.iter().map(|key| match key {
                    Key::Column(column) => Some(column.text.to_string()),
                    Key::Expression(_) => None,
                });
                let name = index.name.as_ref().map(|name| name.text.to_string());
                // `WHERE c IS NOT NULL` leaves out what a foreign key does not look for.
                let whole = index.predicate.is_none_or(|only| not_null(only).is_some());
                table.index(name, columns, whole);
            }
            Statement::AlterTable(alter) => self.alter(alter, whole, revision),
            Statement::Drop(drop) => self.drop(drop),
            _ => {}
        }
    }

    /// Something new of this name; what was there stays what it was.
    fn make(&mut self, name: &Name, what: What, revision: usize) -> &mut Table {
        self.known.entry(key(name)).or_insert_with(|| Table::new(what, revision))
    }

    fn create(&mut self, create: &CreateTable<'_>, whole: Span, revision: usize) {
        let what = match (create.temporary, create.partitioned) {
            (true, _) => What::Temporary,
            (_, true) => What::Partitioned,
            _ => What::Table,
        };
        let parent = create.partition_of.as_ref().and_then(|parent| self.get(parent));
        let inherited = parent.map(|parent| parent.columns.clone()).unwrap_or_default();
        let table = self.make(&create.name, what, revision);
        if table.made != revision {
            return;
        }
        table.columns = inherited;
        let likes = create.elements.iter().any(|one| matches!(one, Element::Like { .. }));
        table.is_unclear = likes || !create.is_clear;
        for element in &create.elements {
            match element {
                Element::Column(column) => table.column(column),
                Element::Constraint(constraint) => table.constraint(constraint),
                Element::Like { .. } => {}
            }
        }
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

    fn alter(&mut self, alter: &AlterTable<'_>, whole: Span, revision: usize) {
        let own = key(&alter.name);
        if alter.kind == Kind::Index || alter.kind == Kind::Sequence {
            return;
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
                table.act(action);
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
                Kind::Table | Kind::View | Kind::MaterializedView | Kind::ForeignTable => {
                    self.known.remove(&own);
                    self.foreign_keys.retain(|foreign| foreign.table != own);
                }
                Kind::Index => {
                    for table in self.known.values_mut() {
                        table.indexes.retain(|index| index.name.as_deref() != Some(name.last()));
                    }
                }
                _ => {}
            }
        }
    }
}

impl Table {
    fn act(&mut self, action: &Action<'_>) {
        match action {
            Action::AddColumn { column, .. } => self.column(column),
            Action::AddConstraint(constraint) => self.constraint(constraint),
            Action::DropColumn { name, .. } => {
                self.columns.remove(&*name.text);
                self.not_null.retain(|(_, column, _)| **column != *name.text);
                let has = |index: &Index| {
                    index.columns.iter().flatten().any(|column| **column == *name.text)
                };
                self.indexes.retain(|index| !has(index));
            }
            Action::DropConstraint { name, .. } => {
                self.not_null.retain(|(known, ..)| known.as_deref() != Some(&*name.text));
                self.indexes.retain(|index| index.name.as_deref() != Some(&*name.text));
            }
            Action::UseConstraint(name) => {
                for (known, _, valid) in &mut self.not_null {
                    *valid |= known.as_deref() == Some(&*name.text);
                }
            }
            Action::RenameColumn { name, to } => {
                if let Some(column) = self.columns.remove(&*name.text) {
                    self.columns.insert(to.text.to_string(), column);
                }
                let of_indexes = self.indexes.iter_mut().flat_map(|index| &mut index.columns);
                let of_checks = self.not_null.iter_mut().map(|(_, column, _)| column);
                for column in of_indexes.flatten().chain(of_checks) {
                    if **column == *name.text {
                        *column = to.text.to_string();
                    }
                }
            }
            Action::Column { name, change } => {
                let Some(column) = self.columns.get_mut(&*name.text) else { return };
                match change {
                    ColumnChange::Type { to, .. } => column.kind = Some(to.clone()),
                    ColumnChange::SetNotNull => column.not_null = true,
                    ColumnChange::DropNotNull => column.not_null = false,
                    _ => {}
                }
            }
            _ => {}
        }
    }
}
