//! The lints' view of one table: its columns, indexes and checks.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::{Column, Index, LintSpan, Table, What};
use crate::analysis::names::{Ident, automatic, joined};
use crate::analysis::statement::{
    Action, ColumnChange, ColumnDef, ConstraintDef, ConstraintKind, Default, TypeName,
};
use crate::syntax::cursor::Cursor;

/// The column in a condition that says `column IS NOT NULL` and nothing else.
pub(super) fn not_null(mut condition: Cursor<'_>) -> Option<String> {
    // Nobody writes more parentheses around so little, and the search restarts for each pair.
    for _ in 0..4 {
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

/// All words of an expression that may be columns.
pub(super) fn idents(text: &Cursor<'_>) -> impl Iterator<Item = String> {
    text.idents().map(|ident| ident.text.to_string())
}

/// The collation written after a type in this statement. `None` means that of the type, which is
/// also what `"default"` means.
pub(in crate::analysis::lints) fn collation(all: Cursor<'_>, kind: &TypeName) -> Option<String> {
    let mut rest = all;
    rest.skip(all.tokens().partition_point(|token| all.place(*token).start < kind.span.end));
    let mut depth = 0_usize;
    while let Some(token) = rest.token(0) {
        let is_end = rest.is_sign(0, ",") || rest.is_sign(0, ")");
        if depth == 0 && is_end {
            return None;
        }
        if depth == 0 && rest.take(&["collate"]) {
            let name = rest.name()?;
            return (name.last() != "default").then(|| name.last().to_owned());
        }
        depth = rest.deeper(depth, token);
        rest.skip(1);
    }
    None
}

impl Table {
    pub(super) fn new(name: &str, what: What, made: usize) -> Self {
        Table {
            what,
            name: name.to_owned(),
            made,
            columns: Rc::default(),
            indexes: Vec::new(),
            is_unclear: false,
            not_null: Vec::new(),
            checks: Vec::new(),
            created: None,
            has_primary_key: false,
            row_security: None,
            policies: Vec::new(),
        }
    }

    /// The indexes, unless there may be more of them.
    pub(in crate::analysis::lints) fn indexes(&self) -> &[Index] {
        &self.indexes
    }

    /// Whether a check that holds for all rows exists.
    pub(in crate::analysis::lints) fn has_valid_check(&self) -> bool {
        self.checks.iter().any(|(_, _, valid)| *valid)
    }

    /// Whether an index may find rows by this column; true if that is unclear.
    pub(in crate::analysis::lints) fn may_find_by(&self, column: &str) -> bool {
        let has = |index: &Index| {
            let first = index.columns.first().and_then(Option::as_deref);
            first == Some(column) || index.mentions.iter().flatten().any(|name| name == column)
        };
        self.is_unclear || self.indexes.iter().any(has)
    }

    /// Whether an index may find rows by an expression.
    pub(in crate::analysis::lints) fn may_find_by_expression(&self) -> bool {
        self.is_unclear || self.indexes.iter().any(|index| index.mentions.is_some())
    }

    /// Whether a column of this index certainly may be NULL, so that a primary key has to look for
    /// NULL in all rows.
    pub(in crate::analysis::lints) fn has_nullable_key(&self, index: &str) -> bool {
        let known = self.indexes.iter().find(|one| one.name.as_deref() == Some(index));
        let is_nullable = |column: &String| {
            let known = self.columns.get(column);
            known.is_some_and(|known| !known.not_null) && !self.is_checked(column)
        };
        known.is_some_and(|index| index.columns.iter().flatten().any(is_nullable))
    }

    /// Whether a validated check guarantees that the column is never NULL.
    pub(in crate::analysis::lints) fn is_checked(&self, column: &str) -> bool {
        self.not_null.iter().any(|(_, checked, valid)| checked == column && *valid)
    }

    /// Whether an index starts with these columns, in any order.
    pub(super) fn has_index(&self, columns: &[String]) -> bool {
        self.indexes.iter().any(|index| {
            let begin = index.columns.get(..columns.len()).unwrap_or_default();
            let is_in = |column: &String| begin.iter().any(|part| part.as_ref() == Some(column));
            index.whole && !begin.is_empty() && columns.iter().all(is_in)
        })
    }

    /// The first index that is rebuilt when this column gets another type with the same storage
    /// format, and its name if it has one. An index on expressions, or a partial one, is always
    /// rebuilt.
    pub(in crate::analysis::lints) fn rebuilt(
        &self,
        column: &str,
        sorts_anew: bool,
    ) -> Option<Option<&str>> {
        let is_rebuilt = |index: &&Index| {
            let is_key = index.columns.iter().flatten().any(|key| key == column);
            match &index.mentions {
                Some(names) => is_key || names.iter().any(|name| name == column),
                None => is_key && sorts_anew && !index.sorts,
            }
        };
        self.indexes.iter().find(is_rebuilt).map(|index| index.name.as_deref())
    }

    /// Whether a validated check uses this column. If so, a change of its type scans all rows.
    pub(in crate::analysis::lints) fn is_rechecked(&self, column: &str) -> bool {
        self.checks.iter().any(|(_, names, valid)| *valid && names.iter().any(|n| n == column))
    }

    pub(super) fn constraint(&mut self, constraint: &ConstraintDef<'_>, place: LintSpan) {
        let place = place.at(constraint.span);
        self.has_primary_key |= matches!(constraint.kind, ConstraintKind::PrimaryKey { .. });
        let name = constraint.name.as_ref().map(|name| name.text.to_string());
        let name = name.or_else(|| self.automatic(&constraint.kind));
        match &constraint.kind {
            ConstraintKind::PrimaryKey { columns, using_index: None, include } => {
                for column in columns {
                    if let Some(known) = Rc::make_mut(&mut self.columns).get_mut(&*column.text) {
                        known.not_null = true;
                    }
                }
                self.key(name, columns, include, place);
            }
            ConstraintKind::Unique { columns, using_index: None, include } => {
                self.key(name, columns, include, place);
            }
            ConstraintKind::PrimaryKey { using_index: Some(index), .. }
            | ConstraintKind::Unique { using_index: Some(index), .. } => {
                let of_index = |one: &&mut Index| one.name.as_deref() == Some(&*index.text);
                if let Some(index) = self.indexes.iter_mut().find(of_index) {
                    // The server gives the index the name of the constraint.
                    (index.of_constraint, index.unique) = (true, true);
                    index.name = constraint
                        .name
                        .as_ref()
                        .map(|name| name.text.to_string())
                        .or(index.name.take());
                }
            }
            ConstraintKind::Check(check) => {
                self.checks.push((name.clone(), idents(check).collect(), !constraint.not_valid));
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

    /// The name that the server chooses for an unnamed constraint.
    fn automatic(&self, kind: &ConstraintKind<'_>) -> Option<String> {
        let name = |second: &str, label| Some(automatic(&self.name, second, label));
        match kind {
            ConstraintKind::PrimaryKey { .. } => name("", "pkey"),
            ConstraintKind::Unique { columns, .. } => {
                name(&joined(columns.iter().map(|column| &*column.text)), "key")
            }
            ConstraintKind::Check(check) => {
                let columns: BTreeSet<String> =
                    idents(check).filter(|name| self.columns.contains_key(name)).collect();
                match (columns.first(), columns.len()) {
                    (Some(only), 1) => name(only, "check"),
                    _ => name("", "check"),
                }
            }
            _ => None,
        }
    }

    /// Adds the index of a key.
    fn key(&mut self, name: Option<String>, columns: &[Ident], include: &[Ident], place: LintSpan) {
        self.indexes.push(Index {
            name,
            place,
            unique: true,
            of_constraint: true,
            is_plain: include.is_empty(),
            columns: columns.iter().map(|column| Some(column.text.to_string())).collect(),
            whole: true,
            mentions: None,
            sorts: false,
        });
    }

    /// Adds a column as this statement defines it.
    pub(super) fn column(&mut self, column: &ColumnDef<'_>, all: Cursor<'_>, place: LintSpan) {
        let identity = matches!(column.default, Some(Default::Identity(_)));
        let not_null = column.not_null || identity;
        let collation = column.kind.as_ref().and_then(|kind| collation(all, kind));
        let known = Column { kind: column.kind.clone(), collation, not_null };
        Rc::make_mut(&mut self.columns).insert(column.name.text.to_string(), known);
        column.constraints.iter().for_each(|constraint| self.constraint(constraint, place));
    }

    /// Applies an action of this statement to the table.
    pub(super) fn act(&mut self, action: &Action<'_>, all: Cursor<'_>, place: LintSpan) {
        match action {
            Action::AddColumn { column, if_not_exists: true }
                if self.columns.contains_key(&*column.name.text) => {}
            Action::AddColumn { column, .. } => self.column(column, all, place),
            Action::AddConstraint(constraint) => self.constraint(constraint, place),
            Action::DropColumn { name, .. } => {
                Rc::make_mut(&mut self.columns).remove(&*name.text);
                self.not_null.retain(|(_, column, _)| **column != *name.text);
                self.checks.retain(|(_, names, _)| names.iter().all(|n| **n != *name.text));
                let has = |index: &Index| {
                    index.columns.iter().flatten().any(|column| **column == *name.text)
                };
                self.indexes.retain(|index| !has(index));
            }
            Action::RenameConstraint { name, to } => {
                let of_indexes = self.indexes.iter_mut().map(|index| &mut index.name);
                let of_not_null = self.not_null.iter_mut().map(|(known, ..)| known);
                let of_checks = self.checks.iter_mut().map(|(known, ..)| known);
                for known in of_indexes.chain(of_not_null).chain(of_checks) {
                    if known.as_deref() == Some(&*name.text) {
                        *known = Some(to.text.to_string());
                    }
                }
            }
            Action::DropConstraint { name, .. } => {
                // Which constraint is the primary key is known by its index.
                let is_key = |index: &Index| index.name.as_deref() == Some(&*name.text);
                if self.indexes.iter().any(is_key) || name.text.ends_with("_pkey") {
                    self.created = None;
                }
                self.not_null.retain(|(known, ..)| known.as_deref() != Some(&*name.text));
                self.checks.retain(|(known, ..)| known.as_deref() != Some(&*name.text));
                self.indexes.retain(|index| index.name.as_deref() != Some(&*name.text));
            }
            Action::UseConstraint(name) => {
                for (known, _, valid) in &mut self.not_null {
                    *valid |= known.as_deref() == Some(&*name.text);
                }
                for (known, _, valid) in &mut self.checks {
                    *valid |= known.as_deref() == Some(&*name.text);
                }
            }
            Action::RenameColumn { name, to } => {
                if let Some(column) = Rc::make_mut(&mut self.columns).remove(&*name.text) {
                    Rc::make_mut(&mut self.columns).insert(to.text.to_string(), column);
                }
                let of_indexes = self.indexes.iter_mut().flat_map(|index| {
                    let mentions = index.mentions.iter_mut().flatten();
                    index.columns.iter_mut().flatten().chain(mentions)
                });
                let of_checks = self.not_null.iter_mut().map(|(_, column, _)| column);
                let names = self.checks.iter_mut().flat_map(|(_, names, _)| names);
                for column in of_indexes.chain(of_checks).chain(names) {
                    if **column == *name.text {
                        *column = to.text.to_string();
                    }
                }
            }
            Action::Column { name, change } => {
                let Some(column) = Rc::make_mut(&mut self.columns).get_mut(&*name.text) else {
                    return;
                };
                match change {
                    ColumnChange::Type { to, .. } => {
                        (column.kind, column.collation) = (Some(to.clone()), collation(all, to));
                    }
                    ColumnChange::SetNotNull => column.not_null = true,
                    ColumnChange::DropNotNull => column.not_null = false,
                    _ => {}
                }
            }
            _ => {}
        }
    }
}
