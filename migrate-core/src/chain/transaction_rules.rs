//! The transaction rules: statements that cannot run in the transaction mode of their section.
//!
//! Each rule only looks at the text of a statement, and fires only if the server would refuse it: a
//! false error would be worse than a missed one.

use std::collections::HashMap;
use std::mem::discriminant;

use crate::chain::problem::Problem;
use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::{Token, TokenKind, Unterminated};
use crate::syntax::source::Span;
use crate::syntax::statements::Statement;

mod enum_values;
mod no_transaction;
#[cfg(feature = "analysis")]
mod own_transactions;

use self::enum_values::enum_values_used;
use self::no_transaction::commit_in_block;
#[cfg(feature = "runner")]
pub(crate) use self::no_transaction::is_concurrent_reindex;
pub use self::no_transaction::needs_no_transaction;
pub(crate) use self::no_transaction::releases_locks;
#[cfg(feature = "analysis")]
pub(crate) use self::own_transactions::{needs_transaction, text_setting};

/// A problem in the SQL of a section, its position, and the text to show there.
pub(crate) struct Finding {
    pub(crate) problem: Problem,
    /// Relative to the start of the section's SQL.
    pub(crate) span: Span,
    pub(crate) text: &'static str,
    /// Further places: an explanation, or other occurrences of the same problem.
    pub(crate) also: Vec<(Span, &'static str)>,
}

/// The problems in the statements of one section.
pub(crate) fn check(sql: &str, statements: &[Statement], transactional: bool) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut firsts = HashMap::new();
    let mut report = |problem: Problem, span, text| {
        // These are one mistake: the statements come in pairs, or the section has the wrong mode.
        let one = matches!(
            problem,
            Problem::TransactionControl { .. } | Problem::NeedsNoTransaction { .. }
        );
        let (kind, next) = (discriminant(&problem), findings.len());
        let first = if one { *firsts.entry(kind).or_insert(next) } else { next };
        match findings.get_mut(first) {
            Some(earlier) => earlier.also.push((span, "and here")),
            None => findings.push(Finding { problem, span, text, also: Vec::new() }),
        }
    };
    for statement in statements {
        let words = Cursor::new(sql, &statement.tokens, 0);
        let whole = words.span();
        if words.starts(&["copy"]) && words.has(&["from", "stdin"]) {
            report(Problem::CopyFromStdin, whole, "");
            // The data after it is not SQL.
            break;
        } else if words.starts(&["copy"]) && words.has(&["to", "stdout"]) {
            report(Problem::CopyToStdout, whole, "");
        } else if let Some(found) = statement.tokens.iter().find_map(|t| unreadable(sql, t)) {
            // The rest may be part of it.
            report(found.problem, found.span, found.text);
        } else if let Some(statement) = transaction_control(words) {
            report(Problem::TransactionControl { statement }, whole, "");
        } else if let Some(statement) =
            needs_no_transaction(sql, &statement.tokens).filter(|_| transactional)
        {
            // This would be wrong outside of a transaction as well.
            if let Some((what, place)) = releases_locks(sql, words.tokens()) {
                report(Problem::ReleasesLocks { what }, place, "");
                continue;
            }
            let place = commit_in_block(sql, words.tokens()).map_or(whole, |(_, place)| place);
            report(Problem::NeedsNoTransaction { statement }, place, "");
        }
    }
    if transactional {
        findings.extend(enum_values_used(sql, statements));
    }
    findings
}

/// A token after which no server can read on: something unterminated, or a psql backslash command.
pub(crate) fn unreadable(sql: &str, token: &Token) -> Option<Finding> {
    let finding = |problem, span, text| Finding { problem, span, text, also: Vec::new() };
    let TokenKind::Unterminated(what) = token.kind else {
        let backslash = token.kind == TokenKind::Backslash;
        return backslash.then(|| finding(Problem::PsqlCommand, token.span, ""));
    };
    let problem = match what {
        Unterminated::String => Problem::UnterminatedString,
        Unterminated::QuotedIdentifier => Problem::UnterminatedIdentifier,
        Unterminated::BlockComment => Problem::UnterminatedComment,
        Unterminated::DollarString => {
            let tag = token.text(sql).split('$').nth(1).unwrap_or_default();
            Problem::UnterminatedDollarQuote { delimiter: format!("${tag}$") }
        }
    };
    let start = token.span.start;
    Some(finding(problem, Span::new(start, start + 1), "opened here"))
}

/// `BEGIN`, `COMMIT` and the like. `SAVEPOINT`, `RELEASE` and `ROLLBACK TO` stay inside the
/// transaction and are allowed.
fn transaction_control(words: Cursor<'_>) -> Option<String> {
    const CONTROL: [&[&str]; 9] = [
        &["begin"],
        &["start", "transaction"],
        &["commit", "prepared"],
        &["commit"],
        &["end"],
        &["rollback", "prepared"],
        &["rollback"],
        &["abort"],
        &["prepare", "transaction"],
    ];
    let found = CONTROL.iter().find(|keywords| words.starts(keywords))?;
    let to_savepoint = words.is(0, "rollback") && words.has(&["to"]);
    (!to_savepoint).then(|| found.join(" ").to_uppercase())
}

#[cfg(test)]
mod tests {
    use crate::syntax::statements::split_statements;

    fn check(sql: &str, transactional: bool, expected: &[&str]) {
        let found = super::check(sql, &split_statements(sql), transactional);
        let codes: Vec<_> = found.iter().map(|finding| finding.problem.code()).collect();
        assert_eq!(codes, expected, "{sql}");
    }

    #[test]
    fn never_closed() {
        check("SELECT 'a", true, &["unterminated-string"]);
        check("SELECT \"a", true, &["unterminated-identifier"]);
        check("SELECT 1; /* a", true, &["unterminated-comment"]);
        check("SELECT $x$ a $y$", false, &["unterminated-dollar-quote"]);
    }

    #[test]
    fn psql_only() {
        check("\\connect a", true, &["psql-command"]);
        check("\\echo it's", true, &["psql-command"]);
        check("COPY t FROM stdin;\n1\t2\n\\.\n", true, &["copy-from-stdin"]);
        check("COPY t FROM stdin;\nit's\n", true, &["copy-from-stdin"]);
        check("COPY (SELECT 1) TO STDOUT", false, &["copy-to-stdout"]);
        check("COPY t TO '/tmp/stdout'", true, &[]);
        check("COPY t (a) FROM '/tmp/a';", true, &[]);
        check("SELECT E'\\n'", true, &[]);
    }

    #[test]
    fn transactions_are_the_runners() {
        for sql in [
            "BEGIN",
            "start transaction",
            "COMMIT AND CHAIN",
            "END",
            "ROLLBACK",
            "abort",
            "PREPARE TRANSACTION 'a'",
            "COMMIT PREPARED 'a'",
        ] {
            check(sql, true, &["transaction-control"]);
            check(sql, false, &["transaction-control"]);
        }
        for sql in [
            "SAVEPOINT a",
            "ROLLBACK TO a",
            "ROLLBACK WORK TO SAVEPOINT a",
            "RELEASE a",
            "PREPARE q AS SELECT 1",
            "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
            "CREATE TABLE t (\"begin\" int)",
        ] {
            check(sql, true, &[]);
        }
    }

    #[test]
    fn statements_that_need_no_transaction() {
        for sql in [
            "VACUUM t",
            "CREATE DATABASE a",
            "drop database a",
            "CREATE TABLESPACE a LOCATION 'b'",
            "ALTER SYSTEM SET a = 1",
            "CREATE INDEX CONCURRENTLY a ON t (b)",
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a ON t (b)",
            "DROP INDEX CONCURRENTLY a",
            "REINDEX TABLE CONCURRENTLY t",
            "REINDEX (CONCURRENTLY) TABLE t",
            "CLUSTER",
            "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
            "DO $$ BEGIN COMMIT; END $$",
        ] {
            check(sql, true, &["needs-no-transaction"]);
            check(sql, false, &[]);
        }
        check("DISCARD ALL", true, &["releases-locks"]);
        for sql in [
            "CREATE INDEX a ON t (b)",
            "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
            "CLUSTER t",
            "REINDEX TABLE t",
            "CREATE INDEX \"concurrently\" ON t (b)",
            "ANALYZE t",
            "ALTER TABLE t DETACH PARTITION p",
            "DISCARD TEMP",
        ] {
            check(sql, true, &[]);
        }
    }
}
