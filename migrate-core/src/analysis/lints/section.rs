//! An index of what a section creates and where, so that a statement need not scan all others.

use std::collections::HashMap;

use super::tables::key;
use crate::analysis::names::{Ident, Name};
use crate::analysis::statement::{Action, ColumnChange, ConstraintDef, Statement};

/// Maps names to statement indexes.
#[derive(Debug, Default)]
pub(super) struct Section {
    /// The last statement that creates a table or view of this name.
    relations: HashMap<String, usize>,
    /// The last statement that creates a type of this name.
    types: HashMap<String, usize>,
    /// The first statement that adds this column to this table.
    columns: HashMap<String, HashMap<String, usize>>,
    /// The last statement that creates a routine of this name.
    routines: HashMap<String, usize>,
    /// The last statement that sets a default of this column of this table.
    defaults: HashMap<(String, String), usize>,
    /// The last statement that adds this constraint to this table.
    constraints: HashMap<(String, String), usize>,
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
                Statement::CreateRoutine(routine) => {
                    section.routines.insert(key(&routine.name), at);
                }
                Statement::AlterTable(alter) => {
                    alter.actions.iter().for_each(|action| section.act(&alter.name, action, at));
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

    fn act(&mut self, table: &Name, action: &Action<'_>, at: usize) {
        match action {
            Action::Column {
                name,
                change: ColumnChange::SetDefault(_) | ColumnChange::AddIdentity(_),
            } => {
                self.defaults.insert((key(table), name.text.to_string()), at);
            }
            Action::AddConstraint(ConstraintDef { name: Some(name), .. }) => {
                self.constraints.insert((key(table), name.text.to_string()), at);
            }
            _ => {}
        }
    }

    /// Whether this statement or a later one sets a default of the column.
    pub(super) fn sets_default(&self, table: &Name, column: &Ident, from: usize) -> bool {
        let last = self.defaults.get(&(key(table), column.text.to_string()));
        last.is_some_and(|at| *at >= from)
    }

    /// Whether this statement or a later one adds a constraint of this name.
    pub(super) fn adds_constraint(&self, table: &Name, name: &Ident, from: usize) -> bool {
        let last = self.constraints.get(&(key(table), name.text.to_string()));
        last.is_some_and(|at| *at >= from)
    }

    /// Whether a routine of this name is created after this statement.
    pub(super) fn makes_routine(&self, name: &Name, behind: usize) -> bool {
        self.routines.get(&key(name)).is_some_and(|at| *at > behind)
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
