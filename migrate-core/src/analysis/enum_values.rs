//! Finds string literals that are cast to a type or assigned to a column of a type. If such a
//! literal is an enum value that the same transaction has added, the server refuses the statement.

use std::rc::Rc;

use super::names::Name;
use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::{Token, TokenKind};
use crate::syntax::source::Span;

/// A literal that the server reads as a value of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Literal {
    /// The text without its quotes.
    pub(super) value: String,
    /// The name of the type.
    pub(super) type_name: String,
    pub(super) span: Span,
}

/// A source of information about the columns of tables.
pub(super) trait Columns {
    /// The type of a column.
    fn type_of(&mut self, table: &Name, column: &str) -> Option<String>;
    /// All columns, in order.
    fn all(&mut self, table: &Name) -> Option<Vec<Rc<str>>>;
    /// The type that a name resolves to.
    fn named(&mut self, name: &Name) -> Option<String>;
}

/// The literals of a statement that certainly are read as values of a type.
pub(super) fn literals(
    sql: &str,
    tokens: &[Token],
    offset: usize,
    known: impl Columns,
) -> Vec<Literal> {
    let mut found = Literals { known, table: None, alias: None, found: Vec::new() };
    let all = Cursor::new(sql, tokens, offset);
    found.statement(all);
    found.casts(all);
    found.defaults(all);
    found.found
}

struct Literals<C> {
    known: C,
    table: Option<Name>,
    alias: Option<String>,
    found: Vec<Literal>,
}

impl<C: Columns> Literals<C> {
    fn statement(&mut self, mut rest: Cursor<'_>) -> Option<()> {
        if rest.take(&["update"]) {
            self.target(&mut rest, &["set"])?;
            rest.take(&["set"]);
            self.assignments(&mut rest, &["where", "from", "returning"]);
            // Column names are unambiguous only while there is one table.
            if !rest.is(0, "from") {
                self.condition_of(rest);
            }
        } else if rest.take(&["delete", "from"]) {
            self.target(&mut rest, &["where", "using", "returning"])?;
            if !rest.is(0, "using") {
                self.condition_of(rest);
            }
        } else if rest.take(&["insert", "into"]) {
            self.insert(rest)?;
        } else if rest.take(&["alter", "table"]) {
            rest.take(&["if", "exists"]);
            self.target(&mut rest, &["alter", "add"])?;
            for action in rest.split() {
                self.action(action);
            }
        } else if rest.take_any(&[&["create", "index"], &["create", "unique", "index"]]) {
            let mut target = rest.after(&["on"])?;
            self.target(&mut target, &["using"])?;
            self.condition_of(target);
        }
        Some(())
    }

    /// `'value'::type` and `CAST('value' AS type)`, anywhere in the statement.
    fn casts(&mut self, mut rest: Cursor<'_>) {
        while !rest.is_empty() {
            let mut literal = rest;
            let is_cast = literal.take(&["cast"]) && literal.take_sign("(");
            let value = literal.string();
            let is_named = if is_cast { literal.take(&["as"]) } else { literal.take_sign("::") };
            if let Some(value) = value.filter(|_| is_named)
                && let Some(name) = literal.name()
                && !literal.is_sign(0, "[")
                && !literal.is(0, "array")
            {
                self.typed(&name, value);
            }
            rest.skip(1);
        }
    }

    /// `column type DEFAULT 'value'` in `CREATE TABLE` and `ADD COLUMN`.
    fn defaults(&mut self, all: Cursor<'_>) {
        let mut rest = all;
        let added = if rest.take_any(&[&["create", "table"], &["create", "unlogged", "table"]]) {
            rest.take(&["if", "not", "exists"]);
            let elements = rest.name().and_then(|_| rest.parentheses());
            elements.map(|elements| elements.split()).unwrap_or_default()
        } else if rest.take(&["alter", "table"]) {
            rest.split().into_iter().filter_map(|action| action.after(&["add"])).collect()
        } else {
            return;
        };
        for mut column in added {
            column.take(&["column"]);
            column.take(&["if", "not", "exists"]);
            let (Some(_), Some(kind)) = (column.ident(), column.name()) else { continue };
            column.take(&["not", "null"]);
            let value = column.take(&["default"]).then(|| column.string()).flatten();
            let is_whole = |rest: &Cursor<'_>| {
                rest.is_empty() || rest.token(0).is_some_and(|next| next.kind == TokenKind::Word)
            };
            if let Some(value) = value.filter(|_| is_whole(&column)) {
                self.typed(&kind, value);
            }
        }
    }

    fn typed(&mut self, name: &Name, (value, span): (String, Span)) {
        if let Some(type_name) = self.known.named(name) {
            self.found.push(Literal { value, type_name, span });
        }
    }

    /// The table that the statement changes, and its alias unless one of these words comes next.
    fn target(&mut self, rest: &mut Cursor<'_>, ends: &[&str]) -> Option<()> {
        rest.take(&["only"]);
        self.table = Some(rest.name()?);
        rest.take_sign("*");
        let is_named = rest.take(&["as"]);
        if is_named || !rest.is_any(0, ends) {
            self.alias = rest.ident().map(|alias| alias.text.to_string());
        }
        Some(())
    }

    /// `column = 'value', …` up to one of these words.
    fn assignments(&mut self, rest: &mut Cursor<'_>, ends: &[&str]) {
        let all = rest.expression(|rest| rest.is_any(0, ends));
        for mut one in all.split() {
            let column = one.ident().filter(|_| one.take_sign("="));
            if let Some(column) = column {
                self.value(&column.text, one);
            }
        }
    }

    fn insert(&mut self, mut rest: Cursor<'_>) -> Option<()> {
        self.table = Some(rest.name()?);
        if rest.take(&["as"]) {
            self.alias = Some(rest.ident()?.text.to_string());
        }
        let listed = rest.column_list();
        rest.take_any(&[&["overriding", "system", "value"], &["overriding", "user", "value"]]);
        let columns: Vec<Rc<str>> = match listed {
            Some(listed) => listed.into_iter().map(|column| column.text).collect(),
            None if rest.is_any(0, &["values", "select"]) => {
                self.known.all(self.table.as_ref()?).unwrap_or_default()
            }
            None => Vec::new(),
        };
        if rest.take(&["values"]) {
            while let Some(row) = rest.parentheses() {
                for (column, value) in columns.iter().zip(row.split()) {
                    self.value(column, value);
                }
                rest.take_sign(",");
            }
        } else if rest.take(&["select"]) {
            self.selected(&mut rest, &columns);
        }
        let mut update = rest.after(&["do", "update", "set"])?;
        self.assignments(&mut update, &["where", "returning"]);
        Some(())
    }

    /// The literals that a query assigns to columns, unless it converts them to text first.
    fn selected(&mut self, rest: &mut Cursor<'_>, columns: &[Rc<str>]) {
        rest.take(&["all"]);
        let as_text = ["distinct", "union", "intersect", "except", "order"];
        if as_text.iter().any(|word| rest.has(&[word])) {
            return;
        }
        let ends =
            ["from", "where", "group", "having", "window", "limit", "offset", "fetch", "for"];
        let list =
            rest.expression(|rest| rest.is_any(0, &ends) || rest.is_any(0, &["on", "returning"]));
        for (column, mut item) in columns.iter().zip(list.split()) {
            let last = item.len().saturating_sub(1);
            // `*` stands for an unknown number of columns.
            if item.is_sign(last, "*") {
                return;
            }
            let value = item.expression(|rest| rest.is(0, "as") && rest.len() == 2);
            self.value(column, value);
        }
    }

    /// An action of `ALTER TABLE`.
    fn action(&mut self, mut action: Cursor<'_>) -> Option<()> {
        if action.take(&["alter"]) {
            action.take(&["column"]);
            let column = action.ident()?;
            if action.take(&["set", "default"]) {
                self.value(&column.text, action);
            }
        } else if action.take(&["add"]) {
            if action.take(&["constraint"]) {
                action.ident()?;
            }
            let inner = action.take(&["check"]).then(|| action.parentheses())??;
            self.condition(inner);
        }
        Some(())
    }

    /// A value that consists of a single literal.
    fn value(&mut self, column: &str, mut value: Cursor<'_>) -> Option<()> {
        let (text, span) = value.string()?;
        if !value.is_empty() {
            return None;
        }
        let type_name = self.known.type_of(self.table.as_ref()?, column)?;
        self.found.push(Literal { value: text, type_name, span });
        Some(())
    }

    fn condition_of(&mut self, rest: Cursor<'_>) {
        if let Some(mut condition) = rest.after(&["where"]) {
            let condition = condition.expression(|rest| rest.is(0, "returning"));
            self.condition(condition);
        }
    }

    /// `column = 'value'` in a condition joined by `AND` and `OR` that contains no query.
    fn condition(&mut self, condition: Cursor<'_>) {
        if (0..condition.len()).any(|at| condition.is(at, "select")) {
            return;
        }
        let mut rest = condition;
        while !rest.is_empty() {
            while rest.take_any(&[&["and"], &["or"], &["not"]]) {}
            if let Some(inner) = rest.parentheses() {
                // Forms such as `(k = 'b') IS TRUE` are not read.
                if rest.is_empty() || rest.is_any(0, &["and", "or"]) {
                    self.condition(inner);
                }
            }
            if rest.is_any(0, &["and", "or"]) || rest.is_empty() {
                continue;
            }
            let part = rest.expression(|rest| rest.is_any(0, &["and", "or"]));
            self.comparison(part);
        }
    }

    /// `column = 'value'`, `column <> 'value'`, `column IN ('value', …)`.
    fn comparison(&mut self, mut part: Cursor<'_>) -> Option<()> {
        let name = part.name()?;
        let column = match name.parts.as_slice() {
            [column] => column,
            [table, column] => {
                let own = match &self.alias {
                    Some(alias) => alias,
                    None => self.table.as_ref()?.last(),
                };
                (&*table.text == own).then_some(column)?
            }
            _ => return None,
        };
        if ["=", "<>", "!="].iter().any(|sign| part.take_sign(sign)) {
            return self.value(&column.text, part);
        }
        part.take(&["not"]);
        let list = part.take(&["in"]).then(|| part.parentheses())??;
        if part.is_empty() {
            for value in list.split() {
                self.value(&column.text, value);
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::statements::split_statements;

    /// Test data: `app.t (a, k)`, where `k` is a `mood`, and `app.v`, whose columns are not all
    /// known.
    struct Known;

    impl Columns for Known {
        fn type_of(&mut self, table: &Name, column: &str) -> Option<String> {
            let is_mood = ["app.t", "app.v"].contains(&table.to_string().as_str()) && column == "k";
            is_mood.then(|| "mood".to_owned())
        }

        fn all(&mut self, table: &Name) -> Option<Vec<Rc<str>>> {
            (table.to_string() == "app.t").then(|| vec!["a".into(), "k".into()])
        }

        fn named(&mut self, name: &Name) -> Option<String> {
            (name.to_string() == "app.mood").then(|| "mood".to_owned())
        }
    }

    #[test]
    fn literals_that_are_of_a_columns_type() {
        let check = |sql: &str, expected: &[&str]| {
            let statements = split_statements(sql);
            let found = literals(sql, &statements[0].tokens, 0, Known);
            for one in &found {
                assert_eq!(one.type_name, "mood");
                assert_eq!(sql[one.span.range()], format!("'{}'", one.value));
            }
            let values: Vec<&str> = found.iter().map(|one| one.value.as_str()).collect();
            assert_eq!(values, expected, "{sql}");
        };
        check("UPDATE app.t SET k = 'b'", &["b"]);
        check(
            "UPDATE ONLY app.t AS x SET a = 'c', K = 'b' WHERE x.k = 'a' RETURNING 'd'",
            &["b", "a"],
        );
        check("UPDATE app.t x SET k = 'b' FROM u WHERE k = 'a'", &["b"]);
        check("UPDATE app.t SET k = 'b'::mood, a = 'c'", &[]);
        check("UPDATE app.t SET k = f('b'), (k, a) = ('b', 'c')", &[]);
        check("UPDATE app.u SET k = 'b'", &[]);
        check(
            "DELETE FROM app.t WHERE k = 'b' AND (k <> 'c' OR NOT k IN ('d', 'e')) OR a = 'f'",
            &["b", "c", "d", "e"],
        );
        check("DELETE FROM app.t WHERE k::text = 'b' OR lower(k) = 'c' OR k = 'd' || 'e'", &[]);
        check("DELETE FROM app.t WHERE id IN (SELECT id FROM u WHERE k = 'b')", &[]);
        check("DELETE FROM app.t USING u WHERE k = 'b'", &[]);
        check("DELETE FROM app.t x WHERE t.k = 'b'", &[]);
        check("INSERT INTO app.t (a, k) VALUES ('a', 'b'), ('c', 'd')", &["b", "d"]);
        check(
            "INSERT INTO app.t (a, k) VALUES ('a', DEFAULT) ON CONFLICT (a) DO UPDATE SET k = 'b'",
            &["b"],
        );
        check("INSERT INTO app.t VALUES ('b')", &[]);
        check("INSERT INTO app.t VALUES ('b', 'c'), (1, 'd') RETURNING 'e'", &["c", "d"]);
        check("INSERT INTO app.v VALUES ('b', 'c')", &[]);
        check("INSERT INTO app.v (k) VALUES ('b')", &["b"]);
        check("INSERT INTO app.t (k) SELECT 'b'", &["b"]);
        check("INSERT INTO app.t SELECT 'b', 'c'", &["c"]);
        check(
            "INSERT INTO app.t AS x OVERRIDING USER VALUE SELECT ALL a, 'b' AS y FROM u WHERE 'c' = a ON CONFLICT DO NOTHING",
            &["b"],
        );
        check("INSERT INTO app.t (a, k) SELECT u.*, 'b' FROM u", &[]);
        check("INSERT INTO app.t SELECT a, 'b'::text FROM u", &[]);
        check("INSERT INTO app.t SELECT DISTINCT 1, 'b'", &[]);
        check("INSERT INTO app.t SELECT 1, 'b' UNION SELECT 1, 'c'", &[]);
        check("INSERT INTO app.t SELECT 1, 'b' FROM u ORDER BY 2", &[]);
        check("INSERT INTO app.t SELECT 1, (SELECT 'b')", &[]);
        check("INSERT INTO app.v SELECT 1, 'b'", &[]);
        check(
            "ALTER TABLE IF EXISTS app.t ALTER COLUMN k SET DEFAULT 'b', ALTER a SET DEFAULT 'c'",
            &["b"],
        );
        check(
            "ALTER TABLE app.t ADD CONSTRAINT c CHECK (k <> 'b'), ADD CHECK ((k = 'c'))",
            &["b", "c"],
        );
        check("CREATE UNIQUE INDEX i ON app.t (a) WHERE k = 'b'", &["b"]);
        check("CREATE INDEX ON app.t USING btree (k)", &[]);
        check("SELECT 'b'", &[]);
        check("SELECT 'b'::app.mood, CAST ('c' AS app.mood), f('d'::app.mood)", &["b", "c", "d"]);
        check("SELECT 'b'::mood, CAST('c' AS text), 'd'::app.mood[], '{e}'::s.app.mood", &[]);
        check(
            "CREATE TABLE x (a app.mood DEFAULT 'b' NOT NULL, b app.mood NOT NULL DEFAULT 'c', c mood DEFAULT 'd')",
            &["b", "c"],
        );
        check("CREATE TABLE x (a app.mood DEFAULT 'b' || 'c', b app.mood[] DEFAULT 'd')", &[]);
        check(
            "ALTER TABLE x ADD COLUMN a app.mood DEFAULT 'b', ADD b app.mood DEFAULT 'c'",
            &["b", "c"],
        );
        check("UPDATE", &[]);
    }
}
