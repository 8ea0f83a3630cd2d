//! An index of what a section creates and where, so that a statement need not scan all others.

use std::collections::HashMap;

use super::tables::key;
use crate::analysis::names::{Ident, Name};
use crate::analysis::statement::{Action, Statement};

/// Maps names to statement indexes.
#[derive(Debug, Default)]
pub(super) struct Section {
    /// The last statement that creates a table or view of this name.
    relations: HashMap<String, usize>,
    /// The last statement that creates a type of this name.
    types: HashMap<String, usize>,
    /// The first statement that adds this column to this table.
    columns: HashMap<String, HashMap<String, usize>>,
}

impl Section {
    pub(super) fn of(statements: &[Statement<'_>]) -> Self {
        let mut section = Section::default();
        for (at, statement) in statements.iter().enumerate() {
            match statement {
                Statement::CreateView(view) => section.relation(&view.name, at),
                Statement::CreateTable(table) => section.relation(&table.name, at),
                Statement::CreateType { name, .. } | Statement::CreateDomain { name, .. } => {
                    section.types.insert(key(name), at);
                }
                Statement::AlterTable(alter) => {
                    let columns = alter.actions.iter().filter_map(|action| match action {
                        Action::AddColumn { column, .. } => Some(column.name.text.to_string()),
                        _ => None,
                    });
                    for column in columns {
                        let table = section.columns.entry(key(&alter.name)).or_default();
                        table.entry(column).or_insert(at);
                    }
                }
                _ => {}
            }
        }
        section
    }

    fn relation(&mut self, name: &Name, at: usize) {
        self.relations.insert(key(name), at);
    }

    /// Whether something of this name is created after this statement.
    pub(super) fn makes_relation(&self, name: &Name, behind: usize) -> bool {
        self.relations.get(&key(name)).is_some_and(|at| *at > behind)
    }

    /// Whether a type of this name is created after this statement.
    pub(super) fn makes_type(&self, name: &Name, behind: usize) -> bool {
        self.types.get(&key(name)).is_some_and(|at| *at > behind)
    }

    /// Whether the column is added before this statement.
    pub(super) fn adds(&self, table: &Name, column: &Ident, before: usize) -> bool {
        let columns = self.columns.get(&key(table));
        columns.and_then(|columns| columns.get(&*column.text)).is_some_and(|at| *at < before)
    }
}
