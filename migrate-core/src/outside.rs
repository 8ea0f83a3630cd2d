//! A section that runs outside a transaction, statement by statement: what each one needs.

use crate::digest::{Digest, section_digest};
use crate::ident;
use crate::lexer::Token;
use crate::rules::needs_no_transaction;
use crate::statements::{Statement, split_statements};
use crate::text::Span;

/// A statement, and how its progress can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// Where it is, from the start of the section.
    pub(crate) span: Span,
    /// How it runs.
    pub(crate) kind: Kind,
}

/// How a statement runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// In a transaction with its progress: the two can't come apart.
    Together,
    /// Alone, since the server refuses it in a transaction, or it may end one itself.
    Alone,
    /// `CREATE INDEX CONCURRENTLY`, alone; when it fails, it leaves an invalid index behind.
    Index {
        /// The table, in quotes.
        table: String,
        /// The index, as the catalog has it.
        name: String,
    },
    /// `DROP INDEX CONCURRENTLY`, alone.
    DropIndex {
        /// The index, in quotes.
        name: String,
    },
}

/// The statements of a section.
pub(crate) fn parts(sql: &str) -> Vec<Part> {
    let part = |statement: &Statement| Part { span: statement.span, kind: kind(sql, statement) };
    split_statements(sql).iter().map(part).collect()
}

/// The digest of the first statements of a section: what was done must not have been edited when
/// the rest is to follow.
pub(crate) fn digest_of(sql: &str, parts: &[Part]) -> Digest {
    let end = parts.last().map_or(0, |part| part.span.end);
    section_digest(sql.get(..end).unwrap_or_default(), false)
}

fn kind(sql: &str, statement: &Statement) -> Kind {
    let tokens = &statement.tokens;
    let first = |keyword: &str| tokens.first().is_some_and(|token| token.is_word(sql, keyword));
    if let Some((table, name)) = concurrent_index(sql, tokens) {
        return Kind::Index { table, name };
    }
    if let Some(name) = dropped_index(sql, tokens) {
        return Kind::DropIndex { name };
    }
    // A procedure or a block may commit; whether the server takes these in a transaction depends on what
    // they name: a partitioned table, or a subscription with a slot.
    let second = |keyword: &str| tokens.get(1).is_some_and(|token| token.is_word(sql, keyword));
    let may_refuse = first("call")
        || first("do")
        || first("reindex")
        || first("cluster")
        || first("drop") && second("subscription");
    if may_refuse || needs_no_transaction(sql, tokens).is_some() {
        Kind::Alone
    } else {
        Kind::Together
    }
}

/// The table and the name of `CREATE [UNIQUE] INDEX CONCURRENTLY [IF NOT EXISTS] name ON [ONLY] table`.
fn concurrent_index(sql: &str, tokens: &[Token]) -> Option<(String, String)> {
    let at = |index: usize, keyword: &str| {
        tokens.get(index).is_some_and(|token| token.is_word(sql, keyword))
    };
    let unique = usize::from(at(1, "unique"));
    if !(at(0, "create") && at(1 + unique, "index") && at(2 + unique, "concurrently")) {
        return None;
    }
    let mut next = 3 + unique;
    if at(next, "if") {
        next += 3;
    }
    // Without a name the server makes one up, another each time.
    if at(next, "on") {
        return None;
    }
    let (name, count) = ident::read(sql, tokens.get(next..)?)?;
    next += count;
    if !at(next, "on") {
        return None;
    }
    next += 1 + usize::from(at(next + 1, "only"));
    let (table, _) = ident::read_qualified(sql, tokens.get(next..)?)?;
    Some((quoted(&table), name))
}

/// The name of `DROP INDEX CONCURRENTLY [IF EXISTS] name`; the server takes one at a time.
fn dropped_index(sql: &str, tokens: &[Token]) -> Option<String> {
    let words = ["drop", "index", "concurrently"];
    let starts = words.iter().zip(tokens).all(|(word, token)| token.is_word(sql, word));
    if !starts {
        return None;
    }
    let next = if tokens.get(3)?.is_word(sql, "if") { 5 } else { 3 };
    let (name, count) = ident::read_qualified(sql, tokens.get(next..)?)?;
    let after = next + count;
    let only = tokens.get(after).is_none_or(|token| token.text(sql) == ";");
    let word = |word: &str| tokens.get(after).is_some_and(|token| token.is_word(sql, word));
    (only || word("cascade") || word("restrict")).then(|| quoted(&name))
}

/// A name of several parts, in quotes: what `to_regclass` takes.
fn quoted(parts: &[String]) -> String {
    parts.iter().map(|part| ident::quote(part)).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, expected: &[Kind]) {
        let kinds: Vec<_> = parts(sql).into_iter().map(|part| part.kind).collect();
        assert_eq!(kinds, expected, "{sql}");
    }

    fn index(table: &str, name: &str) -> Kind {
        Kind::Index { table: table.into(), name: name.into() }
    }

    #[test]
    fn kinds() {
        check(
            "UPDATE t SET a = 1; VACUUM t; CALL p(); DO $$$$",
            &[Kind::Together, Kind::Alone, Kind::Alone, Kind::Alone],
        );
        check("CREATE INDEX CONCURRENTLY Ix ON t (a)", &[index("\"t\"", "ix")]);
        check(
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"I\"\"x\" ON ONLY app.\"T\" USING btree (a)",
            &[index("\"app\".\"T\"", "I\"x")],
        );
        // Names as the server reads them, not as they are written.
        check("CREATE UNIQUE INDEX CONCURRENTLY Äix ON t (a)", &[index("\"t\"", "Äix")]);
        check(
            "CREATE INDEX CONCURRENTLY U&\"d!0061ta_ix\" UESCAPE '!' ON ONLY U&\"\\0074\" (a)",
            &[index("\"t\"", "data_ix")],
        );
        check("CREATE INDEX CONCURRENTLY ON t (a)", &[Kind::Alone]);
        check("CREATE INDEX a ON t (b)", &[Kind::Together]);
        check(
            "REINDEX TABLE t; CLUSTER t; DROP SUBSCRIPTION s; DROP TABLE subscription",
            &[Kind::Alone, Kind::Alone, Kind::Alone, Kind::Together],
        );
        let dropped = |name: &str| Kind::DropIndex { name: name.into() };
        check("DROP INDEX CONCURRENTLY a", &[dropped("\"a\"")]);
        check(
            "drop index concurrently if exists App.\"I x\" CASCADE; DROP INDEX CONCURRENTLY b;",
            &[dropped("\"app\".\"I x\""), dropped("\"b\"")],
        );
        check("DROP INDEX a; DROP INDEX CONCURRENTLY", &[Kind::Together, Kind::Alone]);
    }

    #[test]
    fn what_is_done_has_a_digest_that_what_follows_does_not_change() {
        let digest = |sql: &str, done: usize| digest_of(sql, &parts(sql)[..done]);
        assert_eq!(digest("a; b; c", 2), digest("a;\nb; -- x\n d", 2));
        assert_ne!(digest("a; b; c", 2), digest("a; x; c", 2));
        assert_eq!(digest("a; b", 0), digest("", 0));
    }
}
