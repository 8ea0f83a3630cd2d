//! Parses calls: their arguments, `FILTER`, `OVER` and `WITHIN GROUP`, and sort expressions.

use super::reader::Reader;
use super::tree::{CallForm, Expr, ExprId};
use crate::analysis::names::Name;

impl Reader<'_> {
    /// Parses what follows the name of a function.
    pub(super) fn call(&mut self, name: Name) -> Option<ExprId> {
        let (mut parts, mut is_plain) = (Vec::new(), true);
        let mut form = CallForm::default();
        self.need_sign("(")?;
        form.has_clauses = self.take(&["distinct"]) || self.take(&["all"]);
        while !self.take_sign(")") && !self.is("order") {
            let is_variadic = self.take(&["variadic"]);
            is_plain &= !is_variadic;
            let is_named = self.rest.is_sign(1, "=>") || self.rest.is_sign(1, ":=");
            if is_named && self.rest.ident().is_some() {
                self.rest.skip(1);
            }
            form.is_named |= is_named || is_variadic;
            let part = self.starred()?;
            is_plain &= !matches!(self.tree.expressions[part], Expr::Star(_) | Expr::Expand(_));
            parts.push(part);
            self.take_sign(",");
        }
        let mut arguments = is_plain.then_some(parts.len());
        if self.take(&["order", "by"]) {
            form.has_clauses = true;
            parts.extend(self.sorted()?);
            self.need_sign(")")?;
        }
        if self.take(&["within", "group"]) {
            (arguments, form.has_clauses) = (None, true);
            self.need_sign("(")?;
            self.need(&["order", "by"])?;
            parts.extend(self.sorted()?);
            self.need_sign(")")?;
        }
        if self.is("filter") && self.rest.is_sign(1, "(") {
            self.rest.skip(2);
            self.need(&["where"])?;
            let filter = self.expression()?;
            parts.push(filter);
            (form.filter, form.has_clauses) = (Some(filter), true);
            self.need_sign(")")?;
        }
        if self.is("over") {
            form.is_window = true;
            self.rest.skip(1);
            if self.rest.is_sign(0, "(") {
                parts.extend(self.window()?);
            } else {
                self.name()?;
            }
        }
        Some(self.add_at(name.span(), Expr::Call { name, parts, arguments, form }))
    }

    /// Parses a window in parentheses: its PARTITION BY and ORDER BY expressions.
    pub(super) fn window(&mut self) -> Option<Vec<ExprId>> {
        let end = self.rest.len() - self.closing(0)?;
        self.need_sign("(")?;
        let mut parts = Vec::new();
        if self.is_name(0) && !self.rest.is_any(0, &["partition", "rows", "range", "groups"]) {
            self.rest.skip(1);
        }
        if self.take(&["partition", "by"]) {
            parts.extend(self.list()?);
        }
        if self.take(&["order", "by"]) {
            parts.extend(self.sorted()?);
        }
        // A window frame contains no columns.
        if self.rest.is_any(0, &["rows", "range", "groups"]) {
            self.rest.skip(self.rest.len() - end);
        }
        self.need_sign(")")?;
        Some(parts)
    }

    /// Parses what follows `ORDER BY`.
    pub(super) fn sorted(&mut self) -> Option<Vec<ExprId>> {
        let mut list = Vec::new();
        loop {
            list.push(self.expression()?);
            if self.take(&["using"]) {
                if self.take(&["operator"]) {
                    self.skip_brackets()?;
                } else {
                    self.rest.skip(1);
                }
            } else {
                let _ = self.take(&["asc"]) || self.take(&["desc"]);
            }
            self.rest.take_any(&[&["nulls", "first"], &["nulls", "last"]]);
            if !self.take_sign(",") {
                return Some(list);
            }
        }
    }
}
