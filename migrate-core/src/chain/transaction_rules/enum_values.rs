//! Finds new enum values that are used in the transaction that adds them, from the text alone.
//!
//! Names are not resolved here. So a problem is only reported if the type is written exactly as it
//! was when the value was added, and if nothing in between could make the name refer to another
//! type. What a chain knows of its types, and so of `IF NOT EXISTS`, is left to the analysis.

use std::collections::{HashMap, HashSet};

use super::Finding;
use crate::chain::problem::Problem;
use crate::syntax::cursor::Cursor;
use crate::syntax::ident;
use crate::syntax::lexer::{Token, TokenKind};
use crate::syntax::source::Span;
use crate::syntax::statements::Statement;

/// A value that the transaction has added.
struct Added {
    /// The name of its type, as written.
    of: Vec<String>,
    /// Including its quotes.
    value: String,
    place: Span,
}

/// An enum value that an earlier statement of this transaction added, used where the server must
/// already know it: cast to the type, or as the default of a column of that type.
pub(super) fn enum_values_used(sql: &str, statements: &[Statement]) -> Vec<Finding> {
    let mut own: HashSet<String> = HashSet::new();
    let mut added: Vec<Added> = Vec::new();
    let mut findings: Vec<Finding> = Vec::new();
    let mut firsts: HashMap<&str, usize> = HashMap::new();
    for statement in statements {
        let words = Cursor::new(sql, &statement.tokens, 0);
        if let Some(new) = added_value(words) {
            if new.of.last().is_some_and(|name| !own.contains(name)) {
                added.push(new);
            }
            continue;
        }
        if hides_types(words) {
            return findings;
        }
        if makes_type(words) {
            // A type that the transaction created, or one that has been renamed.
            let names = words.tokens().iter().filter_map(|token| ident::of(sql, *token));
            own.extend(names);
            added.retain(|added| added.of.last().is_none_or(|name| !own.contains(name)));
        }
        for (index, token) in statement.tokens.iter().enumerate() {
            if token.kind != TokenKind::String {
                continue;
            }
            let value = token.text(sql);
            let used = added.iter().find(|added| {
                added.value == value && is_of_type(sql, &statement.tokens, index, &added.of)
            });
            let Some(used) = used else { continue };
            let problem = Problem::EnumValueUsed { value: value.to_owned() };
            let first = *firsts.entry(value).or_insert(findings.len());
            match findings.get_mut(first) {
                Some(earlier) => earlier.also.push((token.span, "and here")),
                None => findings.push(Finding {
                    problem,
                    span: token.span,
                    text: "the server can't use it before the transaction has ended",
                    also: vec![(used.place, "added here")],
                }),
            }
        }
    }
    findings
}

/// Whether names of types may have another meaning after a statement, so that nothing more can be
/// reported.
fn hides_types(words: Cursor<'_>) -> bool {
    let runs = ["do", "call", "execute", "rollback", "discard", "reset"];
    runs.iter().any(|word| words.is(0, word))
        || ["alter", "drop", "set"].iter().any(|word| words.is(0, word)) && words.is(1, "schema")
        || words.contains(&["search_path"])
        || words.contains(&["set_config"])
        || words.is(0, "set") && words.is(2, "schema")
}

/// Whether a statement creates, renames or drops a type, or something that has a type of the same
/// name.
fn makes_type(words: Cursor<'_>) -> bool {
    let kinds = ["type", "domain", "extension"];
    if words.is(0, "create") {
        // `CREATE SCHEMA` may contain elements.
        return words.contains(&["type"]) || words.is(1, "domain") || words.is(1, "extension");
    }
    (words.is(0, "alter") || words.is(0, "drop")) && kinds.iter().any(|kind| words.is(1, kind))
}

/// `ALTER TYPE type ADD VALUE 'value'`, if the value certainly is new.
fn added_value(words: Cursor<'_>) -> Option<Added> {
    let (sql, _) = words.source();
    let tokens = words.tokens();
    let is_new = words.has(&["add", "value"]) && !words.has(&["if", "not"]);
    if !words.starts(&["alter", "type"]) || !is_new {
        return None;
    }
    let value = tokens.iter().find(|token| token.kind == TokenKind::String)?;
    let (of, _) = ident::read_qualified(sql, &tokens[2..])?;
    Some(Added { of, value: value.text(sql).to_owned(), place: words.span() })
}

/// Whether the string at `index` is a value of this type: `'v'::type`, `type 'v'`, `type DEFAULT
/// 'v'` or `type NOT NULL DEFAULT 'v'`.
fn is_of_type(sql: &str, tokens: &[Token], index: usize, name: &[String]) -> bool {
    let word = |index: Option<usize>, keyword: &str| {
        index.and_then(|index| tokens.get(index)).is_some_and(|token| token.is_word(sql, keyword))
    };
    let back = |by: usize| index.checked_sub(by);
    if tokens.get(index + 1).is_some_and(|token| token.text(sql) == "::") {
        let cast = ident::read_qualified(sql, &tokens[index + 2..]);
        return cast.is_some_and(|(cast, _)| cast == name);
    }
    let end = if !word(back(1), "default") {
        Some(index)
    } else if word(back(2), "null") && word(back(3), "not") {
        back(3)
    } else {
        back(1)
    };
    let Some(start) = end.and_then(|end| end.checked_sub(2 * name.len() - 1)) else { return false };
    let is_longer = start.checked_sub(1).is_some_and(|dot| tokens[dot].text(sql) == ".");
    let written = ident::read_qualified(sql, &tokens[start..]);
    !is_longer && written.is_some_and(|(written, _)| written == name)
}

#[cfg(test)]
mod tests {
    use crate::chain::transaction_rules::check as rules;
    use crate::syntax::statements::split_statements;

    fn check(sql: &str, transactional: bool, is_used: bool) {
        let found = rules(sql, &split_statements(sql), transactional);
        let codes: Vec<_> = found.iter().map(|finding| finding.problem.code()).collect();
        assert_eq!(codes, vec!["enum-value-used"; usize::from(is_used)], "{sql}");
    }

    #[test]
    fn a_type_spelt_as_before_has_the_value() {
        for (add, used) in [
            ("mood", "SELECT 'calm'::mood"),
            ("app.mood", "SELECT 'calm'::app.\"mood\""),
            ("mood", "SELECT mood 'calm'"),
            ("app.mood", "SELECT app.mood 'calm'"),
            ("mood", "ALTER TABLE t ADD c mood DEFAULT 'calm'"),
            ("app.mood", "ALTER TABLE t ADD c app.mood NOT NULL DEFAULT 'calm'"),
            ("mood", "CREATE TYPE other AS ENUM ('x'); DROP TYPE third; SELECT 'calm'::mood"),
        ] {
            let sql = format!("ALTER TYPE {add} ADD VALUE 'calm' AFTER 'sad'; {used}");
            check(&sql, true, true);
            check(&sql, false, false);
        }
    }

    #[test]
    fn another_type_does_not() {
        for (add, used) in [
            ("mood", "SELECT 'calm'"),
            ("mood", "SELECT 'calm'::text"),
            ("mood", "SELECT 'sad'::mood"),
            ("mood", "ALTER TYPE mood ADD VALUE 'wild' AFTER 'calm'"),
            ("mood", "CREATE TABLE t (c text DEFAULT 'calm')"),
            ("mood", "SELECT 'calm'::s.mood"),
            ("mood", "ALTER TABLE t ADD c s.mood DEFAULT 'calm'"),
            ("public.mood", "SELECT 'calm'::mood"),
            ("\"Mood\"", "SELECT 'calm'::mood"),
            ("mood", "SET LOCAL search_path = s; SELECT 'calm'::mood"),
            ("mood", "SET SCHEMA 's'; SELECT 'calm'::mood"),
            ("mood", "SELECT set_config('search_path', 's', true); SELECT 'calm'::mood"),
            ("mood", "DROP TYPE mood; CREATE TYPE mood AS ENUM ('calm'); SELECT 'calm'::mood"),
            (
                "mood",
                "ALTER TYPE mood RENAME TO m; CREATE TYPE mood AS ENUM ('calm'); SELECT 'calm'::mood",
            ),
            ("mood", "CREATE TYPE s.mood AS ENUM ('calm'); SELECT 'calm'::mood"),
            ("mood", "DO $$ BEGIN DROP TYPE mood; END $$; SELECT 'calm'::mood"),
            ("mood", "ALTER SCHEMA s RENAME TO z; SELECT 'calm'::mood"),
            ("mood", "ROLLBACK TO s; SELECT 'calm'::mood"),
        ] {
            check(&format!("ALTER TYPE {add} ADD VALUE 'calm'; {used}"), true, false);
        }
        for sql in [
            "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'calm'; SELECT 'calm'::mood",
            "CREATE TYPE app.mood AS ENUM ('sad'); ALTER TYPE app.mood ADD VALUE 'calm'; SELECT 'calm'::app.mood",
            "CREATE SCHEMA s CREATE TYPE mood AS ENUM (); ALTER TYPE mood ADD VALUE 'calm'; SELECT 'calm'::mood",
            "DO $$ BEGIN CREATE TYPE mood AS ENUM (); END $$; ALTER TYPE mood ADD VALUE 'calm'; SELECT 'calm'::mood",
            "SELECT 'calm'::mood; ALTER TYPE mood ADD VALUE 'calm'",
        ] {
            check(sql, true, false);
        }
    }
}
