//! Parses the FROM clause: relations, functions, subqueries and joins.

use super::reader::Reader;
use super::tree::{Alias, ExprId, From, FromId, Join, JoinBy};
use crate::syntax::lexer::TokenKind;

impl Reader<'_> {
    pub(super) fn items(&mut self) -> Option<Vec<FromId>> {
        let mut list = vec![self.joined()?];
        while self.take_sign(",") {
            list.push(self.joined()?);
        }
        Some(list)
    }

    /// Parses a FROM item and its joins.
    pub(super) fn joined(&mut self) -> Option<FromId> {
        let mut left = self.item()?;
        while let Some(next) = self.join(left)? {
            left = next;
        }
        Some(left)
    }

    /// Parses one join with its left side, if one comes next.
    fn join(&mut self, left: FromId) -> Option<Option<FromId>> {
        if self.take(&["cross", "join"]) {
            let right = self.item()?;
            return Some(Some(self.add_join(left, right, JoinBy::Nothing)));
        }
        let natural = self.take(&["natural"]);
        let is_sided = self.rest.is_any(0, &["left", "right", "full"]);
        if is_sided {
            self.rest.skip(1);
            self.take(&["outer"]);
        } else {
            self.take(&["inner"]);
        }
        if !self.take(&["join"]) {
            return (!natural && !is_sided).then_some(None);
        }
        self.enter()?;
        let mut right = self.item()?;
        if natural {
            self.leave();
            return Some(Some(self.add_join(left, right, JoinBy::Natural)));
        }
        // In `a JOIN b JOIN c ON … ON …`, the inner join binds first.
        while !self.rest.is_any(0, &["on", "using"]) {
            right = self.join(right)??;
        }
        let by = if self.take(&["on"]) {
            JoinBy::Condition(self.expression()?)
        } else {
            self.need(&["using"])?;
            let columns = self.names()?;
            let alias = if self.take(&["as"]) { Some(self.name()?) } else { None };
            JoinBy::Using(columns, alias)
        };
        self.leave();
        Some(Some(self.add_join(left, right, by)))
    }

    fn add_join(&mut self, left: FromId, right: FromId, by: JoinBy) -> FromId {
        self.add_from(From::Join(Box::new(Join { left, right, by, alias: None })))
    }

    /// Parses one FROM item without joins.
    fn item(&mut self) -> Option<FromId> {
        self.enter()?;
        let lateral = self.take(&["lateral"]);
        let item = if self.opens_query(0) {
            self.need_sign("(")?;
            let query = self.query()?;
            self.need_sign(")")?;
            let alias = self.alias()?;
            self.add_from(From::Query { query, lateral, alias })
        } else if self.take_sign("(") {
            let inner = self.joined()?;
            self.need_sign(")")?;
            let named = self.alias()?;
            match &mut self.tree.from[inner] {
                From::Join(join) => join.alias = named,
                _ if named.is_some() => return None,
                _ => {}
            }
            inner
        } else if self.rest.starts(&["rows", "from"]) && self.rest.is_sign(2, "(") {
            self.rest.skip(2);
            self.skip_brackets()?;
            self.take(&["with", "ordinality"]);
            let alias = self.alias()?;
            self.add_from(From::Unknown { alias })
        } else if self.rest.is_any(0, &["xmltable", "json_table"]) && self.rest.is_sign(1, "(") {
            self.rest.skip(1);
            self.skip_brackets()?;
            let alias = self.alias()?;
            self.add_from(From::Unknown { alias })
        } else {
            self.relation_or_function()?
        };
        self.leave();
        Some(item)
    }

    fn relation_or_function(&mut self) -> Option<FromId> {
        if self.take(&["only"]) {
            let parenthesised = self.take_sign("(");
            let name = self.qualified()?;
            if parenthesised {
                self.need_sign(")")?;
            }
            let alias = self.alias()?;
            let sample = self.sample()?;
            return Some(self.add_from(From::Relation { name, alias, sample }));
        }
        let start = self.rest;
        let named = self.qualified();
        if named.is_none() || self.rest.is_sign(0, "(") {
            self.rest = start;
            let call = self.primary()?;
            let ordinality = self.take(&["with", "ordinality"]);
            let alias = self.alias()?;
            let name = named.and_then(|name| name.parts.last().cloned());
            let call = vec![call];
            return Some(self.add_from(From::Function { call, name, ordinality, alias }));
        }
        let name = named?;
        self.take_sign("*");
        let alias = self.alias()?;
        let sample = self.sample()?;
        Some(self.add_from(From::Relation { name, alias, sample }))
    }

    fn sample(&mut self) -> Option<Vec<ExprId>> {
        if !self.take(&["tablesample"]) {
            return Some(Vec::new());
        }
        self.qualified()?;
        self.need_sign("(")?;
        let mut found = self.list()?;
        self.need_sign(")")?;
        if self.take(&["repeatable"]) {
            self.need_sign("(")?;
            found.push(self.expression()?);
            self.need_sign(")")?;
        }
        Some(found)
    }

    /// Parses `[AS] a [(b, c)]`, `AS a (b int, c text)` and `AS (b int)`.
    pub(super) fn alias(&mut self) -> Option<Option<Alias>> {
        let has_as = self.take(&["as"]);
        if has_as && self.rest.is_sign(0, "(") {
            let name = self.unnamed();
            let columns = self.definitions()?;
            return Some(Some(Alias { name, columns, is_definition: true }));
        }
        if !has_as && (!self.is_name(0) || self.rest.is(0, "set")) {
            return Some(None);
        }
        let name = self.name()?;
        if !self.rest.is_sign(0, "(") {
            return Some(Some(Alias { name, columns: Vec::new(), is_definition: false }));
        }
        let is_list = self.rest.is_sign(2, ",") || self.rest.is_sign(2, ")");
        let columns = if is_list { self.names()? } else { self.definitions()? };
        Some(Some(Alias { name, columns, is_definition: !is_list }))
    }

    /// A placeholder for a missing alias, which equals no name.
    fn unnamed(&self) -> crate::analysis::names::Ident {
        crate::analysis::names::Ident { text: "".into(), span: self.rest.span() }
    }

    /// Parses `(b int, c text)`.
    fn definitions(&mut self) -> Option<Vec<crate::analysis::names::Ident>> {
        let inner = self.rest.parentheses()?;
        let mut columns = Vec::new();
        for mut part in inner.split() {
            columns.push(part.ident()?);
            if part.token(0).is_none_or(|token| token.kind == TokenKind::Punctuation) {
                return None;
            }
        }
        Some(columns)
    }
}
