//! The rules for where aggregates and window functions may stand, for `GROUP BY`, and for
//! positions in `ORDER BY`.

use std::rc::Rc;

use super::Resolver;
use super::columns::Columns;
use super::scope::{Has, Source};
use crate::analysis::facts::{self, Class, Context};
use crate::analysis::model::{ConstraintClass, Detail, Id, ObjectKind};
use crate::analysis::query::tree::{CallForm, Constant, Expr, ExprId, Query, Select};
use crate::analysis::typing::ValueType;

/// Longer lists are not compared with what is grouped.
const MOST_GROUPED: usize = 300;

impl Resolver<'_> {
    /// Resolves what is in LIMIT and OFFSET.
    pub(super) fn limits(&mut self, query: &Query) {
        for limit in &query.limits {
            self.expression(*limit);
            self.literal(*limit, ValueType::Base("int8"));
            let kind = self.kind(*limit);
            if self.trust.casts && !kind.converts(ValueType::Base("int8"), Context::Assignment) {
                let message =
                    format!("`LIMIT` and `OFFSET` take a number, not `{}`", kind.shown(self.model));
                let instead = "write an integer".to_owned();
                let span = self.tree.spans[*limit];
                self.found.push(super::Finding::Mismatch { message, instead, span });
            }
        }
    }

    /// Checks that a call of a function of PostgreSQL's may stand here: an aggregate, a window
    /// function, or another one with a clause that only these have.
    pub(super) fn placed(&mut self, name: &str, parts: &[ExprId], form: CallForm, id: ExprId) {
        let forms = facts::function(name);
        if forms.is_empty() || !self.trust.functions {
            return;
        }
        let span = self.tree.spans[id];
        let all = |class: Class| forms.iter().all(|form| form.class == class);
        if form.is_window && all(Class::Plain) {
            let message = format!(
                "`{name}` is neither a window function nor an aggregate, so it takes no `OVER`"
            );
            return self.invalid(message, "remove `OVER`", span);
        }
        if !form.is_window && all(Class::Window) {
            let message = format!("the window function `{name}` needs `OVER`");
            return self.invalid(message, "add `OVER (…)`", span);
        }
        let is_aggregate = all(Class::Aggregate) && !form.is_window;
        if !is_aggregate && !form.is_window {
            return;
        }
        // In a subquery, an aggregate may belong to an outer query.
        let Some(clause) = self.clause.filter(|_| self.levels.len() <= 1) else { return };
        if is_aggregate && !parts.is_empty() && !parts.iter().any(|part| self.has_own_column(*part))
        {
            return;
        }
        let what = if form.is_window { "window functions" } else { "aggregates" };
        let instead = match clause {
            "WHERE" if is_aggregate => "move the condition to `HAVING`, or use a subquery",
            _ => "use a subquery",
        };
        self.invalid(format!("{what} such as `{name}` can't be used in {clause}"), instead, span);
    }

    /// Whether an expression certainly names a column of the query that it is in.
    fn has_own_column(&self, root: ExprId) -> bool {
        let mut left = vec![root];
        while let Some(id) = left.pop() {
            match &self.tree.expressions[id] {
                Expr::Column(_) | Expr::Star(None) => return true,
                Expr::Query { .. } => {}
                _ => left.extend(self.parts_of(id)),
            }
        }
        false
    }

    /// The parts of an expression, without those of subqueries.
    fn parts_of(&self, id: ExprId) -> Vec<ExprId> {
        match &self.tree.expressions[id] {
            Expr::Call { parts, .. } | Expr::Operator(_, parts) | Expr::Row(parts) => parts.clone(),
            Expr::Special { arguments, .. } => arguments.clone(),
            Expr::Cast(inner, _) | Expr::Field(inner, _) | Expr::Expand(inner) => vec![*inner],
            Expr::Subscript(inner, parts) => {
                let mut all = parts.clone();
                all.push(*inner);
                all
            }
            Expr::Case { parts, otherwise } => parts.iter().chain(otherwise).copied().collect(),
            Expr::Column(_)
            | Expr::Star(_)
            | Expr::Constant(_)
            | Expr::Default
            | Expr::Query { .. }
            | Expr::Unknown => Vec::new(),
        }
    }

    /// Checks positions in ORDER BY and GROUP BY, and that what is selected is grouped.
    pub(super) fn check_select(&mut self, select: &Select, query: &Query, outputs: &Columns) {
        for id in &query.order {
            if let Expr::Constant(Constant::Text(_) | Constant::Number(_)) =
                self.tree.expressions[*id]
            {
                let message = "`ORDER BY` a constant that is no position".to_owned();
                let instead = "write the name of a column without quotes, or with double quotes";
                self.invalid(message, instead, self.tree.spans[*id]);
            }
        }
        if outputs.is_whole {
            let width = outputs.names.len();
            for (list, clause) in [(&query.order, "ORDER BY"), (&select.group, "GROUP BY")] {
                for id in list {
                    let Expr::Constant(Constant::Integer(nth)) = self.tree.expressions[*id] else {
                        continue;
                    };
                    if nth as usize > width || nth == 0 {
                        let message = format!("`{clause} {nth}`: there are {width} columns");
                        let span = self.tree.spans[*id];
                        self.invalid(message, "write the number or the name of a column", span);
                    }
                }
            }
        }
        self.check_grouping(select, query, outputs);
    }

    fn check_grouping(&mut self, select: &Select, query: &Query, outputs: &Columns) {
        let selected = select.outputs.iter().map(|output| output.expression);
        let all: Vec<ExprId> =
            selected.clone().chain(select.having).chain(query.order.clone()).collect();
        let is_aggregated = all.iter().any(|id| self.has_aggregate(*id));
        let is_simple =
            !select.has_sets && self.trust.functions && outputs.is_whole && self.found.is_empty();
        let is_long = all.len() > MOST_GROUPED || select.group.len() > MOST_GROUPED;
        if is_long || !is_simple || !(select.is_grouped || is_aggregated) {
            return;
        }
        let mut grouped = Vec::new();
        let mut left = select.group.clone();
        while let Some(id) = left.pop() {
            match &self.tree.expressions[id] {
                Expr::Row(parts) => left.extend(parts),
                Expr::Constant(Constant::Integer(nth)) => {
                    let output =
                        (*nth as usize).checked_sub(1).and_then(|at| select.outputs.get(at));
                    match output {
                        Some(output)
                            if !select.outputs.iter().any(|one| self.is_star(one.expression)) =>
                        {
                            grouped.push(output.expression);
                        }
                        _ => return,
                    }
                }
                Expr::Column(name) => {
                    grouped.push(id);
                    // It may be the name of an output.
                    if let [name] = name.parts.as_slice() {
                        let named = select.outputs.iter().filter(|output| {
                            output.label.as_ref().is_some_and(|label| label.text == name.text)
                        });
                        grouped.extend(named.map(|output| output.expression));
                    }
                }
                _ => grouped.push(id),
            }
        }
        let labels: Vec<Rc<str>> = outputs.names.iter().flatten().cloned().collect();
        for id in selected.chain(select.having) {
            self.must_be_grouped(id, &grouped, &[]);
        }
        for id in &query.order {
            self.must_be_grouped(*id, &grouped, &labels);
        }
    }

    fn is_star(&self, id: ExprId) -> bool {
        matches!(self.tree.expressions[id], Expr::Star(_) | Expr::Expand(_))
    }

    fn is_aggregate(&self, id: ExprId) -> bool {
        let Expr::Call { name, form, .. } = &self.tree.expressions[id] else { return false };
        let forms = facts::function(name.last());
        !form.is_window
            && name.parts.len() == 1
            && !forms.is_empty()
            && forms.iter().all(|form| form.class == Class::Aggregate)
            && !self.model.may_have_routine(name.last())
    }

    fn has_aggregate(&self, root: ExprId) -> bool {
        let mut left = vec![root];
        while let Some(id) = left.pop() {
            // Of an outer query, if it has no column of its own and this is a subquery.
            if self.is_aggregate(id) && (self.levels.len() <= 1 || self.has_own_column(id)) {
                return self.levels.len() <= 1;
            }
            left.extend(self.parts_of(id));
        }
        false
    }

    /// Reports a column that is neither grouped nor in an aggregate. Of expressions that may be an
    /// aggregate nothing is said.
    fn must_be_grouped(&mut self, root: ExprId, grouped: &[ExprId], labels: &[Rc<str>]) {
        let mut left = vec![root];
        while let Some(id) = left.pop() {
            if grouped.iter().any(|known| self.is_like(*known, id)) {
                continue;
            }
            match &self.tree.expressions[id] {
                Expr::Call { name, .. } if self.may_aggregate(name.last(), id) => {}
                Expr::Column(name) => {
                    let name = name.clone();
                    let is_label =
                        name.parts.len() == 1 && labels.iter().any(|label| **label == *name.last());
                    if !is_label && self.is_ungrouped(&name, grouped) {
                        let message =
                            format!("column `{name}` is neither in `GROUP BY` nor in an aggregate");
                        let span = name.span();
                        return self.invalid(
                            message,
                            "add it to `GROUP BY`, or aggregate it, for example with `max(…)`",
                            span,
                        );
                    }
                }
                _ => left.extend(self.parts_of(id)),
            }
        }
    }

    /// Whether a call may be one of an aggregate.
    fn may_aggregate(&self, name: &str, id: ExprId) -> bool {
        let forms = facts::function(name);
        let Expr::Call { form, .. } = &self.tree.expressions[id] else { return true };
        form.is_window
            || forms.is_empty()
            || forms.iter().any(|form| form.class != Class::Plain)
            || self.model.may_have_routine(name)
    }

    /// Whether a column certainly is one of this query's, and depends on nothing that is grouped.
    fn is_ungrouped(&mut self, name: &crate::analysis::names::Name, grouped: &[ExprId]) -> bool {
        let Some(at) = self.levels.len().checked_sub(1) else { return false };
        let item = match name.parts.as_slice() {
            [column] => {
                if self.in_level(at, &column.text) != Has::Yes(1) {
                    return false;
                }
                let level = &self.levels[at];
                let has = |source: &Source| matches!(self.has(source, &column.text), Has::Yes(1));
                level.items.iter().find(|item| item.has_columns && has(&item.source)).cloned()
            }
            [qualifier, _] => {
                let level = &self.levels[at];
                let is_it = |item: &&super::Item| {
                    item.is_named && item.name.as_deref() == Some(&*qualifier.text)
                };
                level.items.iter().find(is_it).cloned()
            }
            _ => None,
        };
        let Some(item) = item.filter(|item| item.merged.is_empty()) else { return false };
        if self.levels[at].is_merged_somehow
            || self.levels[at].items.iter().any(|item| !item.merged.is_empty())
        {
            return false;
        }
        match &item.source {
            Source::Table(table) => {
                matches!(self.has(&item.source, name.last()), Has::Yes(1))
                    && !self.may_follow(*table, grouped)
            }
            Source::List(columns) => columns.count(name.last()) == (1, false),
            Source::Unknown => false,
        }
    }

    /// Whether all columns of a table may follow from what is grouped: from its primary key.
    fn may_follow(&self, table: Id, grouped: &[ExprId]) -> bool {
        let Some(object) = self.model.get(table) else { return true };
        if object.class != ObjectKind::Table || !object.parts_complete || !object.keys_complete {
            return object.class != ObjectKind::View;
        }
        let has_column = |id: &Id| {
            self.model.get(*id).is_none_or(|column| {
                grouped.iter().any(|id| {
                    matches!(&self.tree.expressions[*id], Expr::Column(name) if *name.last() == *column.name)
                })
            })
        };
        let keys = self.model.parts(table, |class| class == ObjectKind::Constraint);
        let mut keys = keys.iter().filter_map(|id| self.model.get(*id));
        keys.any(|key| match &key.detail {
            Detail::Constraint { kind: ConstraintClass::Primary, columns } => {
                columns.as_ref().is_none_or(|columns| columns.iter().all(has_column))
            }
            _ => false,
        })
    }

    /// Whether two expressions may be the same for the server.
    fn is_like(&self, one: ExprId, other: ExprId) -> bool {
        let mut left = vec![(one, other)];
        while let Some((one, other)) = left.pop() {
            match (&self.tree.expressions[one], &self.tree.expressions[other]) {
                (Expr::Column(a), Expr::Column(b)) => {
                    if a.last() != b.last() {
                        return false;
                    }
                    if let ([.., a, _], [.., b, _]) = (a.parts.as_slice(), b.parts.as_slice())
                        && a.text != b.text
                    {
                        return false;
                    }
                }
                (Expr::Constant(a), Expr::Constant(b)) => {
                    if a != b {
                        return false;
                    }
                }
                (Expr::Call { name: a, .. }, Expr::Call { name: b, .. })
                    if a.last() != b.last() =>
                {
                    return false;
                }
                (Expr::Operator(a, _), Expr::Operator(b, _)) if a != b => return false,
                (a, b) if std::mem::discriminant(a) != std::mem::discriminant(b) => {
                    // A cast may be one that the server adds itself.
                    return matches!(a, Expr::Unknown) || matches!(b, Expr::Unknown);
                }
                _ => {
                    let (a, b) = (self.parts_of(one), self.parts_of(other));
                    if a.len() != b.len() {
                        return false;
                    }
                    left.extend(a.into_iter().zip(b));
                }
            }
        }
        true
    }
}
