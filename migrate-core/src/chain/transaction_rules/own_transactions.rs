//! What a statement can't do where each has a transaction of its own, and settings that decide how the server reads the text
//! behind them.

use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::TokenKind;
use crate::syntax::statements::Statement;

/// What ends with the transaction that it is in, or is refused outside one: for a section with `transaction:false`.
pub(crate) fn needs_transaction(sql: &str, statement: &Statement) -> Option<&'static str> {
    let words = Cursor::new(sql, &statement.tokens, 0);
    let is_about = |names: &[&str]| names.iter().any(|name| words.is(1, name));
    let is_dotted = statement.tokens.get(2).is_some_and(|token| token.text(sql) == ".");
    match () {
        // `SET local.x` would be a setting of that name.
        () if words.starts(&["set", "local"]) && !is_dotted => Some("SET LOCAL"),
        () if words.starts(&["set", "constraints"]) => Some("SET CONSTRAINTS"),
        () if words.starts(&["set", "transaction"]) => Some("SET TRANSACTION"),
        () if words.is(0, "lock") => Some("LOCK TABLE"),
        () if words.is(0, "savepoint") => Some("SAVEPOINT"),
        () if words.is(0, "release") => Some("RELEASE SAVEPOINT"),
        // `ROLLBACK [WORK | TRANSACTION] TO …`
        () if words.is(0, "rollback")
            && (words.is(1, "to") || is_about(&["work", "transaction"]) && words.is(2, "to")) =>
        {
            Some("ROLLBACK TO SAVEPOINT")
        }
        () => None,
    }
}

/// The setting by which the server reads text of the statements behind this one in another way than it is meant, if there is
/// such text. The files are in UTF-8, with strings in which a backslash is a backslash.
pub(crate) fn text_setting(
    statement: &Statement,
    sql: &str,
    rest: &[Statement],
) -> Option<&'static str> {
    let words = Cursor::new(sql, &statement.tokens, 0);
    let tokens = || rest.iter().flat_map(|statement| &statement.tokens);
    let (setting, value) = set_to(words)?;
    match setting {
        "client_encoding" => {
            let is_unknown =
                ["utf8", "utf-8", "unicode", "sql_ascii", "default", ""].contains(&value.as_str());
            let is_read = || tokens().any(|token| !token.text(sql).is_ascii());
            (!is_unknown && is_read()).then_some(setting)
        }
        _ => {
            let is_off = ["off", "of", "false", "fals", "fal", "fa", "f", "no", "n", "0"]
                .contains(&value.as_str());
            let is_read = || {
                tokens().any(|token| {
                    let text = token.text(sql);
                    let is_plain =
                        matches!(token.kind, TokenKind::String | TokenKind::StringContinuation);
                    is_plain && text.starts_with('\'') && text.contains('\\')
                })
            };
            (is_off && is_read()).then_some(setting)
        }
    }
}

/// `SET [SESSION | LOCAL] client_encoding {TO | =} value` and the like: the setting, and what it is set to.
fn set_to(words: Cursor<'_>) -> Option<(&'static str, String)> {
    if !words.is(0, "set") {
        return None;
    }
    let value = |at: usize| {
        let text = words.text(words.token(at)?);
        Some(text.trim_matches('\'').to_ascii_lowercase())
    };
    let at = 1 + usize::from(words.is(1, "session") || words.is(1, "local"));
    if words.is(at, "names") {
        return Some(("client_encoding", value(at + 1).unwrap_or_default()));
    }
    let named = ["client_encoding", "standard_conforming_strings"];
    let setting = named.into_iter().find(|name| words.is(at, name))?;
    Some((setting, value(at + 2)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::statements::split_statements;

    #[test]
    fn what_ends_with_its_transaction() {
        let check = |sql: &str, expected: Option<&str>| {
            let statements = split_statements(sql);
            assert_eq!(needs_transaction(sql, &statements[0]), expected, "{sql}");
        };
        check("SET LOCAL work_mem = '1GB'", Some("SET LOCAL"));
        check("set constraints all deferred;", Some("SET CONSTRAINTS"));
        check("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", Some("SET TRANSACTION"));
        check("LOCK t", Some("LOCK TABLE"));
        check("LOCK TABLE ONLY s.t IN SHARE MODE NOWAIT", Some("LOCK TABLE"));
        check("SAVEPOINT a", Some("SAVEPOINT"));
        check("RELEASE a", Some("RELEASE SAVEPOINT"));
        check("ROLLBACK TO a", Some("ROLLBACK TO SAVEPOINT"));
        check("ROLLBACK WORK TO SAVEPOINT a", Some("ROLLBACK TO SAVEPOINT"));
        for sql in [
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
            "SET work_mem = 1",
            "SET transaction_read_only = off",
            "SET local.x = 1",
            "SELECT set_config('a.b', '', true)",
            "ROLLBACK",
            "ROLLBACK AND NO CHAIN",
            "DO $$ BEGIN LOCK TABLE t; END $$",
            "ALTER TABLE t RENAME TO savepoint",
        ] {
            check(sql, None);
        }
    }

    #[test]
    fn settings_that_decide_how_text_is_read() {
        let check = |sql: &str, expected: Option<&str>| {
            let statements = split_statements(sql);
            let (first, rest) = statements.split_first().unwrap();
            assert_eq!(text_setting(first, sql, rest), expected, "{sql}");
        };
        let encoding = Some("client_encoding");
        check("SET client_encoding = 'LATIN1'; SELECT 'é'", encoding);
        check("SET LOCAL client_encoding TO win1252; SELECT 1; SELECT 1 AS é", encoding);
        check("SET NAMES 'LATIN1'; SELECT $$é$$", encoding);
        let strings = Some("standard_conforming_strings");
        check("SET standard_conforming_strings = off; SELECT 'C:\\tmp'", strings);
        check("SET SESSION standard_conforming_strings TO 'false'; SELECT 'a'\n'\\b'", strings);
        for sql in [
            // As a dump begins.
            "SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SELECT 'é\\n'",
            "SET client_encoding = 'LATIN1'; SELECT 'e' -- é",
            "SET client_encoding = 'SQL_ASCII'; SELECT 'é'",
            "SET client_encoding TO DEFAULT; SELECT 'é'",
            "SET NAMES; SELECT 'é'",
            "RESET client_encoding; SELECT 'é'",
            "SET standard_conforming_strings = off; SELECT E'\\n', $$\\n$$, U&'\\0061'",
            "SET standard_conforming_strings = off; SELECT 'a'",
            "SELECT 'é\\n'",
        ] {
            check(sql, None);
        }
    }
}
