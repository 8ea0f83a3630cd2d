//! Resolves queries: the names in their scope, and the columns that they return.

use std::rc::Rc;

use super::columns::Columns;
use super::scope::{Has, Item, Level};
use super::{Finding, Pending, Resolver};
use crate::analysis::query::tree::{Body, Expr, ExprId, FromId, Output, Query, QueryId, Select};
use crate::analysis::typing::{Common, ValueType, common};
use crate::syntax::source::Span;

impl Resolver<'_> {
    /// Resolves all names in a query, and returns its columns.
    pub(in crate::analysis) fn query(&mut self, id: QueryId) -> Rc<Columns> {
        let tree = self.tree;
        let query = &tree.queries[id];
        let pending = self.pending.take_if(|pending| pending.query == id);
        let known = self.ctes.len();
        self.with(query);
        let columns = match &query.body {
            Body::Select(select) => self.select(select, query),
            Body::Values(rows) => self.values(rows),
            Body::Table(name) => {
                let source = self.relation(name);
                Rc::new(self.columns(&source))
            }
            Body::Nested(inner) => self.query(*inner),
            Body::Set(all, span) => self.set_operation(all, *span, pending, query),
            Body::Insert(insert) => self.insert(insert),
            Body::Update(update) => self.update(update),
            Body::Delete(delete) => self.delete(delete),
            Body::Merge(merge) => self.merge(merge),
        };
        self.ctes.truncate(known);
        columns
    }

    fn with(&mut self, query: &Query) {
        let first = self.ctes.len();
        if query.recursive {
            // With RECURSIVE, each CTE can refer to any other.
            for cte in &query.with {
                let columns = Columns::unknown().renamed(&cte.columns);
                self.ctes.push((cte.name.text.clone(), Rc::new(columns)));
            }
        }
        for (nth, cte) in query.with.iter().enumerate() {
            if query.recursive {
                let adds_columns = cte.adds_columns;
                self.pending = Some(Pending { query: cte.query, cte: first + nth, adds_columns });
            }
            let found = self.query(cte.query);
            let mut columns = found.settled().renamed(&cte.columns);
            columns.is_whole &= !cte.adds_columns;
            // More column names than columns: the server reports that separately.
            columns.is_whole &= cte.columns.len() <= found.names.len() || !found.is_whole;
            match self.ctes.get_mut(first + nth) {
                Some(known) if query.recursive => known.1 = Rc::new(columns),
                _ => self.ctes.push((cte.name.text.clone(), Rc::new(columns))),
            }
        }
        self.pending = None;
    }

    fn set_operation(
        &mut self,
        all: &[QueryId],
        span: Span,
        pending: Option<Pending>,
        query: &Query,
    ) -> Rc<Columns> {
        let mut columns: Option<Rc<Columns>> = None;
        for one in all {
            let found = self.query(*one);
            if let Some(known) = &columns {
                // The types of a recursive query are those of its first part.
                columns = Some(self.united(known, &found, span, pending.is_some()));
                continue;
            }
            // The recursive term sees the columns of the non-recursive one.
            if let Some(pending) = pending
                && let Some((_, known)) = self.ctes.get_mut(pending.cte)
            {
                let aliases = known.names.clone();
                let mut own = found.settled();
                for (name, alias) in own.names.iter_mut().zip(aliases) {
                    *name = alias;
                }
                own.is_whole &= !pending.adds_columns;
                *known = Rc::new(own);
            }
            columns = Some(found);
        }
        let columns = columns.unwrap_or_else(|| Rc::new(Columns::unknown()));
        for expression in &query.order {
            if let Expr::Column(name) = &self.tree.expressions[*expression]
                && let [name] = name.parts.as_slice()
                && columns.count(&name.text) == (0, false)
            {
                let candidates = columns.names.iter().flatten().cloned().collect();
                let (qualifier, table) = (None, None);
                let name = name.clone();
                self.found.push(Finding::Column { name, qualifier, table, candidates });
            }
        }
        columns
    }

    /// The columns of two parts of a set operation, which must have as many columns of the same
    /// types.
    fn united(
        &mut self,
        known: &Columns,
        next: &Columns,
        span: Span,
        is_recursive: bool,
    ) -> Rc<Columns> {
        let mut columns = known.clone();
        let (width, other) = (known.names.len(), next.names.len());
        if known.is_whole && next.is_whole && width != other {
            let message = format!(
                "the parts of a `UNION`, `INTERSECT` or `EXCEPT` have {width} and {other} columns"
            );
            self.invalid(message, "select as many columns in each part", span);
            return Rc::new(columns);
        }
        let is_whole = known.is_whole && next.is_whole && !is_recursive;
        for nth in 0..width {
            let kinds = [known.kind(nth), next.kind(nth)];
            match common(&kinds) {
                Common::Is(kind) => {
                    columns.set_kind(nth, if is_recursive { kinds[0] } else { kind });
                }
                Common::No(one, two) => {
                    columns.set_kind(nth, ValueType::Unknown);
                    if is_whole {
                        self.unlike(
                            "the parts of a `UNION`, `INTERSECT` or `EXCEPT`",
                            one,
                            two,
                            span,
                        );
                    }
                }
            }
        }
        Rc::new(columns)
    }

    fn values(&mut self, rows: &[Vec<ExprId>]) -> Rc<Columns> {
        let mut columns = Columns::empty();
        for row in rows {
            self.expressions(row);
        }
        let is_star = |value: &ExprId| {
            matches!(self.tree.expressions[*value], Expr::Star(_) | Expr::Expand(_))
        };
        columns.is_whole = !rows.iter().flatten().any(is_star);
        let first = rows.first().map_or(&[][..], Vec::as_slice);
        for nth in 0..first.len() {
            let kinds: Vec<ValueType> =
                rows.iter().filter_map(|row| row.get(nth)).map(|value| self.kind(*value)).collect();
            let kind = match common(&kinds) {
                Common::Is(kind) => kind,
                Common::No(..) => ValueType::Unknown,
            };
            columns.push(Some(format!("column{}", nth + 1).into()), kind);
        }
        if columns.is_whole
            && let Some(other) = rows.iter().find(|row| row.len() != first.len())
        {
            let (width, other_width) = (first.len(), other.len());
            let span = other.first().map_or_else(Span::default, |value| self.tree.spans[*value]);
            let message = format!("the rows of `VALUES` have {width} and {other_width} values");
            self.invalid(message, "give each row as many values", span);
        }
        Rc::new(columns)
    }

    fn select(&mut self, select: &Select, query: &Query) -> Rc<Columns> {
        self.levels.push(Level::default());
        self.reach_all(&select.from);
        for output in &select.outputs {
            self.expression(output.expression);
        }
        for (condition, clause) in [(select.condition, "WHERE"), (select.having, "HAVING")] {
            if let Some(condition) = condition {
                self.condition(condition, clause);
            }
        }
        self.expressions(&select.windows);
        let columns = Rc::new(self.outputs(&select.outputs, &[], &select.from));
        self.grouped(&select.group, &columns);
        for expression in select.distinct_on.iter().chain(&query.order) {
            self.sorted(*expression, &columns);
        }
        self.check_select(select, query, &columns);
        self.limits(query);
        self.levels.pop();
        columns
    }

    /// A plain name in ORDER BY refers to an output column first.
    fn sorted(&mut self, expression: ExprId, outputs: &Columns) {
        if let Expr::Column(name) = &self.tree.expressions[expression]
            && let [name] = name.parts.as_slice()
            && outputs.count(&name.text) != (0, false)
        {
            return;
        }
        self.expression(expression);
    }

    /// A plain name in GROUP BY refers to an input column first, then to an output column.
    fn grouped(&mut self, group: &[ExprId], outputs: &Columns) {
        let mut left: Vec<ExprId> = group.to_vec();
        while let Some(expression) = left.pop() {
            match &self.tree.expressions[expression] {
                Expr::Row(parts) => left.extend(parts),
                Expr::Column(name) => {
                    if let [name] = name.parts.as_slice()
                        && outputs.count(&name.text) != (0, false)
                        && self.in_level(self.levels.len() - 1, &name.text) == Has::No
                    {
                        continue;
                    }
                    self.expression(expression);
                }
                _ => self.expression(expression),
            }
        }
    }

    /// The columns of an output list. `*` expands to the columns of the items and of the FROM
    /// clause.
    pub(super) fn outputs(
        &mut self,
        outputs: &[Output],
        items: &[Item],
        from: &[FromId],
    ) -> Columns {
        let mut columns = Columns::empty();
        for output in outputs {
            match &self.tree.expressions[output.expression] {
                Expr::Star(None) => {
                    for item in items {
                        columns.extend(&self.columns(&item.source));
                    }
                    for id in from {
                        columns.extend(&self.columns_of(*id));
                    }
                    columns.is_whole &= !self.levels.last().is_none_or(|level| level.is_open);
                }
                Expr::Star(Some(name)) => columns.extend(&self.columns_of_alias(name)),
                Expr::Expand(_) => columns.is_whole = false,
                _ => columns.push(
                    match &output.label {
                        Some(label) => Some(label.text.clone()),
                        None => self.label(output.expression),
                    },
                    self.kind(output.expression),
                ),
            }
        }
        columns
    }
}
