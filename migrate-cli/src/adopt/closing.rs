//! Statements that close the gap of one database, and change nothing where there is none: the chain is
//! everybody's, and the other databases have what it builds already. Pure.

use migrate_core::schema::diff::{Proposal, Step};
use migrate_core::syntax::Lexer;

use crate::args::Gap;

/// A downgrade that leaves everything as it is.
const NOTHING: &str =
    "SELECT 'nothing to undo: where the chain has built the database, nothing was changed'";
/// The same of an upgrade that adds something.
const KEPT: &str = "-- migrate:allow(down): the database may have had this before the chain did
SELECT 'nothing to undo: what was added stays'";

/// What says that a thing is there, or gone, already.
const ALREADY: [&str; 12] = [
    "duplicate_column",
    "duplicate_function",
    "duplicate_object",
    "duplicate_schema",
    "duplicate_table",
    "invalid_schema_name",
    "invalid_table_definition",
    "object_not_in_prerequisite_state",
    "undefined_column",
    "undefined_function",
    "undefined_object",
    "undefined_table",
];

/// The proposal as everybody's: it asks whether there is anything to do, and has no way back into the gap.
pub(crate) fn make_idempotent(mut proposal: Proposal, gap: Gap) -> Proposal {
    let nothing = match gap {
        Gap::Keep => KEPT,
        Gap::Drop => NOTHING,
    };
    for part in &mut proposal.parts {
        for step in &mut part.up.steps {
            step.sql = tolerant(&step.sql);
        }
        part.down.transaction = true;
        part.down.steps = vec![Step::new(nothing)];
    }
    proposal
}

/// A statement that does nothing where its work is done.
fn tolerant(sql: &str) -> String {
    let tokens: Vec<_> = Lexer::new(sql).filter(|token| !token.kind.is_trivia()).collect();
    let words: Vec<&str> = tokens.iter().map(|token| token.text(sql)).collect();
    // Before the nth word, if there is one.
    let with = |nth: usize, what: &str| match tokens.get(nth) {
        Some(token) => {
            let (head, tail) = sql.split_at(token.span.range().start);
            format!("{head}{what} {tail}")
        }
        None => sql.to_owned(),
    };
    match &*words {
        ["DROP", "INDEX", "CONCURRENTLY", ..] | ["DROP", "MATERIALIZED", "VIEW", ..] => {
            with(3, "IF EXISTS")
        }
        ["DROP", kind, next, ..] if *next != "IF" && DROPPED.contains(kind) => with(2, "IF EXISTS"),
        ["CREATE", "UNIQUE", "INDEX", ..]
        | ["CREATE", "UNLOGGED", "TABLE", ..]
        | ["CREATE", "MATERIALIZED", "VIEW", ..] => with(3, "IF NOT EXISTS"),
        ["CREATE", "TABLE" | "INDEX" | "SEQUENCE" | "SCHEMA" | "EXTENSION", ..] => {
            with(2, "IF NOT EXISTS")
        }
        ["ALTER", .., "OWNER", "TO", _] => sql.to_owned(),
        ["ALTER", "TABLE", rest @ ..] => match action(rest) {
            (nth, ["ADD", "COLUMN", column @ ..]) if is_one(column) => {
                with(nth + 4, "IF NOT EXISTS")
            }
            (nth, ["DROP", "COLUMN" | "CONSTRAINT", _]) => with(nth + 4, "IF EXISTS"),
            (
                _,
                [
                    "ALTER",
                    "COLUMN",
                    _,
                    "SET" | "DROP",
                    "NOT" | "DEFAULT" | "STATISTICS" | "STORAGE",
                    ..,
                ],
            ) => sql.to_owned(),
            _ => caught(sql),
        },
        ["ALTER", "TYPE", rest @ ..] => match action(rest) {
            (nth, ["ADD", "VALUE", ..]) => with(nth + 4, "IF NOT EXISTS"),
            _ => caught(sql),
        },
        ["COMMENT" | "GRANT" | "REVOKE", ..]
        | ["ALTER", "DEFAULT", "PRIVILEGES", ..]
        | ["CREATE", "OR", "REPLACE", ..]
        | ["DROP", _, "IF", ..] => sql.to_owned(),
        _ => caught(sql),
    }
}

/// What `DROP` has a word for, and `IF EXISTS` behind it.
const DROPPED: [&str; 15] = [
    "AGGREGATE",
    "COLLATION",
    "DOMAIN",
    "EXTENSION",
    "FUNCTION",
    "INDEX",
    "POLICY",
    "PROCEDURE",
    "RULE",
    "SCHEMA",
    "SEQUENCE",
    "TABLE",
    "TRIGGER",
    "TYPE",
    "VIEW",
];

/// What follows the name of a table or a type, and how many words that name has.
fn action<'a, 'w>(words: &'a [&'w str]) -> (usize, &'a [&'w str]) {
    let only = usize::from(words.first() == Some(&"ONLY"));
    let length = if words.get(only + 1) == Some(&".") { 3 } else { 1 };
    (only + length, words.get(only + length..).unwrap_or_default())
}

/// Whether no second action follows, behind a comma that is in no parentheses.
fn is_one(words: &[&str]) -> bool {
    let mut depth = 0_usize;
    for word in words {
        match *word {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "," if depth == 0 => return false,
            _ => {}
        }
    }
    true
}

/// The statement in a block that goes on where the server says that it is done already.
fn caught(sql: &str) -> String {
    let mut tag = "$closing$".to_owned();
    while sql.contains(&tag) {
        tag.insert(1, '_');
    }
    let already = ALREADY.join(" OR ");
    format!(
        "DO {tag} BEGIN\n{sql};\nEXCEPTION WHEN {already} THEN\n    RAISE NOTICE 'left as it is: %', SQLERRM;\nEND {tag}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_nothing_a_second_time() {
        let check = |sql: &str, expected: &str| assert_eq!(tolerant(sql), expected);
        check("DROP INDEX ix", "DROP INDEX IF EXISTS ix");
        check("DROP MATERIALIZED VIEW app.m", "DROP MATERIALIZED VIEW IF EXISTS app.m");
        check("DROP TRIGGER t ON users", "DROP TRIGGER IF EXISTS t ON users");
        check("DROP STATISTICS IF EXISTS s", "DROP STATISTICS IF EXISTS s");
        check("CREATE TABLE t (a integer)", "CREATE TABLE IF NOT EXISTS t (a integer)");
        check("CREATE UNIQUE INDEX ix ON t (a)", "CREATE UNIQUE INDEX IF NOT EXISTS ix ON t (a)");
        check(
            "ALTER TABLE ONLY app.\"a ADD COLUMN b\" ADD COLUMN c numeric(1, 2)",
            "ALTER TABLE ONLY app.\"a ADD COLUMN b\" ADD COLUMN IF NOT EXISTS c numeric(1, 2)",
        );
        check("ALTER TABLE t DROP COLUMN c", "ALTER TABLE t DROP COLUMN IF EXISTS c");
        check("ALTER TABLE t DROP CONSTRAINT c", "ALTER TABLE t DROP CONSTRAINT IF EXISTS c");
        check("ALTER TYPE mood ADD VALUE 'ok'", "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'ok'");
        check(
            "ALTER TABLE t ALTER COLUMN c SET NOT NULL",
            "ALTER TABLE t ALTER COLUMN c SET NOT NULL",
        );
        for same in [
            "COMMENT ON TABLE t IS 'x'",
            "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO app",
            "ALTER FUNCTION f(integer) OWNER TO app",
            "ALTER TABLE t OWNER TO CURRENT_ROLE",
        ] {
            check(same, same);
        }
    }

    #[test]
    fn what_has_no_words_for_it_is_caught() {
        for sql in [
            "ALTER TABLE t ADD CONSTRAINT c UNIQUE (a)",
            "ALTER TABLE t DROP CONSTRAINT c, ADD CONSTRAINT c UNIQUE (a)",
            "ALTER TABLE t ADD COLUMN c integer, ADD COLUMN d integer",
            "CREATE TYPE mood AS ENUM ('ok')",
            "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $closing$ SELECT '' $closing$",
        ] {
            let text = tolerant(sql);
            let tag = if sql.contains("$closing$") { "$_closing$" } else { "$closing$" };
            assert!(
                text.starts_with(&format!("DO {tag} BEGIN\n{sql};\nEXCEPTION WHEN ")),
                "{text}"
            );
            assert!(text.ends_with(&format!("END {tag}")), "{text}");
        }
    }
}
