//! Statements that the server refuses in a transaction block, as far as their text shows.

use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::{Lexer, Token, TokenKind};
use crate::syntax::source::Span;

/// The statement, if PostgreSQL refuses it in a transaction block.
pub fn needs_no_transaction(sql: &str, tokens: &[Token]) -> Option<String> {
    const REFUSED: [&[&str]; 10] = [
        &["vacuum"],
        &["create", "database"],
        &["drop", "database"],
        &["create", "tablespace"],
        &["drop", "tablespace"],
        &["alter", "system"],
        &["discard", "all"],
        &["create", "index", "concurrently"],
        &["create", "unique", "index", "concurrently"],
        &["drop", "index", "concurrently"],
    ];
    let words = Cursor::new(sql, tokens, 0);
    if let Some(found) = REFUSED.iter().find(|keywords| words.starts(keywords)) {
        return Some(found.join(" ").to_uppercase());
    }
    let found = match tokens.first()? {
        first if first.is_word(sql, "reindex") => return reindex(words),
        first if first.is_word(sql, "cluster") => is_bare_cluster(words).then_some("CLUSTER")?,
        first if first.is_word(sql, "repack") => repack(words)?,
        first if first.is_word(sql, "do") => commit_in_block(sql, tokens)?.0,
        _ if words.starts(&["alter", "table"])
            && words.has(&["detach", "partition"])
            && words.has(&["concurrently"]) =>
        {
            "ALTER TABLE … DETACH PARTITION CONCURRENTLY"
        }
        _ if words.starts(&["alter", "database"])
            && words.is(3, "set")
            && words.is(4, "tablespace")
            && tokens.len() == 6 =>
        {
            "ALTER DATABASE … SET TABLESPACE"
        }
        _ if words.starts(&["create", "subscription"]) => {
            let creates_slot = ["create_slot", "connect"].iter().all(|name| is_on(words, name));
            creates_slot.then_some("CREATE SUBSCRIPTION")?
        }
        _ if words.starts(&["alter", "subscription"]) => refreshed(words)?,
        _ => return None,
    };
    Some(found.to_owned())
}

/// `REINDEX` of more than a table, or CONCURRENTLY. It is also refused for a partitioned table,
/// which the text does not show.
fn reindex(words: Cursor<'_>) -> Option<String> {
    let (_, rest) = reindexed(words);
    for kind in ["schema", "database", "system"] {
        if rest.is(0, kind) {
            return Some(format!("REINDEX {}", kind.to_uppercase()));
        }
    }
    reindexes_concurrently(words).then(|| "REINDEX CONCURRENTLY".to_owned())
}

/// The options of a `REINDEX`, and what follows them.
fn reindexed(mut words: Cursor<'_>) -> (Option<Cursor<'_>>, Cursor<'_>) {
    words.skip(1);
    (words.parentheses(), words)
}

fn reindexes_concurrently(words: Cursor<'_>) -> bool {
    let (options, rest) = reindexed(words);
    let option = options.and_then(|options| option(options, "concurrently"));
    option == Some(true) || rest.is(1, "concurrently")
}

/// The value of an option, if it is set and can be read.
fn option(options: Cursor<'_>, name: &str) -> Option<bool> {
    let mut option = options.split().into_iter().find(|option| option.is(0, name))?;
    option.skip(1);
    option.take_sign("=");
    let Some(value) = option.next() else { return Some(true) };
    match option.text(value).trim_matches('\'').to_ascii_lowercase().as_str() {
        "true" | "on" | "1" => Some(true),
        "false" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// Whether an option after `WITH` that is on by default certainly is on.
fn is_on(words: Cursor<'_>, name: &str) -> bool {
    let options = words.after(&["with"]).and_then(|mut rest| rest.parentheses());
    let Some(options) = options else { return true };
    let is_named = options.split().iter().any(|option| option.is(0, name));
    !is_named || option(options, name) == Some(true)
}

/// Whether a statement is a `REINDEX CONCURRENTLY`.
#[cfg(feature = "runner")]
pub(crate) fn is_concurrent_reindex(words: Cursor<'_>) -> bool {
    words.is(0, "reindex") && reindexes_concurrently(words)
}

/// `REPACK` of PostgreSQL 19: CONCURRENTLY, with ANALYZE, or of all tables. It is also refused for a
/// partitioned table, which the text does not show.
fn repack(mut words: Cursor<'_>) -> Option<&'static str> {
    words.skip(1);
    let options = words.parentheses();
    let is_on = |name| options.and_then(|options| option(options, name)) == Some(true);
    match () {
        () if is_on("concurrently") => Some("REPACK (CONCURRENTLY)"),
        () if is_on("analyze") || is_on("analyse") => Some("REPACK (ANALYZE)"),
        () => (words.is_empty() || words.is(0, "using")).then_some("REPACK"),
    }
}

/// `CLUSTER` without a table, with or without options.
fn is_bare_cluster(mut words: Cursor<'_>) -> bool {
    words.skip(1);
    if words.parentheses().is_none() {
        words.take(&["verbose"]);
    }
    words.is_empty()
}

/// `ALTER SUBSCRIPTION` where it asks the publisher for its tables.
fn refreshed(words: Cursor<'_>) -> Option<&'static str> {
    const CHANGES: [(&str, &str); 3] = [
        ("set", "ALTER SUBSCRIPTION … SET PUBLICATION"),
        ("add", "ALTER SUBSCRIPTION … ADD PUBLICATION"),
        ("drop", "ALTER SUBSCRIPTION … DROP PUBLICATION"),
    ];
    if !words.is(4, "publication") {
        return None;
    }
    if words.is(3, "refresh") {
        return Some("ALTER SUBSCRIPTION … REFRESH PUBLICATION");
    }
    let (_, what) = CHANGES.iter().find(|(word, _)| words.is(3, word))?;
    is_on(words, "refresh").then_some(*what)
}

/// A `COMMIT` or `ROLLBACK` that a DO block certainly reaches, and its position.
pub(super) fn commit_in_block(sql: &str, tokens: &[Token]) -> Option<(&'static str, Span)> {
    let block = Block::new(sql, tokens)?;
    // A handler may catch the error.
    if block.has_handler() {
        return None;
    }
    block.statements().into_iter().find_map(|statement| {
        let words = Cursor::new(block.body, &statement, 0);
        let is_whole = statement.len() == 1 || words.is(1, "and");
        let command = ["COMMIT", "ROLLBACK"].into_iter().find(|command| words.is(0, command))?;
        let place = statement.first()?.span.within(block.offset);
        is_whole.then_some((command, place))
    })
}

/// A call that releases all advisory locks of the session, and its position.
pub(crate) fn releases_locks(sql: &str, tokens: &[Token]) -> Option<(&'static str, Span)> {
    const QUERIES: [&str; 6] = ["select", "with", "values", "insert", "update", "delete"];
    let words = Cursor::new(sql, tokens, 0);
    if words.starts(&["discard", "all"]) {
        return Some(("DISCARD ALL", words.span()));
    }
    if QUERIES.iter().any(|query| words.is(0, query)) {
        return Some((UNLOCK_ALL, unlocks_all(words)?));
    }
    let block = Block::new(sql, tokens)?;
    block.statements().into_iter().find_map(|statement| {
        let words = Cursor::new(block.body, &statement, 0);
        let place = unlocks_all(words).filter(|_| words.is(0, "perform"))?;
        Some((UNLOCK_ALL, place.within(block.offset)))
    })
}

const UNLOCK_ALL: &str = "pg_advisory_unlock_all()";

fn unlocks_all(words: Cursor<'_>) -> Option<Span> {
    let is_call = |at: usize| {
        // With another schema, it is a user-defined function.
        let is_ours = at < 2 || !words.is_sign(at - 1, ".") || words.is(at - 2, "pg_catalog");
        let is_called = words.is_sign(at + 1, "(") && words.is_sign(at + 2, ")");
        words.is(at, "pg_advisory_unlock_all") && is_called && is_ours
    };
    let at = (0..words.len()).find(|at| is_call(*at))?;
    Some(words.token(at)?.span.to(words.token(at + 2)?.span))
}

/// The body of a DO statement in PL/pgSQL.
struct Block<'s> {
    body: &'s str,
    /// The offset of the body in the text.
    offset: usize,
    tokens: Vec<Token>,
}

impl<'s> Block<'s> {
    fn new(sql: &'s str, tokens: &[Token]) -> Option<Self> {
        let (first, rest) = tokens.split_first()?;
        let is_text = |token: &&Token| token.kind == TokenKind::DollarString;
        let text = rest.iter().find(is_text).filter(|_| first.is_word(sql, "do"))?;
        let language = rest.iter().position(|token| token.is_word(sql, "language"));
        let language = language.and_then(|at| rest.get(at + 1)).map(|name| name.text(sql));
        let is_ours = language
            .is_none_or(|name| name.trim_matches(['"', '\'']).eq_ignore_ascii_case("plpgsql"));
        let whole = text.text(sql);
        let delimiter = whole[1..].find('$').filter(|_| is_ours)? + 2;
        let body = whole.get(delimiter..whole.len() - delimiter)?;
        let tokens = Lexer::new(body).filter(|token| !token.kind.is_trivia()).collect();
        Some(Block { body, offset: text.span.start + delimiter, tokens })
    }

    fn has_handler(&self) -> bool {
        let words = Cursor::new(self.body, &self.tokens, 0);
        (0..self.tokens.len())
            .any(|at| words.is(at, "exception") && !(at > 0 && words.is(at - 1, "raise")))
    }

    /// The statements that run regardless of the data, up to the first one that may branch or
    /// leave.
    fn statements(&self) -> Vec<Vec<Token>> {
        const PLAIN: [&str; 18] = [
            "alter", "analyze", "call", "comment", "commit", "create", "delete", "drop", "execute",
            "grant", "insert", "null", "perform", "raise", "rollback", "select", "truncate",
            "update",
        ];
        let words = Cursor::new(self.body, &self.tokens, 0);
        let is_sign = |at: usize, sign: &str| {
            self.tokens.get(at).is_some_and(|token| token.text(self.body) == sign)
        };
        let declares = words.is(0, "declare");
        let begins = |at: &usize| {
            let is_first =
                if *at == 0 { true } else { declares && (*at == 1 || is_sign(at - 1, ";")) };
            is_first && words.is(*at, "begin")
        };
        let Some(begin) = (0..self.tokens.len()).find(begins) else { return Vec::new() };
        let mut found = Vec::new();
        for statement in self.tokens[begin + 1..].split(|token| token.text(self.body) == ";") {
            let words = Cursor::new(self.body, statement, 0);
            let is_assignment = statement.get(1).is_some_and(|it| it.text(self.body) == ":=");
            if !is_assignment && !PLAIN.iter().any(|word| words.is(0, word)) {
                break;
            }
            found.push(statement.to_vec());
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::statements::split_statements;

    #[test]
    fn what_the_server_refuses_in_a_transaction() {
        let check = |sql: &str, expected: Option<&str>| {
            let found = super::needs_no_transaction(sql, &split_statements(sql)[0].tokens);
            assert_eq!(found.as_deref(), expected, "{sql}");
        };
        for kind in ["SCHEMA", "DATABASE", "SYSTEM"] {
            let expected = format!("REINDEX {kind}");
            check(&format!("REINDEX {kind} a"), Some(&expected));
            check(&format!("reindex (verbose, tablespace b) {kind} a"), Some(&expected));
        }
        check("REINDEX (CONCURRENTLY) TABLE t", Some("REINDEX CONCURRENTLY"));
        check("REINDEX (VERBOSE, CONCURRENTLY TRUE) INDEX t", Some("REINDEX CONCURRENTLY"));
        check("REINDEX (CONCURRENTLY on) INDEX t", Some("REINDEX CONCURRENTLY"));
        check("REINDEX TABLE CONCURRENTLY t", Some("REINDEX CONCURRENTLY"));
        check("REINDEX (CONCURRENTLY FALSE) TABLE t", None);
        check("REINDEX (CONCURRENTLY 0) TABLE t", None);
        check("REINDEX (VERBOSE) TABLE t", None);
        check("REINDEX TABLE schema", None);

        for sql in ["CLUSTER", "CLUSTER VERBOSE", "CLUSTER (VERBOSE)", "CLUSTER (VERBOSE FALSE);"] {
            check(sql, Some("CLUSTER"));
        }
        for sql in
            ["CLUSTER t", "CLUSTER VERBOSE t", "CLUSTER (VERBOSE) t USING i", "CLUSTER i ON t"]
        {
            check(sql, None);
        }

        // From the documentation of PostgreSQL 19.
        for sql in ["REPACK", "REPACK (VERBOSE)", "REPACK (VERBOSE) USING INDEX"] {
            check(sql, Some("REPACK"));
        }
        check("REPACK (CONCURRENTLY) t", Some("REPACK (CONCURRENTLY)"));
        check("REPACK (VERBOSE, CONCURRENTLY on) t USING INDEX i", Some("REPACK (CONCURRENTLY)"));
        check("REPACK (ANALYZE) t (a)", Some("REPACK (ANALYZE)"));
        for sql in ["REPACK t", "REPACK (CONCURRENTLY off) t", "REPACK (VERBOSE) t USING INDEX"] {
            check(sql, None);
        }

        let subscription = |options: &str| {
            format!("CREATE SUBSCRIPTION s CONNECTION 'host=a' PUBLICATION p, q {options}")
        };
        for options in
            ["", "WITH (enabled = false)", "WITH (create_slot)", "WITH (create_slot = on)"]
        {
            check(&subscription(options), Some("CREATE SUBSCRIPTION"));
        }
        for options in [
            "WITH (connect = false)",
            "WITH (create_slot = false)",
            "WITH (slot_name = NONE, create_slot = 'off')",
            "WITH (enabled = false, create_slot = 0)",
            "WITH (create_slot = what)",
        ] {
            check(&subscription(options), None);
        }
        check(
            "ALTER SUBSCRIPTION s REFRESH PUBLICATION",
            Some("ALTER SUBSCRIPTION … REFRESH PUBLICATION"),
        );
        check(
            "ALTER SUBSCRIPTION s REFRESH PUBLICATION WITH (copy_data = false)",
            Some("ALTER SUBSCRIPTION … REFRESH PUBLICATION"),
        );
        check(
            "ALTER SUBSCRIPTION s SET PUBLICATION p",
            Some("ALTER SUBSCRIPTION … SET PUBLICATION"),
        );
        check(
            "ALTER SUBSCRIPTION s ADD PUBLICATION p WITH (copy_data)",
            Some("ALTER SUBSCRIPTION … ADD PUBLICATION"),
        );
        check("ALTER SUBSCRIPTION s DROP PUBLICATION p WITH (refresh = false)", None);
        check("ALTER SUBSCRIPTION s SET (slot_name = NONE)", None);
        check("ALTER SUBSCRIPTION s ENABLE", None);
        // It is refused if it has a slot, which the text does not show.
        check("DROP SUBSCRIPTION s", None);

        check("ALTER DATABASE d SET TABLESPACE t", Some("ALTER DATABASE … SET TABLESPACE"));
        check("ALTER DATABASE d SET tablespace = 'x'", None);
        check("ALTER DATABASE d SET work_mem = '4MB'", None);
        check("ALTER TABLE t SET TABLESPACE u", None);
        for sql in ["VACUUM", "VACUUM (ANALYZE) t", "VACUUM FULL t"] {
            check(sql, Some("VACUUM"));
        }
    }

    #[test]
    fn commits_that_a_block_comes_to() {
        let check = |body: &str, expected: Option<&str>| {
            let sql = format!("DO {body}");
            let statements = split_statements(&sql);
            let found = super::commit_in_block(&sql, &statements[0].tokens);
            let shown = found.map(|(command, span)| {
                assert_eq!(command, &sql[span.range()], "{sql}");
                command
            });
            assert_eq!(shown, expected, "{sql}");
        };
        check("$$ BEGIN COMMIT; END $$", Some("COMMIT"));
        check("$x$ BEGIN ROLLBACK; END $x$ LANGUAGE plpgsql", Some("ROLLBACK"));
        check("LANGUAGE 'plpgsql' $$ BEGIN COMMIT AND CHAIN; END $$", Some("COMMIT"));
        check(
            "$$ DECLARE a int := 1; b int; BEGIN a := 2; PERFORM f(); COMMIT; END $$",
            Some("COMMIT"),
        );
        check("$$ BEGIN RAISE EXCEPTION 'a'; COMMIT; END $$", Some("COMMIT"));
        // The block may not reach these, may skip them, or they are something else.
        check("$$ BEGIN IF a THEN COMMIT; END IF; END $$", None);
        check("$$ BEGIN IF a THEN NULL; COMMIT; END IF; END $$", None);
        check("$$ BEGIN FOR r IN SELECT 1 LOOP COMMIT; END LOOP; END $$", None);
        check("$$ BEGIN RETURN; COMMIT; END $$", None);
        check("$$ BEGIN COMMIT; EXCEPTION WHEN OTHERS THEN NULL; END $$", None);
        check("$$ BEGIN BEGIN COMMIT; EXCEPTION WHEN OTHERS THEN NULL; END; END $$", None);
        check("$$ <<a>> BEGIN EXIT a; COMMIT; END $$", None);
        check("$$ DECLARE commit int; BEGIN commit := 1; commit = 2; END $$", None);
        check("$$ BEGIN RAISE NOTICE 'COMMIT;'; END $$", None);
        check("LANGUAGE plperl $$ BEGIN COMMIT; END $$", None);
        check("$$ BEGIN", None);
        check("$$$$", None);
    }

    #[test]
    fn what_releases_all_locks() {
        let check = |sql: &str, expected: Option<&str>| {
            let found = super::releases_locks(sql, &split_statements(sql)[0].tokens);
            assert_eq!(
                found.map(|(what, span)| {
                    assert!(sql[span.range()].ends_with(what), "{sql}");
                    what
                }),
                expected,
                "{sql}"
            );
        };
        check("DISCARD ALL", Some("DISCARD ALL"));
        check("SELECT pg_advisory_unlock_all();", Some("pg_advisory_unlock_all()"));
        check("SELECT pg_catalog.pg_advisory_unlock_all()", Some("pg_advisory_unlock_all()"));
        check(
            "DO $$ BEGIN PERFORM pg_advisory_unlock_all(); END $$",
            Some("pg_advisory_unlock_all()"),
        );
        check("DO $$ BEGIN IF a THEN PERFORM pg_advisory_unlock_all(); END IF; END $$", None);
        check("SELECT app.pg_advisory_unlock_all()", None);
        check("SELECT pg_advisory_unlock_all FROM t", None);
        check("SELECT pg_advisory_unlock(1)", None);
        check(
            "CREATE FUNCTION f() RETURNS void BEGIN ATOMIC SELECT pg_advisory_unlock_all(); END",
            None,
        );
        check("DISCARD TEMP", None);
    }
}
