//! Which settings of the session a section changes for good: `SET x`, not `SET LOCAL x`.

use crate::syntax::ident::{self, fold};
use crate::syntax::lexer::{Token, TokenKind};
use crate::syntax::statements::Statement;

/// Settings that end with their transaction, or are none; a newer server refuses to reset them.
const BEYOND_RESET: [&str; 4] =
    ["seed", "transaction_deferrable", "transaction_isolation", "transaction_read_only"];

/// The settings that these statements may leave changed, by the server's names. What a function
/// changes inside is not seen.
pub(crate) fn changed_settings(sql: &str, statements: &[Statement]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for statement in statements {
        for name in by_statement(sql, &statement.tokens)
            .into_iter()
            .chain(by_function(sql, &statement.tokens))
        {
            if !names.contains(&name) && !BEYOND_RESET.contains(&name.as_str()) {
                names.push(name);
            }
        }
    }
    // The session's user decides what may be put back, so it goes first.
    names.sort_by_key(|name| name != "session_authorization");
    names
}

/// Whether a statement does nothing but change the session: a run that goes on behind it has to run
/// it again.
pub(crate) fn only_sets(sql: &str, statement: &Statement) -> bool {
    let is = |at: usize, word: &str| {
        statement.tokens.get(at).is_some_and(|token| token.is_word(sql, word))
    };
    let of_transaction = ["local", "constraints", "transaction"].iter().any(|word| is(1, word));
    (is(0, "set") && !of_transaction)
        || is(0, "reset")
        || (is(0, "select") && only_calls_set_config(sql, &statement.tokens[1..]))
}

/// Whether this is nothing but calls of `set_config` with constants: whatever else is called might not bear to be called twice.
fn only_calls_set_config(sql: &str, tokens: &[Token]) -> bool {
    let text = |at: usize| tokens.get(at).map(|token| token.text(sql));
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is_word(sql, word));
    let is_string = |at: usize| tokens.get(at).is_some_and(|it| it.kind == TokenKind::String);
    let mut at = 0;
    loop {
        if is(at, "pg_catalog") && text(at + 1) == Some(".") {
            at += 2;
        }
        let is_constant = is_string(at + 4) || is(at + 4, "null");
        let is_flag = is(at + 6, "true") || is(at + 6, "false");
        let is_call = is(at, "set_config")
            && text(at + 1) == Some("(")
            && is_string(at + 2)
            && text(at + 3) == Some(",")
            && is_constant
            && text(at + 5) == Some(",")
            && is_flag
            && text(at + 7) == Some(")");
        match text(at + 8) {
            None | Some(";") if is_call => return true,
            Some(",") if is_call => at += 9,
            _ => return false,
        }
    }
}

/// `SET [SESSION] name …` and `RESET name`.
fn by_statement(sql: &str, tokens: &[Token]) -> Vec<String> {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is_word(sql, word));
    let name = match (is(0, "set"), is(0, "reset")) {
        (false, false) => return Vec::new(),
        (true, _) if is(1, "session") && !is(2, "authorization") => 2,
        _ => 1,
    };
    let known = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    if is(name, "local") || is(name, "constraints") || is(name, "transaction") {
        return Vec::new();
    }
    if is(name, "session") {
        return known(&["session_authorization"]);
    }
    if is(name, "characteristics") {
        return known(&[
            "default_transaction_isolation",
            "default_transaction_read_only",
            "default_transaction_deferrable",
        ]);
    }
    for (word, setting) in [
        ("time", "timezone"),
        ("names", "client_encoding"),
        ("schema", "search_path"),
        ("xml", "xmloption"),
    ] {
        if is(name, word) {
            return known(&[setting]);
        }
    }
    // The role is put back in any case.
    if is(name, "all") || is(name, "role") {
        return Vec::new();
    }
    // A name may have a prefix: `SET app.user = …`.
    let dotted = |nth: usize| tokens.get(name + nth).filter(|token| token.text(sql) == ".");
    let parts = if dotted(1).is_some() { 3 } else { 1 };
    let text: String = tokens
        .iter()
        .skip(name)
        .take(parts)
        .map(|token| match token.text(sql) {
            "." => ".".to_owned(),
            // The names of settings are without case.
            _ => fold(&ident::of(sql, *token).unwrap_or_default()),
        })
        .collect();
    if text.is_empty() { Vec::new() } else { vec![text] }
}

/// `set_config('name', …)`.
fn by_function(sql: &str, tokens: &[Token]) -> Vec<String> {
    let call = |window: &[Token]| match window {
        [function, open, name]
            if function.is_word(sql, "set_config")
                && open.text(sql) == "("
                && name.kind == TokenKind::String =>
        {
            Some(fold(name.text(sql).trim_matches('\'')))
        }
        _ => None,
    };
    tokens.windows(3).filter_map(call).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::statements::split_statements;

    #[test]
    fn statements_that_only_set() {
        let check = |sql: &str, expected: bool| {
            let statements = split_statements(sql);
            let all: Vec<_> = statements.iter().map(|s| only_sets(sql, s)).collect();
            assert_eq!(all, vec![expected; statements.len()], "{sql}");
        };
        check("SET search_path = a; SET ROLE a; set session authorization a; RESET ALL", true);
        check(
            "SELECT set_config('a.b', '', false); SELECT pg_catalog.set_config('a', '', true); \
             SELECT set_config('a', 'b', false), pg_catalog.set_config('c', NULL, false)",
            true,
        );
        // What else these call may be called once only.
        check(
            "SELECT set_config('a.b', note('started')::text, false); SELECT set_config('a', '', false), note(1); \
             SELECT set_config('a', '', false) FROM pg_sleep(1); SELECT set_config('a', '1' || '2', false)",
            false,
        );
        check("SET LOCAL a = 1; SET CONSTRAINTS ALL DEFERRED; SET TRANSACTION READ ONLY", false);
        check(
            "UPDATE t SET a = 1; INSERT INTO t SELECT set_config('a.b', '', false); SELECT 1",
            false,
        );
    }

    #[test]
    fn settings() {
        let check = |sql: &str, expected: &[&str]| {
            assert_eq!(changed_settings(sql, &split_statements(sql)), expected, "{sql}");
        };
        check("SET search_path TO a, b; set work_mem = '1MB'", &["search_path", "work_mem"]);
        check("SET SESSION statement_timeout = 0; RESET statement_timeout", &["statement_timeout"]);
        check(
            "SET LOCAL work_mem = 1; SET CONSTRAINTS ALL DEFERRED; SET TRANSACTION READ ONLY",
            &[],
        );
        check("SET ROLE a; SET SESSION AUTHORIZATION b", &["session_authorization"]);
        check(
            "SET TIME ZONE 'UTC'; SET NAMES 'UTF8'; SET SCHEMA 'a'",
            &["timezone", "client_encoding", "search_path"],
        );
        check("SET app.user = '1'; SET \"App\".\"x\" TO 2", &["app.user", "app.x"]);
        check("SELECT pg_catalog.set_config('search_path', '', false)", &["search_path"]);
        check(
            "SET transaction_read_only = off; SET seed = 0.5; SET Transaction_Isolation = 'serializable'",
            &[],
        );
        check("RESET ALL; SELECT 'SET x = 1'; UPDATE t SET a = 1", &[]);
        check(
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
            &[
                "default_transaction_isolation",
                "default_transaction_read_only",
                "default_transaction_deferrable",
            ],
        );
        check("SET", &[]);
    }
}
