//! Resolves `INSERT`, `UPDATE`, `DELETE` and `MERGE`: the target columns, and the names in scope
//! for each part.

use std::rc::Rc;

use super::columns::Columns;
use super::scope::{Item, Level, Source};
use super::{Finding, Resolver};
use crate::analysis::model::{Id, Lookup, Namespace};
use crate::analysis::names::is_system_column;
use crate::analysis::query::tree::{
    Assignment, Body, Constant, Delete, Expr, ExprId, FromId, Insert, Merge, Query, QueryId,
    Returning, Target, TargetColumn, Update,
};
use crate::analysis::typing::ValueType;
use crate::syntax::source::Span;

impl Resolver<'_> {
    /// The target table, under the name that the statement uses for it.
    fn target(&mut self, target: &Target) -> Item {
        let ctes = std::mem::take(&mut self.ctes);
        // A CTE cannot be the target of a change.
        let source = self.relation(&target.table);
        self.ctes = ctes;
        if let Source::Table(id) = source {
            self.note_use(id, None, true);
        }
        let name =
            target.alias.as_ref().map_or_else(|| target.table.last().into(), |it| it.text.clone());
        Item::new(Some(name), source)
    }

    pub(super) fn insert(&mut self, insert: &Insert) -> Rc<Columns> {
        let target = self.target(&insert.target);
        let table = table_of(&target);
        self.targets(table, &insert.columns);
        if let Some(source) = insert.source {
            let found = self.query(source);
            self.values_fit(table, insert, source, &found);
        }
        self.needs_values(table, insert);
        if let Some(conflict) = &insert.conflict {
            self.levels.push(Level::of(vec![target.clone()]));
            self.expressions(&conflict.arbiter);
            let excluded = Item::new(Some("excluded".into()), target.source.clone());
            self.levels.pop();
            self.levels.push(Level::of(vec![target.clone(), excluded]));
            self.set(table, &conflict.set);
            self.where_(conflict.condition);
            self.levels.pop();
        }
        self.levels.push(Level::of(vec![target.clone()]));
        let columns = self.returning(insert.returning.as_ref(), &[target], &[]);
        self.levels.pop();
        columns
    }

    pub(super) fn update(&mut self, update: &Update) -> Rc<Columns> {
        let target = self.target(&update.target);
        self.beside(&target, &update.from);
        self.set(table_of(&target), &update.set);
        self.where_(update.condition);
        let columns = self.returning(update.returning.as_ref(), &[target], &update.from);
        self.levels.pop();
        columns
    }

    pub(super) fn delete(&mut self, delete: &Delete) -> Rc<Columns> {
        let target = self.target(&delete.target);
        self.beside(&target, &delete.using);
        self.where_(delete.condition);
        let columns = self.returning(delete.returning.as_ref(), &[target], &delete.using);
        self.levels.pop();
        columns
    }

    /// Opens a scope with the FROM items and, where it can be read, the target table.
    fn beside(&mut self, target: &Item, from: &[FromId]) {
        self.levels.push(Level::default());
        self.reach_all(from);
        if let Some(level) = self.levels.last_mut() {
            level.items.push(target.clone());
        }
    }

    pub(super) fn merge(&mut self, merge: &Merge) -> Rc<Columns> {
        let target = self.target(&merge.target);
        let table = table_of(&target);
        self.beside(&target, &[merge.source]);
        self.condition(merge.on, "ON");
        let all = self.levels.last().map_or_else(Vec::new, |level| level.items.clone());
        for action in &merge.actions {
            if let Some(level) = self.levels.last_mut() {
                level.items.clone_from(&all);
                let last = all.len() - 1;
                for (at, item) in level.items.iter_mut().enumerate() {
                    let sees = if at == last { action.sees_target } else { action.sees_source };
                    item.is_named &= sees;
                    item.has_columns &= sees;
                }
            }
            if let Some(condition) = action.condition {
                self.condition(condition, "WHEN");
            }
            self.set(table, &action.set);
            self.targets(table, &action.columns);
            if let Some(values) = &action.values {
                self.expressions(values);
                if self.count(table, &action.columns, self.width(values), action.span) {
                    let rows = std::slice::from_ref(values);
                    self.generated_values(table, &action.columns, rows);
                    self.values_have_types(table, &action.columns, rows);
                }
            }
        }
        if let Some(level) = self.levels.last_mut() {
            level.items = all;
        }
        // The order of the columns of `*` depends on the server version.
        let columns = self.returning(merge.returning.as_ref(), &[], &[]);
        self.levels.pop();
        let mut columns = (*columns).clone();
        columns.is_whole = false;
        Rc::new(columns)
    }

    fn returning(
        &mut self,
        returning: Option<&Returning>,
        target: &[Item],
        from: &[FromId],
    ) -> Rc<Columns> {
        let Some(returning) = returning else { return Rc::new(Columns::unknown()) };
        if let Some(level) = self.levels.last_mut() {
            // OLD and NEW exist since PostgreSQL 18.
            let aliases = returning.aliases.iter().map(|alias| alias.text.clone());
            for name in ["old".into(), "new".into()].into_iter().chain(aliases) {
                if !level.items.iter().any(|item| item.name.as_ref() == Some(&name)) {
                    level.items.push(Item::qualified(name, Source::Unknown));
                }
            }
        }
        for output in &returning.outputs {
            self.expression(output.expression);
        }
        Rc::new(self.outputs(&returning.outputs, target, from))
    }

    fn where_(&mut self, condition: Option<ExprId>) {
        if let Some(condition) = condition {
            self.condition(condition, "WHERE");
        }
    }

    /// Resolves the columns of SET and their values.
    fn set(&mut self, table: Option<Id>, set: &[Assignment]) {
        let mut all: Vec<&TargetColumn> = Vec::new();
        for assignment in set {
            all.extend(&assignment.columns);
            if let (Expr::Query { query, .. }, true) =
                (&self.tree.expressions[assignment.value], assignment.columns.len() > 1)
            {
                self.query(*query);
                continue;
            }
            let outer = self.clause.replace("UPDATE");
            self.expression(assignment.value);
            self.clause = outer;
            let values = match (&self.tree.expressions[assignment.value], assignment.columns.len())
            {
                (_, 1) => Some(vec![assignment.value]),
                (Expr::Row(parts), count) if parts.len() == count => Some(parts.clone()),
                _ => None,
            };
            for (column, value) in assignment.columns.iter().zip(values.into_iter().flatten()) {
                if !matches!(self.tree.expressions[value], Expr::Default) {
                    self.generated(table, column);
                }
                if let Some((name, kind)) = self.target_kind(table, column) {
                    let (from, span) = (self.kind(value), self.tree.spans[value]);
                    self.assigned(&name, kind, Some(value), from, span);
                }
            }
        }
        self.target_columns(table, &all);
    }

    fn targets(&mut self, table: Option<Id>, columns: &[TargetColumn]) {
        self.target_columns(table, &columns.iter().collect::<Vec<_>>());
    }

    /// Checks the columns that are assigned: each must exist, and may be assigned once.
    fn target_columns(&mut self, table: Option<Id>, columns: &[&TargetColumn]) {
        let mut seen: Vec<(&str, bool)> = Vec::new();
        for column in columns {
            self.expressions(&column.subscripts);
            if let Some(table) = table
                && !is_system_column(&column.name.text)
                && let Lookup::No(_) =
                    self.model.find(Namespace::Column, Some(table), &column.name.text)
            {
                let name = column.name.clone();
                self.found.push(Finding::TargetColumn { table, name });
                continue;
            }
            if let Some(table) = table {
                self.note_use(table, Some(&column.name.text), true);
            }
            // The parts of a column may be assigned one by one.
            let text: &str = &column.name.text;
            if seen.iter().any(|(known, part)| *known == text && !(*part && column.is_part)) {
                self.found.push(Finding::Repeated(column.name.clone()));
            }
            seen.push((text, column.is_part));
        }
    }

    /// The number of values in a row; `None` if unknown.
    fn width(&self, values: &[ExprId]) -> Option<usize> {
        let is_one = |value: &ExprId| {
            !matches!(self.tree.expressions[*value], Expr::Star(_) | Expr::Expand(_))
        };
        values.iter().all(is_one).then_some(values.len())
    }

    fn values_fit(&mut self, table: Option<Id>, insert: &Insert, source: QueryId, found: &Columns) {
        let tree = self.tree;
        let Query { body, with, .. } = &tree.queries[source];
        let (width, rows) = match body {
            Body::Values(rows) if with.is_empty() => {
                let first = rows.first().map_or(&[][..], Vec::as_slice);
                (self.width(first), Some(rows.as_slice()))
            }
            Body::Values(_) => (None, None),
            _ => (found.is_whole.then_some(found.names.len()), None),
        };
        if !self.count(table, &insert.columns, width, insert.source_span) {
            return;
        }
        if insert.overriding {
            if let Some(rows) = rows {
                self.values_have_types(table, &insert.columns, rows);
            }
            return;
        }
        match rows {
            Some(rows) => {
                self.generated_values(table, &insert.columns, rows);
                self.values_have_types(table, &insert.columns, rows);
            }
            None => {
                for column in &insert.columns {
                    self.generated(table, column);
                }
                self.columns_have_types(table, insert, source, found);
            }
        }
    }

    /// Checks that the number of values fits the number of target columns.
    fn count(
        &mut self,
        table: Option<Id>,
        columns: &[TargetColumn],
        values: Option<usize>,
        span: Span,
    ) -> bool {
        let Some(values) = values else { return true };
        let columns = match columns.len() {
            0 => match table.and_then(|table| self.model.ordered_columns(table)) {
                Some(own) if own.len() < values => own.len(),
                _ => return true,
            },
            count if count != values => count,
            _ => return true,
        };
        self.found.push(Finding::ValueCount { columns, values, span });
        false
    }

    fn generated_values(
        &mut self,
        table: Option<Id>,
        columns: &[TargetColumn],
        rows: &[Vec<ExprId>],
    ) {
        for (at, column) in columns.iter().enumerate() {
            let is_default = |row: &Vec<ExprId>| {
                row.get(at)
                    .is_none_or(|value| matches!(self.tree.expressions[*value], Expr::Default))
            };
            if !rows.iter().all(is_default) {
                self.generated(table, column);
            }
        }
    }

    /// A column that is assigned as a whole: its name, and its type.
    fn target_kind(
        &self,
        table: Option<Id>,
        column: &TargetColumn,
    ) -> Option<(Rc<str>, ValueType)> {
        if column.is_part {
            return None;
        }
        self.kind_of_target(table, &column.name.text)
    }

    fn kind_of_target(&self, table: Option<Id>, name: &Rc<str>) -> Option<(Rc<str>, ValueType)> {
        match self.model.find(Namespace::Column, Some(table?), name) {
            Lookup::Yes(id) => Some((name.clone(), ValueType::of_column(self.model, id))),
            _ => None,
        }
    }

    /// The columns that get the values of an INSERT, in order, as far as they are known.
    fn target_kinds(
        &self,
        table: Option<Id>,
        columns: &[TargetColumn],
    ) -> Vec<Option<(Rc<str>, ValueType)>> {
        if !columns.is_empty() {
            return columns.iter().map(|column| self.target_kind(table, column)).collect();
        }
        let own = table.and_then(|table| self.model.ordered_columns(table)).unwrap_or_default();
        own.iter().map(|name| self.kind_of_target(table, name)).collect()
    }

    /// Checks that the values of an INSERT can be assigned to its columns.
    fn values_have_types(
        &mut self,
        table: Option<Id>,
        columns: &[TargetColumn],
        rows: &[Vec<ExprId>],
    ) {
        let targets = self.target_kinds(table, columns);
        for row in rows {
            if self.width(row).is_none() {
                continue;
            }
            for (value, target) in row.iter().zip(&targets) {
                if let Some((name, kind)) = target {
                    let (from, span) = (self.kind(*value), self.tree.spans[*value]);
                    self.assigned(name, *kind, Some(*value), from, span);
                }
            }
        }
    }

    /// The same for the columns of a query.
    fn columns_have_types(
        &mut self,
        table: Option<Id>,
        insert: &Insert,
        source: QueryId,
        found: &Columns,
    ) {
        if !found.is_whole {
            return;
        }
        let outputs = match &self.tree.queries[source].body {
            Body::Select(select) => select.outputs.as_slice(),
            _ => &[],
        };
        for (nth, target) in self.target_kinds(table, &insert.columns).iter().enumerate() {
            if let Some((name, kind)) = target
                && nth < found.names.len()
            {
                let value = outputs.get(nth).filter(|_| outputs.len() == found.names.len());
                let value = value.map(|output| output.expression);
                let span = value.map_or(insert.source_span, |value| self.tree.spans[value]);
                let from = found.kind(nth);
                // A string in a UNION has been given a type there.
                self.assigned(
                    name,
                    *kind,
                    value.filter(|_| from == ValueType::Literal),
                    from,
                    span,
                );
            }
        }
    }

    /// Reports the columns without which a row is certainly refused, where a row is inserted now.
    fn needs_values(&mut self, table: Option<Id>, insert: &Insert) {
        let Some(table) = table.filter(|_| self.runs && self.levels.is_empty()) else { return };
        let rows = match insert.source.map(|source| &self.tree.queries[source]) {
            Some(Query { body: Body::Values(rows), .. }) => rows.as_slice(),
            Some(_) => return,
            None => &[],
        };
        let Some(own) = self.model.ordered_columns(table) else { return };
        let named: Vec<Rc<str>> = match (insert.columns.as_slice(), rows.first()) {
            ([], None) => Vec::new(),
            ([], Some(row)) => own.iter().take(row.len()).cloned().collect(),
            (columns, _) => columns.iter().map(|column| column.name.text.clone()).collect(),
        };
        for column in own {
            let kind = self.kind_of_target(Some(table), &column).map(|(_, kind)| kind);
            // A domain may have a default of its own.
            if !self.model.needs_value(table, &column) || !kind.is_some_and(ValueType::is_known) {
                continue;
            }
            let is_null = |value: &ExprId| {
                let value = &self.tree.expressions[*value];
                matches!(value, Expr::Constant(Constant::Null) | Expr::Default)
            };
            let (span, what) = match named.iter().position(|name| *name == column) {
                None => (insert.target.table.span(), "no value"),
                Some(at) => {
                    match rows.iter().filter_map(|row| row.get(at)).find(|value| is_null(value)) {
                        Some(value) => (self.tree.spans[*value], "NULL"),
                        None => continue,
                    }
                }
            };
            let shown = crate::analysis::names::quoted(&column);
            let message = format!("`{shown}` is NOT NULL and has no default, but gets {what}");
            self.invalid(message, "give it a value, or give the column a default", span);
        }
    }

    /// Reports a value for a generated column.
    fn generated(&mut self, table: Option<Id>, column: &TargetColumn) {
        let Some(table) = table else { return };
        if self.model.is_generated(table, &column.name.text) {
            self.found.push(Finding::Generated(column.name.clone()));
        }
    }
}

fn table_of(target: &Item) -> Option<Id> {
    match target.source {
        Source::Table(id) => Some(id),
        _ => None,
    }
}
