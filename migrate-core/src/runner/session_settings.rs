//! Which settings of the session a section changes for good: `SET x`, not `SET LOCAL x`.

use crate::syntax::cursor::Cursor;
use crate::syntax::ident::{self, fold};
use crate::syntax::lexer::TokenKind;
use crate::syntax::statements::Statement;

/// Settings that end with their transaction, or are none; a newer server refuses to reset them.
const BEYOND_RESET: [&str; 4] =
    ["seed", "transaction_deferrable", "transaction_isolation", "transaction_read_only"];

/// The settings that these statements may leave changed, by the server's names. What a function
/// changes inside is not seen.
pub(crate) fn changed_settings(sql: &str, statements: &[Statement]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for statement in statements {
        let words = Cursor::new(sql, &statement.tokens, 0);
        for name in by_statement(words).into_iter().chain(by_function(words)) {
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
    let mut words = Cursor::new(sql, &statement.tokens, 0);
    match () {
        () if words.take(&["set"]) => !words.is_any(0, &["local", "constraints", "transaction"]),
        () if words.take(&["select"]) => only_calls_set_config(words),
        () => words.is(0, "reset"),
    }
}

/// Whether this is nothing but calls of `set_config` with constants: whatever else is called might not bear to be called twice.
fn only_calls_set_config(words: Cursor<'_>) -> bool {
    let calls = words.split();
    !calls.is_empty() && calls.into_iter().all(is_call_of_set_config)
}

fn is_call_of_set_config(mut call: Cursor<'_>) -> bool {
    if call.is(0, "pg_catalog") && call.is_sign(1, ".") {
        call.skip(2);
    }
    let is_call = call.take(&["set_config"]);
    let Some(arguments) = call.parentheses().filter(|_| is_call && call.is_empty()) else {
        return false;
    };
    let is_string = |of: Cursor<'_>| {
        of.len() == 1 && of.token(0).is_some_and(|it| it.kind == TokenKind::String)
    };
    match arguments.split().as_slice() {
        [name, value, local] => {
            is_string(*name)
                && (is_string(*value) || value.len() == 1 && value.is(0, "null"))
                && local.len() == 1
                && local.is_any(0, &["true", "false"])
        }
        _ => false,
    }
}

/// `SET [SESSION] name …` and `RESET name`.
fn by_statement(mut words: Cursor<'_>) -> Vec<String> {
    let sets = words.take(&["set"]);
    if !sets && !words.take(&["reset"]) {
        return Vec::new();
    }
    if sets && words.is(0, "session") && !words.is(1, "authorization") {
        words.skip(1);
    }
    let known = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    if words.is_any(0, &["local", "constraints", "transaction"]) {
        return Vec::new();
    }
    if words.is(0, "session") {
        return known(&["session_authorization"]);
    }
    if words.is(0, "characteristics") {
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
        if words.is(0, word) {
            return known(&[setting]);
        }
    }
    // The role is put back in any case.
    if words.is_any(0, &["all", "role"]) {
        return Vec::new();
    }
    // A name may have a prefix: `SET app.user = …`. The names of settings are without case.
    let part = |words: &mut Cursor<'_>| {
        let (part, count) = ident::read(words.source().0, words.tokens())?;
        words.skip(count);
        Some(fold(&part))
    };
    let Some(mut name) = part(&mut words) else { return Vec::new() };
    while words.take_sign(".") {
        let Some(next) = part(&mut words) else { return Vec::new() };
        name = format!("{name}.{next}");
    }
    vec![name]
}

/// `set_config('name', …)`, wherever it is called.
fn by_function(words: Cursor<'_>) -> Vec<String> {
    let name = |at: usize| {
        let name = words.token(at + 2).filter(|name| name.kind == TokenKind::String)?;
        let is_call = words.is(at, "set_config") && words.is_sign(at + 1, "(");
        is_call.then(|| fold(words.text(name).trim_matches('\'')))
    };
    (0..words.len()).filter_map(name).collect()
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
