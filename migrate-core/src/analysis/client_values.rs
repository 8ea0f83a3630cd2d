//! Finds values that a client would substitute in a statement: psql variables and parameters. The
//! runner substitutes nothing, so the server refuses both.

use crate::chain::problem::Problem;
use crate::syntax::lexer::{Token, TokenKind};
use crate::syntax::source::Span;

/// A placeholder that nothing fills in.
#[derive(Debug)]
pub(super) struct ClientValue {
    pub(super) problem: Problem,
    pub(super) span: Span,
}

/// The first psql variable or parameter in a statement.
pub(super) fn client_value(sql: &str, tokens: &[Token]) -> Option<ClientValue> {
    let may_have_parameters = has_own_parameters(sql, tokens);
    // The indexes of the brackets that are open at the current token.
    let mut open: Vec<usize> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Parameter if !may_have_parameters => {
                let parameter = token.text(sql).to_owned();
                return Some(ClientValue {
                    problem: Problem::Parameter { parameter },
                    span: token.span,
                });
            }
            TokenKind::Punctuation => match token.text(sql) {
                "(" | "[" => open.push(at),
                ")" | "]" => drop(open.pop()),
                ":" if !takes_colon(sql, tokens, open.last().copied()) => {
                    if let Some(span) = variable(sql, tokens, at) {
                        let variable = sql.get(span.range()).unwrap_or_default().to_owned();
                        return Some(ClientValue {
                            problem: Problem::PsqlVariable { variable },
                            span,
                        });
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }
    None
}

/// Whether `$1` may appear in the statement: as an argument of a function or of a prepared
/// statement, and, since PostgreSQL 16, in a statement that is only planned.
fn has_own_parameters(sql: &str, tokens: &[Token]) -> bool {
    let mut words = tokens
        .iter()
        .filter(|token| !["or", "replace"].iter().any(|word| token.is_word(sql, word)));
    let mut next_is = |names: &[&str]| {
        words.next().is_some_and(|token| names.iter().any(|name| token.is_word(sql, name)))
    };
    match tokens.first() {
        Some(first) if first.is_word(sql, "create") => {
            next_is(&["create"]) && next_is(&["function", "procedure"])
        }
        Some(first) => ["prepare", "explain"].iter().any(|word| first.is_word(sql, word)),
        None => true,
    }
}

/// Whether a colon inside this bracket is SQL: in a subscript (`a[1:x]`), or between a key and its
/// value.
fn takes_colon(sql: &str, tokens: &[Token], open: Option<usize>) -> bool {
    let Some(at) = open else { return false };
    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
    let is_before = |words: &[&str]| {
        before.is_some_and(|token| words.iter().any(|word| token.is_word(sql, word)))
    };
    if tokens[at].text(sql) == "[" {
        !is_before(&["array"])
    } else {
        is_before(&["json_object", "json_objectagg"])
    }
}

/// The psql variable that starts at a colon: `:name`, `:'name'` or `:"name"`, without white space.
fn variable(sql: &str, tokens: &[Token], colon: usize) -> Option<Span> {
    let (colon, name) = (tokens.get(colon)?, tokens.get(colon + 1)?);
    let is_name = match name.kind {
        TokenKind::Word | TokenKind::Number => true,
        TokenKind::String => name.text(sql).starts_with('\''),
        TokenKind::QuotedIdentifier => name.text(sql).starts_with('"'),
        _ => false,
    };
    (is_name && colon.span.end == name.span.start).then(|| colon.span.to(name.span))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::statements::split_statements;

    #[test]
    fn what_nobody_fills_in() {
        let check = |sql: &str, expected: Option<(&str, &str)>| {
            let statements = split_statements(sql);
            let found = client_value(sql, &statements[0].tokens);
            let shown = found.map(|found| (found.problem.code(), &sql[found.span.range()]));
            assert_eq!(shown, expected, "{sql}");
        };
        let variable = |text| Some(("psql-variable", text));
        let parameter = |text| Some(("parameter", text));
        check("INSERT INTO t VALUES (:id)", variable(":id"));
        check("INSERT INTO t VALUES (1, :'name')", variable(":'name'"));
        check("ALTER TABLE :\"table\" ADD a int", variable(":\"table\""));
        check("SELECT 1 LIMIT :1", variable(":1"));
        check("SELECT a[f(:x)] FROM t", variable(":x"));
        check("SELECT ARRAY[:x]", variable(":x"));
        check("SELECT a::text, :x", variable(":x"));
        check("SELECT ':x', \":x\", $$ :x $$, E':x'", None);
        check("SELECT a[1:x], a[:x], a[x:], a[f(1):x] FROM t", None);
        check("SELECT a::text, b :: text, f(x := 1, y => 2) FROM t", None);
        check("SELECT json_object('a':b), JSON_OBJECTAGG(k:'v') FROM t", None);
        check("SELECT a : b", None);

        check("INSERT INTO t SELECT $1", parameter("$1"));
        check("CREATE VIEW v AS SELECT $2::int", parameter("$2"));
        check("EXECUTE q($1)", parameter("$1"));
        check("CREATE RULE r AS ON INSERT TO t DO ALSO SELECT $1", parameter("$1"));
        check("CREATE OR REPLACE VIEW function AS SELECT $1", parameter("$1"));
        check("PREPARE q AS SELECT $1::int", None);
        check("CREATE FUNCTION f(int) RETURNS int RETURN $1", None);
        check("CREATE OR REPLACE PROCEDURE p(int) BEGIN ATOMIC SELECT $1; END", None);
        check("EXPLAIN (GENERIC_PLAN) SELECT $1::int", None);
        check("CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT $1'", None);
        check("DO $$ BEGIN PERFORM $1; END $$", None);
    }
}
