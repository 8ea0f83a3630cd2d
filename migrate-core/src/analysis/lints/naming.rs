//! Names that do not follow the patterns of `[naming]` in `migrate.toml`.

use super::{Context, Raw};
use crate::analysis::names::{Ident, Name};
use crate::analysis::statement::{
    Action, AlterTable, ColumnDef, ConstraintDef, ConstraintKind, CreateIndex, Element, Key,
    ObjectType, Statement,
};
use crate::chain::lint::Lint;
use crate::chain::rules::{Named, Subject};

pub(super) fn check(context: &Context<'_>, report: &mut dyn FnMut(Raw)) {
    if context.config.naming().is_empty() {
        return;
    }
    let mut names = Names { context, report };
    match context.view {
        Statement::CreateTable(table) if !table.temporary => {
            names.check(Named::Tables, table.name.parts.last(), Subject::default());
            for element in &table.elements {
                match element {
                    Element::Column(column) => names.column(&table.name, column),
                    Element::Constraint(constraint) => names.constraint(&table.name, constraint),
                    Element::Like { .. } => {}
                }
            }
        }
        Statement::CreateTableAs { name, temporary: false, .. } => {
            names.check(Named::Tables, name.parts.last(), Subject::default());
        }
        Statement::CreateIndex(index) => names.index(index),
        Statement::AlterTable(alter) => names.altered(alter),
        _ => {}
    }
}

struct Names<'n, 'c> {
    context: &'n Context<'c>,
    report: &'n mut dyn FnMut(Raw),
}

impl Names<'_, '_> {
    fn altered(&mut self, alter: &AlterTable<'_>) {
        let table = &alter.name;
        let of_table = Subject { table: Some(table.last()), columns: None };
        for action in &alter.actions {
            match action {
                Action::AddColumn { column, .. } => self.column(table, column),
                Action::AddConstraint(constraint) => self.constraint(table, constraint),
                Action::RenameTo(to) if alter.kind == ObjectType::Table => {
                    self.check(Named::Tables, Some(to), Subject::default());
                }
                Action::RenameTo(to) if alter.kind == ObjectType::Index => {
                    self.check(Named::Indexes, Some(to), Subject::default());
                }
                Action::RenameColumn { to, .. } if alter.kind == ObjectType::Table => {
                    self.check(Named::Columns, Some(to), of_table);
                }
                _ => {}
            }
        }
    }

    fn column(&mut self, table: &Name, column: &ColumnDef<'_>) {
        let subject = Subject { table: Some(table.last()), columns: None };
        self.check(Named::Columns, Some(&column.name), subject);
        column.constraints.iter().for_each(|constraint| self.constraint(table, constraint));
    }

    fn index(&mut self, index: &CreateIndex<'_>) {
        let column = |key: &Key<'_>| match key {
            Key::Column(column) => Some(column.text.to_string()),
            Key::Expression(_) => None,
        };
        let columns = index.keys.iter().map(column).collect::<Option<Vec<_>>>();
        let columns = columns.map(|columns| columns.join("_"));
        let subject = Subject { table: Some(index.table.last()), columns: columns.as_deref() };
        self.check(Named::Indexes, index.name.as_ref(), subject);
    }

    /// The constraint, if it is named: the server names the others by rules of its own.
    fn constraint(&mut self, table: &Name, constraint: &ConstraintDef<'_>) {
        let (named, columns) = match &constraint.kind {
            ConstraintKind::PrimaryKey { columns, .. } => (Named::PrimaryKeys, columns.as_slice()),
            ConstraintKind::ForeignKey { columns, .. } => (Named::ForeignKeys, columns.as_slice()),
            ConstraintKind::Unique { columns, .. } => {
                (Named::UniqueConstraints, columns.as_slice())
            }
            ConstraintKind::Check(_) => (Named::Checks, &[][..]),
            ConstraintKind::Exclude { .. } | ConstraintKind::NotNull(_) => {
                (Named::Constraints, &[][..])
            }
        };
        let is_own = self.context.config.naming().contains_key(&named);
        let named = if is_own { named } else { Named::Constraints };
        let columns: Vec<&str> = columns.iter().map(|column| &*column.text).collect();
        let columns = Some(columns.join("_")).filter(|columns| !columns.is_empty());
        let subject = Subject { table: Some(table.last()), columns: columns.as_deref() };
        self.check(named, constraint.name.as_ref(), subject);
    }

    fn check(&mut self, named: Named, name: Option<&Ident>, subject: Subject<'_>) {
        let Some(patterns) = self.context.config.naming().get(&named) else { return };
        let Some(name) = name else { return };
        if patterns.iter().any(|pattern| pattern.fits(&name.text, subject)) {
            return;
        }
        let texts: Vec<String> =
            patterns.iter().map(|pattern| format!("`{}`", pattern.text())).collect();
        let message = format!(
            "the name of the {} `{name}` does not match {}",
            named.one(),
            texts.join(" or ")
        );
        let expected = patterns.iter().find_map(|pattern| pattern.example(subject));
        let help = match expected {
            Some(expected) => {
                format!("call it `{expected}`; the pattern is in `[naming]` of migrate.toml")
            }
            None => "the pattern is in `[naming]` of migrate.toml".to_owned(),
        };
        (self.report)(self.context.raw(Lint::Naming, name.span, message, "", help));
    }
}
