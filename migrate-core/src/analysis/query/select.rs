//! Parses `SELECT`, `VALUES`, `TABLE`, set operations and `WITH`.

use super::reader::Reader;
use super::tree::{Body, Cte, ExprId, Output, Query, QueryId, Select};

impl Reader<'_> {
    /// Parses a query or a change of data, including `WITH`, `ORDER BY` and the like.
    pub(super) fn query(&mut self) -> Option<QueryId> {
        self.enter()?;
        let mut query = Query {
            with: Vec::new(),
            recursive: false,
            body: Body::Values(Vec::new()),
            order: Vec::new(),
            limits: Vec::new(),
        };
        if self.take(&["with"]) {
            query.recursive = self.take(&["recursive"]);
            loop {
                query.with.push(self.cte()?);
                if !self.take_sign(",") {
                    break;
                }
            }
        }
        query.body = match self.change()? {
            Some(change) => change,
            None => self.set_operations()?,
        };
        self.tail(&mut query)?;
        self.leave();
        Some(self.add_query(query))
    }

    fn cte(&mut self) -> Option<Cte> {
        let name = self.name()?;
        let columns = if self.rest.is_sign(0, "(") { self.names()? } else { Vec::new() };
        self.need(&["as"])?;
        self.rest.take_any(&[&["not", "materialized"], &["materialized"]]);
        self.need_sign("(")?;
        let query = self.query()?;
        self.need_sign(")")?;
        let mut adds_columns = false;
        if self.rest.take_any(&[&["search", "depth", "first"], &["search", "breadth", "first"]]) {
            self.need(&["by"])?;
            self.columns()?;
            self.need(&["set"])?;
            self.name()?;
            adds_columns = true;
        }
        if self.take(&["cycle"]) {
            self.columns()?;
            self.need(&["set"])?;
            self.name()?;
            if self.take(&["to"]) {
                self.operand()?;
                self.need(&["default"])?;
                self.operand()?;
            }
            self.need(&["using"])?;
            self.name()?;
            adds_columns = true;
        }
        Some(Cte { name, columns, query, adds_columns })
    }

    fn columns(&mut self) -> Option<()> {
        self.name()?;
        while self.take_sign(",") {
            self.name()?;
        }
        Some(())
    }

    /// Parses simple queries joined by `UNION` and the like. Their precedence does not matter for
    /// names.
    fn set_operations(&mut self) -> Option<Body> {
        let first = self.simple()?;
        if !self.rest.is_any(0, &["union", "intersect", "except"]) {
            return Some(first);
        }
        let here = self.here();
        let mut all = vec![self.bare(first)];
        while self.rest.is_any(0, &["union", "intersect", "except"]) {
            self.rest.skip(1);
            let _ = self.take(&["all"]) || self.take(&["distinct"]);
            let next = self.simple()?;
            all.push(self.bare(next));
        }
        Some(Body::Set(all, here))
    }

    fn bare(&mut self, body: Body) -> QueryId {
        match body {
            Body::Nested(query) => query,
            body => self.add_query(Query {
                with: Vec::new(),
                recursive: false,
                body,
                order: Vec::new(),
                limits: Vec::new(),
            }),
        }
    }

    fn simple(&mut self) -> Option<Body> {
        if self.take_sign("(") {
            let query = self.query()?;
            self.need_sign(")")?;
            return Some(Body::Nested(query));
        }
        if self.take(&["values"]) {
            let mut rows = Vec::new();
            loop {
                self.need_sign("(")?;
                rows.push(self.outputs()?);
                self.need_sign(")")?;
                if !self.take_sign(",") {
                    return Some(Body::Values(rows));
                }
            }
        }
        if self.take(&["table"]) {
            self.take(&["only"]);
            return Some(Body::Table(self.qualified()?));
        }
        self.need(&["select"])?;
        self.selected().map(Body::Select)
    }

    /// Parses what follows `SELECT`.
    fn selected(&mut self) -> Option<Select> {
        let mut select = Select::default();
        if self.take(&["distinct"]) {
            if self.take(&["on"]) {
                self.need_sign("(")?;
                select.distinct_on = self.list()?;
                self.need_sign(")")?;
            }
        } else {
            self.take(&["all"]);
        }
        if self.has_outputs() {
            select.outputs = self.labelled()?;
        }
        if self.take(&["into"]) {
            self.rest.take_any(&[
                &["temporary"],
                &["temp"],
                &["local", "temporary"],
                &["local", "temp"],
                &["global", "temporary"],
                &["global", "temp"],
                &["unlogged"],
            ]);
            self.take(&["table"]);
            self.qualified()?;
        }
        if self.take(&["from"]) {
            select.from = self.items()?;
        }
        if self.take(&["where"]) {
            select.condition = Some(self.expression()?);
        }
        if self.take(&["group", "by"]) {
            select.is_grouped = true;
            let _ = self.take(&["all"]) || self.take(&["distinct"]);
            select.has_sets = self.grouping(&mut select.group)?;
        }
        if self.take(&["having"]) {
            select.having = Some(self.expression()?);
        }
        if self.take(&["window"]) {
            loop {
                self.name()?;
                self.need(&["as"])?;
                select.windows.extend(self.window()?);
                if !self.take_sign(",") {
                    break;
                }
            }
        }
        Some(select)
    }

    /// Whether there is an output list; `SELECT FROM t` has none.
    fn has_outputs(&self) -> bool {
        let ends = [
            "from",
            "where",
            "union",
            "intersect",
            "except",
            "into",
            "limit",
            "order",
            "group",
            "having",
            "window",
            "offset",
            "fetch",
            "for",
            "on",
            "returning",
        ];
        !(self.rest.is_empty() || self.rest.is_sign(0, ")") || self.rest.is_any(0, &ends))
    }

    /// Parses the output list: expressions with optional names.
    pub(super) fn labelled(&mut self) -> Option<Vec<Output>> {
        let mut outputs = Vec::new();
        loop {
            let expression = self.starred()?;
            // `is_name` includes quoted names. After AS, any word is a name.
            let has_label = self.take(&["as"]) || self.is_name(0);
            let label = if has_label { Some(self.rest.ident()?) } else { None };
            outputs.push(Output { expression, label });
            if !self.take_sign(",") {
                return Some(outputs);
            }
        }
    }

    /// Parses what follows `GROUP BY`. The parts of `ROLLUP`, `CUBE` and `GROUPING SETS` are
    /// collected one by one. Returns whether there are any of these.
    fn grouping(&mut self, found: &mut Vec<ExprId>) -> Option<bool> {
        self.enter()?;
        let mut has_sets = false;
        loop {
            let sets = self.rest.starts(&["grouping", "sets"]);
            if sets || self.rest.is_any(0, &["rollup", "cube"]) && self.rest.is_sign(1, "(") {
                has_sets = true;
                self.rest.skip(if sets { 2 } else { 1 });
                self.need_sign("(")?;
                self.grouping(found)?;
                self.need_sign(")")?;
            } else if self.rest.is_sign(0, "(") && self.rest.is_sign(1, ")") {
                has_sets = true;
                self.rest.skip(2);
            } else {
                found.push(self.expression()?);
            }
            if !self.take_sign(",") {
                self.leave();
                return Some(has_sets);
            }
        }
    }

    /// Parses `ORDER BY`, `LIMIT`, `OFFSET`, `FETCH` and `FOR UPDATE`, in any order.
    fn tail(&mut self, query: &mut Query) -> Option<()> {
        loop {
            if self.take(&["order", "by"]) {
                query.order = self.sorted()?;
            } else if self.take(&["limit"]) {
                if !self.take(&["all"]) {
                    query.limits.push(self.expression()?);
                }
            } else if self.take(&["offset"]) {
                query.limits.push(self.expression()?);
                let _ = self.take(&["rows"]) || self.take(&["row"]);
            } else if self.rest.take_any(&[&["fetch", "first"], &["fetch", "next"]]) {
                if !self.rest.is_any(0, &["row", "rows"]) {
                    query.limits.push(self.primary()?);
                }
                self.rest.take_any(&[&["rows"], &["row"]]).then_some(())?;
                self.rest.take_any(&[&["only"], &["with", "ties"]]).then_some(())?;
            } else if self.is("for") {
                self.locking()?;
            } else {
                return Some(());
            }
        }
    }

    /// Parses `FOR UPDATE OF t NOWAIT` and the like.
    fn locking(&mut self) -> Option<()> {
        self.need(&["for"])?;
        if self.take(&["read", "only"]) {
            return Some(());
        }
        self.rest
            .take_any(&[&["update"], &["no", "key", "update"], &["share"], &["key", "share"]])
            .then_some(())?;
        if self.take(&["of"]) {
            self.qualified()?;
            while self.take_sign(",") {
                self.qualified()?;
            }
        }
        self.rest.take_any(&[&["nowait"], &["skip", "locked"]]);
        Some(())
    }
}
