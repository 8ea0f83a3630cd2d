//! What becomes of another tool's SQL so that a chain takes it: the transaction around a whole file goes, a
//! statement that can't run in one gets a section outside of it, and a downgrade that only raises has a reason.

use migrate_core::__private::needs_no_transaction as needs_none;
use migrate_core::syntax::{Lexer, Statement, Token, TokenKind, split_statements};

use super::Body;

/// The same without a `BEGIN; … COMMIT;` around all of it, and outside a transaction where its only
/// statement has to be.
pub(super) fn body(body: Body) -> Body {
    let statements = split_statements(&body.sql);
    if let Some(sql) = inside(&body.sql, &statements) {
        // It asks for a transaction itself, whatever the file says beside it.
        return Body { sql, non_transactional: false };
    }
    let non_transactional = match &statements[..] {
        [only] => needs_none(&body.sql, &only.tokens).is_some(),
        _ => false,
    };
    Body { non_transactional: body.non_transactional || non_transactional, ..body }
}

/// The words of a statement alone, lower case; none where there is anything else in it.
fn words(sql: &str, statement: &Statement) -> Option<String> {
    let are_words = statement.tokens.iter().all(|token| token.kind == TokenKind::Word);
    let words: Vec<_> =
        statement.tokens.iter().map(|token| token.text(sql).to_ascii_lowercase()).collect();
    are_words.then(|| words.join(" "))
}

/// What stands between `BEGIN` and `COMMIT`, where they are the first and the last statement and the only
/// ones of their kind.
fn inside(sql: &str, statements: &[Statement]) -> Option<String> {
    const BEGINS: [&str; 4] = ["begin", "begin transaction", "begin work", "start transaction"];
    const ENDS: [&str; 6] =
        ["commit", "commit transaction", "commit work", "end", "end transaction", "end work"];
    let [first, between @ .., last] = statements else { return None };
    let is = |statement: &Statement, list: &[&str]| {
        words(sql, statement).is_some_and(|words| list.contains(&words.as_str()))
    };
    let controls = |statement: &Statement| {
        let words = statement.leading_words(sql);
        let first = words.first().map(String::as_str).unwrap_or_default();
        matches!(first, "BEGIN" | "START" | "COMMIT" | "END" | "ROLLBACK" | "ABORT")
    };
    if !is(first, &BEGINS) || !is(last, &ENDS) || between.iter().any(controls) {
        return None;
    }
    let piece = |range: std::ops::Range<usize>| sql.get(range).unwrap_or_default();
    // A line that had nothing else goes with it.
    let after = |end: usize| {
        let rest = piece(end..sql.len());
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
        end + blank + usize::from(rest.get(blank..).is_some_and(|rest| rest.starts_with('\n')))
    };
    let (head, body, tail) = (
        piece(0..first.span.start),
        piece(after(first.span.end)..last.span.start),
        piece(after(last.span.end)..sql.len()),
    );
    Some(format!("{head}{body}{tail}"))
}

/// Why a downgrade can't be, where all that it does is to raise an exception: with what it says.
pub(super) fn refusal(sql: &str) -> Option<String> {
    let statements = split_statements(sql);
    let [only] = &statements[..] else { return None };
    let is_block = only.tokens.first().is_some_and(|first| first.is_word(sql, "do"));
    let body = only.tokens.iter().find(|token| token.kind == TokenKind::DollarString);
    let body = body.filter(|_| is_block)?.text(sql);
    let delimiter = body.get(..body.get(1..)?.find('$')? + 2)?;
    let body = body.strip_prefix(delimiter)?.strip_suffix(delimiter)?;
    let tokens: Vec<Token> = Lexer::new(body).filter(|token| !token.kind.is_trivia()).collect();
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is_word(body, word));
    let ends = tokens.iter().position(|token| token.text(body) == ";")?;
    let is_all = tokens.len() == ends + 2
        || tokens.len() == ends + 3 && tokens.last().is_some_and(|last| last.text(body) == ";");
    if !(is(0, "begin") && is(1, "raise") && is(2, "exception") && is(ends + 1, "end") && is_all) {
        return None;
    }
    let said = tokens.get(3).filter(|token| token.kind == TokenKind::String)?.text(body);
    Some(said.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_around_a_file() {
        let check = |sql: &str, expected: &str, non_transactional: bool| {
            let found = body(Body { sql: sql.to_owned(), non_transactional: false });
            assert_eq!(found, Body { sql: expected.to_owned(), non_transactional }, "{sql}");
        };
        check("BEGIN;\nSELECT 1;\nCOMMIT;\n", "SELECT 1;\n", false);
        check(
            "-- why\nbegin ;\n\nSELECT 1;\n\nEnd Work; -- done",
            "-- why\n\nSELECT 1;\n\n-- done",
            false,
        );
        check("START TRANSACTION; SELECT 1; COMMIT", "SELECT 1; ", false);
        // Not around all of it, or more than one.
        for sql in [
            "BEGIN; SELECT 1; COMMIT; SELECT 2;",
            "SELECT 0; BEGIN; SELECT 1; COMMIT;",
            "BEGIN; SELECT 1; COMMIT; BEGIN; SELECT 2; COMMIT;",
            "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE, DEFERRABLE; SELECT 1; COMMIT;",
            "BEGIN; SELECT 1; ROLLBACK;",
            "BEGIN;",
            "",
            "DO $$ BEGIN NULL; END $$;",
        ] {
            check(sql, sql, false);
        }
        for sql in
            ["-- x\nCREATE INDEX CONCURRENTLY i ON t (a);\n", "VACUUM t", "REINDEX SCHEMA s;"]
        {
            check(sql, sql, true);
        }
        let two = "SET lock_timeout = 0; CREATE INDEX CONCURRENTLY i ON t (a);";
        check(two, two, false);
    }

    #[test]
    fn downgrades_that_raise() {
        let check = |sql: &str, expected: Option<&str>| {
            assert_eq!(refusal(sql).as_deref(), expected, "{sql}");
        };
        check(
            "DO $$ BEGIN RAISE EXCEPTION 'it''s gone; no way back'; END $$;",
            Some("it's gone; no way back"),
        );
        check(
            "do $x$\nbegin\n  raise exception 'no way back' using errcode = '0A000';\nend;\n$x$",
            Some("no way back"),
        );
        check("DO $$ BEGIN DROP TABLE a; RAISE EXCEPTION 'no'; END $$;", None);
        check("DO $$ BEGIN RAISE NOTICE 'no'; END $$;", None);
        check("DO $$ BEGIN RAISE EXCEPTION 'no'; DROP TABLE a; END $$;", None);
        check("DO $$ $$;", None);
        check("DO $$", None);
        check("DO 'BEGIN RAISE EXCEPTION ''no''; END';", None);
        check("SELECT 1;", None);
        check("", None);
    }
}
