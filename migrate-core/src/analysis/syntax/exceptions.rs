//! Replaces valid syntax that the parser does not support before it runs, so that the rest of the
//! statement can be checked.

use std::borrow::Cow;

use crate::syntax::lexer::{Token, TokenKind};

/// The text with unsupported syntax replaced. All positions stay the same.
pub(super) fn readable<'s>(sql: &'s str, tokens: &[Token]) -> Cow<'s, str> {
    let mut over = Over { sql, tokens, changes: Vec::new() };
    over.statement();
    if over.changes.is_empty() {
        return Cow::Borrowed(sql);
    }
    let mut text = sql.to_owned();
    for (at, word) in over.changes {
        let Some(token) = tokens.get(at) else { continue };
        let blank = format!("{word:width$}", width = token.span.range().len());
        text.replace_range(token.span.range(), &blank);
    }
    Cow::Owned(text)
}

/// What is written over a token.
const BLANK: &str = "";
const NAME: &str = "a";
const TEXT: &str = "''";

struct Over<'s, 't> {
    sql: &'s str,
    tokens: &'t [Token],
    /// The tokens to write over, and by what; blanks follow.
    changes: Vec<(usize, &'static str)>,
}

impl Over<'_, '_> {
    fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is_word(self.sql, word))
    }

    fn is_any(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(at, word))
    }

    fn starts(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(at, word)| self.is(at, word))
    }

    fn is_sign(&self, at: usize, sign: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.text(self.sql) == sign)
    }

    fn is_name(&self, at: usize) -> bool {
        let kind = self.tokens.get(at).map(|token| token.kind);
        matches!(kind, Some(TokenKind::Word | TokenKind::QuotedIdentifier))
    }

    fn is_text(&self, at: usize) -> bool {
        let kind = self.tokens.get(at).map(|token| token.kind);
        matches!(kind, Some(TokenKind::String | TokenKind::DollarString))
    }

    fn blank(&mut self, tokens: std::ops::Range<usize>) {
        self.changes.extend(tokens.map(|at| (at, BLANK)));
    }

    fn statement(&mut self) {
        if self.starts(&["create", "extension"]) {
            self.extension();
        } else if self.starts(&["comment", "on", "type"])
            || self.starts(&["comment", "on", "domain"])
        {
            self.commented_type();
        } else if self.starts(&["drop", "type"]) || self.starts(&["drop", "domain"]) {
            for at in 2..self.tokens.len() {
                if self.is_sign(at, "[") && self.is_sign(at + 1, "]") {
                    self.blank(at..at + 2);
                }
            }
        } else if self.is_any(0, &["create", "alter"]) && self.is(1, "server") {
            self.server();
        } else if self.starts(&["alter", "statistics"]) || self.starts(&["alter", "policy"]) {
            if self.is(2, "if") && self.is(3, "exists") {
                self.blank(2..4);
            }
        } else if self.is(0, "copy") {
            self.copy();
        } else if self.is(0, "set") {
            self.setting();
        } else if self.is(0, "create") && (1..5).any(|at| self.is(at, "trigger")) {
            self.trigger();
        } else if self.is(0, "create") && (1..4).any(|at| self.is(at, "rule")) {
            self.rule();
        }
        let is_routine = |at| self.is_any(at, &["function", "procedure", "aggregate", "routine"]);
        if (1..6).any(is_routine) {
            self.parameters();
        }
        self.excluded();
    }

    /// Names of parameters that were no keywords before PostgreSQL 16 or 17.
    fn parameters(&mut self) {
        const NEW: [&str; 12] = [
            "json",
            "json_array",
            "json_arrayagg",
            "json_exists",
            "json_object",
            "json_objectagg",
            "json_query",
            "json_scalar",
            "json_serialize",
            "json_table",
            "json_value",
            "merge_action",
        ];
        for at in 1..self.tokens.len() {
            let begins = ["(", ","].iter().any(|sign| self.is_sign(at - 1, sign))
                || self.is_any(at - 1, &["in", "out", "inout", "variadic"]);
            let is_type = !self.is_name(at + 1) || self.is(at + 1, "default");
            if begins && !is_type && self.is_any(at, &NEW) {
                self.changes.push((at, NAME));
            }
        }
    }

    /// Empty statements among the actions of a rule.
    fn rule(&mut self) {
        for at in 1..self.tokens.len() {
            let follows_none = self.is_sign(at - 1, ";") || self.is_sign(at - 1, "(");
            if self.is_sign(at, ";") && follows_none {
                // A semicolon after another one, or after the parenthesis, ends nothing.
                self.blank(at..at + 1);
            }
        }
    }

    /// `VERSION` before `SCHEMA`, and other orders of the options.
    fn extension(&mut self) {
        let name = if self.is(2, "if") { 5 } else { 2 };
        let mut at = name + 1 + usize::from(self.is(name + 1, "with"));
        loop {
            let is_value = self.is_name(at + 1) || self.is_text(at + 1);
            if self.is(at, "schema") && self.is_name(at + 1) || self.is(at, "version") && is_value {
                at += 2;
            } else if self.is(at, "cascade") {
                at += 1;
            } else {
                break;
            }
        }
        if at == self.tokens.len() {
            self.blank(name + 1..at);
        }
    }

    /// `VERSION NULL` behind the server's name and type.
    fn server(&mut self) {
        let name = if self.is(2, "if") { 5 } else { 2 };
        let has_type = self.is(name + 1, "type") && self.is_text(name + 2);
        let version = name + 1 + if has_type { 2 } else { 0 };
        if self.is(version, "version") && self.is(version + 1, "null") {
            self.changes.push((version + 1, TEXT));
        }
    }

    /// A type in words, with brackets or in parentheses: `double precision`, `int[]`, `numeric(3)`.
    fn commented_type(&mut self) {
        const LONGEST: usize = 12;
        let end = (4..self.tokens.len().min(LONGEST)).find(|at| self.is(*at, "is"));
        let is_type = |at: usize| {
            self.is_name(at)
                || [".", "[", "]", "(", ")", ","].iter().any(|sign| self.is_sign(at, sign))
                || self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Number)
        };
        if let Some(end) = end.filter(|end| (3..*end).all(is_type)) {
            self.changes.push((3, NAME));
            self.blank(4..end);
        }
    }

    /// `COPY BINARY t`, a table of that name, and `USING DELIMITERS` after it.
    fn copy(&mut self) {
        if self.is(1, "binary") {
            let is_format = self.is_name(2) && !self.is_any(2, &["from", "to"]);
            self.changes.push((1, if is_format { BLANK } else { NAME }));
        }
        for at in 2..self.tokens.len() {
            let delimiters = at + usize::from(self.is(at, "using"));
            let is_old = self.is(delimiters, "delimiters") && self.is_text(delimiters + 1);
            if is_old && !self.is_sign(at - 1, "(") && !self.is(at - 1, "using") {
                self.blank(at..delimiters + 2);
            }
        }
    }

    /// `SET [LOCAL] NAMES 'UTF8'` and `SET LOCAL TRANSACTION`.
    fn setting(&mut self) {
        let at = 1 + usize::from(self.is_any(1, &["local", "session"]));
        if at == 2 && self.is(2, "transaction") {
            self.blank(1..2);
        } else if self.is(at, "names") {
            let has_value = self.is_text(at + 1) || self.is(at + 1, "default");
            let end = at + 1 + usize::from(has_value);
            if end == self.tokens.len() {
                self.blank(0..end);
            }
        }
    }

    /// Any word as the argument of a trigger function.
    fn trigger(&mut self) {
        let all = 0..self.tokens.len();
        let call = all
            .rev()
            .find(|at| self.is(*at, "execute") && self.is_any(at + 1, &["function", "procedure"]));
        let Some(call) = call else { return };
        let open = (call..self.tokens.len()).find(|at| self.is_sign(*at, "("));
        for at in open.unwrap_or(self.tokens.len())..self.tokens.len() {
            if self.is_sign(at, ")") {
                return;
            }
            if self.tokens[at].kind == TokenKind::Word {
                self.changes.push((at, NAME));
            }
        }
    }

    /// A column named `exclude`, and the operator class and sort order after a key of `EXCLUDE`.
    fn excluded(&mut self) {
        const FRAME: [&str; 4] = ["current", "group", "ties", "no"];
        let all = self.tokens.len();
        for at in 1..all {
            if !self.is(at, "exclude") || self.is_any(at + 1, &FRAME) {
                continue;
            }
            let open = if self.is(at + 1, "using") { at + 3 } else { at + 1 };
            if !self.is_sign(open, "(") {
                self.changes.push((at, NAME));
                continue;
            }
            self.classes(open);
        }
    }

    fn classes(&mut self, open: usize) {
        let (mut depth, mut at) = (0_usize, open);
        while at < self.tokens.len() {
            match self.tokens[at].text(self.sql) {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return;
            }
            let ends_key =
                self.is_name(at) && !self.is_any(at, &["collate", "with"]) || self.is_sign(at, ")");
            if depth == 1 && ends_key && self.is_name(at + 1) && !self.is(at + 1, "collate") {
                let mut end = at + 1;
                while end < self.tokens.len() && !self.is(end, "with") {
                    let is_part = self.is_name(end) || self.is_sign(end, ".");
                    // The options of the operator class.
                    let close = (end..self.tokens.len()).find(|at| self.is_sign(*at, ")"));
                    end = match close {
                        Some(close) if self.is_sign(end, "(") => close + 1,
                        _ if is_part => end + 1,
                        _ => break,
                    };
                }
                if self.is(end, "with") {
                    self.blank(at + 1..end);
                    at = end - 1;
                }
            }
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fault;
    use crate::syntax::statements::split_statements;

    #[test]
    fn the_grammar_has_more_than_the_parser() {
        let mut wrong = Vec::new();
        for sql in [
            "CREATE TABLE t (a inet, EXCLUDE USING gist (a inet_ops WITH &&))",
            "ALTER TABLE t ADD CONSTRAINT e EXCLUDE USING gist (a public.inet_ops WITH &&, lower(b) text_ops DESC WITH =) WHERE (a IS NOT NULL)",
            "CREATE TABLE t (a text, EXCLUDE (a COLLATE \"C\" text_ops WITH =))",
            "CREATE TABLE t (a ltree, EXCLUDE USING gist (a gist_ltree_ops (siglen = 100) WITH =))",
            "CREATE EXTENSION hstore VERSION '1.8' SCHEMA public",
            "CREATE EXTENSION IF NOT EXISTS hstore WITH CASCADE VERSION \"1.8\" SCHEMA public",
            "CREATE EXTENSION hstore SCHEMA public CASCADE",
            "CREATE SERVER s VERSION NULL FOREIGN DATA WRAPPER w",
            "CREATE SERVER IF NOT EXISTS s TYPE 'x' VERSION NULL FOREIGN DATA WRAPPER w OPTIONS (a 'b')",
            "ALTER SERVER s VERSION NULL",
            "ALTER SERVER s VERSION NULL OPTIONS (ADD a 'b')",
            "CREATE FUNCTION f(json json, OUT json_array int[]) RETURNS int LANGUAGE sql AS ''",
            "CREATE FUNCTION f(a json DEFAULT NULL, json DEFAULT NULL) RETURNS TABLE (json json, b int) LANGUAGE sql AS ''",
            "DROP FUNCTION f(a json, json jsonb)",
            "COMMENT ON FUNCTION f(json, json json) IS 'x'",
            "GRANT ALL PRIVILEGES ON FUNCTION f(merge_action int) TO PUBLIC",
            "SET NAMES 'UTF8'",
            "SET NAMES",
            "SET NAMES DEFAULT",
            "SET LOCAL NAMES 'UTF8'",
            "SET LOCAL TRANSACTION READ ONLY",
            "CREATE TABLE t (exclude int, b int, EXCLUDE (b WITH =))",
            "SELECT exclude FROM t",
            "ALTER TABLE t ADD exclude text",
            "COMMENT ON TYPE double precision IS 'x'",
            "COMMENT ON TYPE int[] IS 'x'",
            "COMMENT ON TYPE character varying IS 'x'",
            "COMMENT ON TYPE numeric(3) IS 'x'",
            "COMMENT ON TYPE numeric(3, 2) IS NULL",
            "COMMENT ON TYPE timestamp with time zone IS 'x'",
            "COMMENT ON TYPE app.m IS 'x'",
            "DROP TYPE IF EXISTS a[]",
            "ALTER STATISTICS IF EXISTS s SET STATISTICS -1",
            "ALTER STATISTICS s SET STATISTICS 10",
            "ALTER POLICY IF EXISTS p ON t RENAME TO q",
            "COPY t FROM '/x' USING DELIMITERS ','",
            "COPY t FROM '/x' DELIMITERS ',' WITH NULL AS ''",
            "COPY BINARY t FROM '/x'",
            "COPY binary FROM '/x'",
            "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(table, 'x', select, 1)",
            "CREATE RULE r AS ON INSERT TO t DO ALSO (; INSERT INTO u VALUES (1);; ; UPDATE u SET a = 1;;)",
            "CREATE CONSTRAINT TRIGGER g AFTER INSERT ON t EXECUTE PROCEDURE f(user)",
            "SELECT sum(a) OVER (ORDER BY a ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW) FROM t",
        ] {
            for sql in [sql.to_owned(), format!("{sql};")] {
                let found = fault(&sql, &split_statements(&sql)[0]);
                wrong.extend(found.map(|found| (sql, found)));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    /// Other errors in the statement still are found.
    #[test]
    fn the_rest_is_read() {
        let mut missed = Vec::new();
        for sql in [
            "CREATE TABLE t (a inet EXCLUDE USING gist (a inet_ops WITH &&))",
            "CREATE TABLE t (a inet, EXCLUDE USING gist (a inet_ops WITH &&)",
            "CREATE EXTENSION hstore VERSION '1.8'\nCREATE TABLE t (a int);",
            "SET NAMES 'UTF8'\nCREATE TABLE t (a int);",
            "CREATE SERVER s VERSION NULL NULL FOREIGN DATA WRAPPER w",
            "ALTER SERVER s TYPE NULL",
            "SET LOCAL TRANSACTION READ",
            "COMMENT ON TYPE double precision 'x'",
            "DROP TYPE IF EXISTS a[]]",
            "ALTER POLICY IF EXISTS p ON t RENAME q",
            "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE f(table)",
        ] {
            let found = fault(sql, &split_statements(sql)[0]);
            missed.extend(found.is_none().then_some(sql));
        }
        assert!(missed.is_empty(), "{missed:#?}");
    }

    /// It is not a statement by itself.
    #[test]
    fn an_extension_from_what_was_unpackaged() {
        let sql = "CREATE EXTENSION hstore FROM unpackaged";
        let found = fault(sql, &split_statements(sql)[0]);
        let Some(super::super::Fault::Error(error)) = found else { panic!("{found:?}") };
        assert_eq!((error.text.as_str(), error.span.start), ("FROM", 24));
    }
}
