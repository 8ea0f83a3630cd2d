//! Parses `UPDATE`, `DELETE` and `MERGE`.

use super::reader::Reader;
use super::tree::{
    Assignment, Body, Delete, ExprId, Merge, MergeAction, Returning, Target, TargetColumn, Update,
};

impl Reader<'_> {
    /// Parses a change of data, if one comes next.
    pub(super) fn change(&mut self) -> Option<Option<Body>> {
        if self.take(&["insert", "into"]) {
            return self.insert().map(|insert| Some(Body::Insert(Box::new(insert))));
        }
        if self.take(&["update"]) {
            return self.update().map(|update| Some(Body::Update(Box::new(update))));
        }
        if self.take(&["delete", "from"]) {
            return self.delete().map(|delete| Some(Body::Delete(Box::new(delete))));
        }
        if self.take(&["merge", "into"]) {
            return self.merge().map(|merge| Some(Body::Merge(Box::new(merge))));
        }
        Some(None)
    }

    fn target(&mut self) -> Option<Target> {
        let parenthesised = self.take(&["only"]) && self.take_sign("(");
        let table = self.qualified()?;
        if parenthesised {
            self.need_sign(")")?;
        }
        self.take_sign("*");
        let named = self.take(&["as"]) || self.is_name(0) && !self.is("set");
        let alias = if named { Some(self.name()?) } else { None };
        Some(Target { table, alias })
    }

    fn update(&mut self) -> Option<Update> {
        let target = self.target()?;
        self.need(&["set"])?;
        let set = self.assignments()?;
        let from = if self.take(&["from"]) { self.items()? } else { Vec::new() };
        let condition = self.condition()?;
        let returning = self.returning()?;
        Some(Update { target, set, from, condition, returning })
    }

    fn delete(&mut self) -> Option<Delete> {
        let target = self.target()?;
        let using = if self.take(&["using"]) { self.items()? } else { Vec::new() };
        let condition = self.condition()?;
        let returning = self.returning()?;
        Some(Delete { target, using, condition, returning })
    }

    /// Parses `WHERE`, if it comes next.
    pub(super) fn condition(&mut self) -> Option<Option<ExprId>> {
        if !self.take(&["where"]) {
            return Some(None);
        }
        if self.take(&["current", "of"]) {
            self.name()?;
            return Some(None);
        }
        self.expression().map(Some)
    }

    pub(super) fn returning(&mut self) -> Option<Option<Returning>> {
        if !self.take(&["returning"]) {
            return Some(None);
        }
        let mut aliases = Vec::new();
        if self.is("with") && self.rest.is_sign(1, "(") {
            self.rest.skip(2);
            loop {
                self.rest.take_any(&[&["old", "as"], &["new", "as"]]).then_some(())?;
                aliases.push(self.name()?);
                if !self.take_sign(",") {
                    break;
                }
            }
            self.need_sign(")")?;
        }
        Some(Some(Returning { outputs: self.labelled()?, aliases }))
    }

    /// Parses `a = 1, b.x = 2, (c, d) = (3, 4)`.
    pub(super) fn assignments(&mut self) -> Option<Vec<Assignment>> {
        let mut set = Vec::new();
        loop {
            let columns = if self.rest.is_sign(0, "(") {
                self.target_columns()?
            } else {
                vec![self.target_column()?]
            };
            self.need_sign("=")?;
            let value = self.expression()?;
            set.push(Assignment { columns, value });
            if !self.take_sign(",") {
                return Some(set);
            }
        }
    }

    /// Parses `(a, b.x, c[1])`.
    pub(super) fn target_columns(&mut self) -> Option<Vec<TargetColumn>> {
        self.need_sign("(")?;
        let mut columns = vec![self.target_column()?];
        while self.take_sign(",") {
            columns.push(self.target_column()?);
        }
        self.need_sign(")")?;
        Some(columns)
    }

    fn target_column(&mut self) -> Option<TargetColumn> {
        let mut column =
            TargetColumn { name: self.name()?, is_part: false, subscripts: Vec::new() };
        loop {
            if self.take_sign(".") {
                self.rest.ident()?;
            } else if self.rest.is_sign(0, "[") {
                column.subscripts.extend(self.bounds()?);
            } else {
                return Some(column);
            }
            column.is_part = true;
        }
    }

    fn merge(&mut self) -> Option<Merge> {
        let target = self.target()?;
        self.need(&["using"])?;
        let source = self.joined()?;
        self.need(&["on"])?;
        let on = self.expression()?;
        let mut actions = Vec::new();
        while self.take(&["when"]) {
            actions.push(self.merge_action()?);
        }
        let returning = self.returning()?;
        Some(Merge { target, source, on, actions, returning })
    }

    fn merge_action(&mut self) -> Option<MergeAction> {
        let matched = !self.take(&["not"]);
        self.need(&["matched"])?;
        let by_source = self.take(&["by", "source"]);
        self.take(&["by", "target"]);
        let condition = if self.take(&["and"]) { Some(self.expression()?) } else { None };
        self.need(&["then"])?;
        let start = self.rest;
        let mut action = MergeAction {
            sees_target: matched || by_source,
            sees_source: !by_source,
            condition,
            set: Vec::new(),
            columns: Vec::new(),
            values: None,
            span: start.span(),
        };
        if self.take(&["update", "set"]) {
            action.set = self.assignments()?;
        } else if self.take(&["insert"]) {
            if self.rest.is_sign(0, "(") {
                action.columns = self.target_columns()?;
            }
            self.rest
                .take_any(&[&["overriding", "system", "value"], &["overriding", "user", "value"]]);
            if !self.take(&["default", "values"]) {
                self.need(&["values"])?;
                let before = self.rest;
                self.need_sign("(")?;
                action.values = Some(self.outputs()?);
                self.need_sign(")")?;
                action.span = self.since(before);
            }
        } else {
            self.rest.take_any(&[&["delete"], &["do", "nothing"]]).then_some(())?;
        }
        Some(action)
    }
}
