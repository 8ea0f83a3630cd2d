//! Statements that can't do what they say where they stand: the transaction rules.
//!
//! Each rule looks at a statement's words alone and fires only where the server would refuse:
//! a false error would be worse than a missed one.

use std::collections::{HashMap, HashSet};
use std::mem::discriminant;

use crate::ident;
use crate::lexer::{Token, TokenKind, Unterminated};
use crate::problem::Problem;
use crate::statements::Statement;
use crate::text::Span;

mod no_transaction;

use self::no_transaction::commit_in_block;
pub(crate) use self::no_transaction::{needs_no_transaction, releases_locks};

/// A problem in a section's SQL, where it is, and what to say there.
pub(crate) struct Finding {
    pub(crate) problem: Problem,
    /// From the start of the section's SQL.
    pub(crate) span: Span,
    pub(crate) text: &'static str,
    /// Further places: what explains it, or where the same is wrong again.
    pub(crate) also: Vec<(Span, &'static str)>,
}

/// What is wrong with the statements of one section.
pub(crate) fn check(sql: &str, statements: &[Statement], transactional: bool) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut firsts = HashMap::new();
    let mut report = |problem: Problem, span, text| {
        // One mistake: the statements come in pairs, or the section has the wrong mode.
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
        let words = Words { sql, tokens: &statement.tokens };
        let whole = words.span();
        if words.starts(&["copy"]) && words.has_pair("from", "stdin") {
            report(Problem::CopyFromStdin, whole, "");
            // The data below it is no SQL.
            break;
        } else if words.starts(&["copy"]) && words.has_pair("to", "stdout") {
            report(Problem::CopyToStdout, whole, "");
        } else if let Some(found) = statement.tokens.iter().find_map(|t| unreadable(sql, t)) {
            // Whatever follows may be a part of it.
            report(found.problem, found.span, found.text);
        } else if let Some(statement) = transaction_control(&words) {
            report(Problem::TransactionControl { statement }, whole, "");
        } else if let Some(statement) =
            needs_no_transaction(sql, &statement.tokens).filter(|_| transactional)
        {
            // Without a transaction it would be wrong as well.
            if let Some((what, place)) = releases_locks(sql, words.tokens) {
                report(Problem::ReleasesLocks { what }, place, "");
                continue;
            }
            let place = commit_in_block(sql, words.tokens).map_or(whole, |(_, place)| place);
            report(Problem::NeedsNoTransaction { statement }, place, "");
        }
    }
    if transactional {
        findings.extend(enum_values_used(sql, statements));
    }
    findings
}

/// What no server can read on from: something that is never closed, or psql's backslash.
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

/// A statement's tokens, asked about as keywords.
struct Words<'a> {
    sql: &'a str,
    tokens: &'a [Token],
}

impl Words<'_> {
    fn is(&self, index: usize, keyword: &str) -> bool {
        self.tokens.get(index).is_some_and(|token| token.is_word(self.sql, keyword))
    }

    fn starts(&self, keywords: &[&str]) -> bool {
        keywords.iter().enumerate().all(|(index, keyword)| self.is(index, keyword))
    }

    fn has(&self, keyword: &str) -> bool {
        (0..self.tokens.len()).any(|index| self.is(index, keyword))
    }

    fn has_pair(&self, first: &str, second: &str) -> bool {
        (0..self.tokens.len()).any(|index| self.is(index, first) && self.is(index + 1, second))
    }

    /// Where the parentheses open and close that begin here, if some do.
    fn parentheses(&self, open: usize) -> Option<(usize, usize)> {
        let text = |at: usize| self.tokens.get(at).map(|token| token.text(self.sql));
        let mut depth = 0;
        for at in open..self.tokens.len() {
            match text(at) {
                Some("(") => depth += 1,
                Some(")") => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return (at > open).then_some((open, at));
            }
        }
        None
    }

    /// What an option in these parentheses is set to, if it is there and can be read.
    fn option(&self, (open, close): (usize, usize), name: &str) -> Option<bool> {
        let at = (open + 1..close).find(|at| self.is(*at, name))?;
        let text = |at: usize| self.tokens.get(at).map(|token| token.text(self.sql));
        let value = at + 1 + usize::from(text(at + 1) == Some("="));
        match text(value)?.trim_matches('\'').to_ascii_lowercase().as_str() {
            "," | ")" | "true" | "on" | "1" => Some(true),
            "false" | "off" | "0" => Some(false),
            _ => None,
        }
    }

    /// Whether an option behind `WITH`, which is on unless it is set, is surely on.
    fn is_on(&self, name: &str) -> bool {
        let with = (0..self.tokens.len()).find(|at| self.is(*at, "with"));
        let Some(options) = with.and_then(|with| self.parentheses(with + 1)) else { return true };
        let is_named = (options.0..options.1).any(|at| self.is(at, name));
        !is_named || self.option(options, name) == Some(true)
    }

    /// Where the statement is, without its semicolon.
    fn span(&self) -> Span {
        match (self.tokens.first(), self.tokens.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => Span::default(),
        }
    }
}

/// `BEGIN`, `COMMIT` and their kin; `SAVEPOINT`, `RELEASE` and `ROLLBACK TO` stay inside.
fn transaction_control(words: &Words<'_>) -> Option<String> {
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
    let to_savepoint = words.is(0, "rollback") && words.has("to");
    (!to_savepoint).then(|| found.join(" ").to_uppercase())
}

/// An enum value that an earlier statement of this transaction added, used where the server must
/// already know it: cast to the type, or as the default of a column of it.
fn enum_values_used(sql: &str, statements: &[Statement]) -> Vec<Finding> {
    let mut created: HashSet<String> = HashSet::new();
    // By value, for each type that got it.
    let mut added: HashMap<String, Vec<(String, Span)>> = HashMap::new();
    let mut findings: Vec<Finding> = Vec::new();
    let mut firsts: HashMap<&str, usize> = HashMap::new();
    for statement in statements {
        let words = Words { sql, tokens: &statement.tokens };
        if words.starts(&["create", "type"]) {
            created.extend(type_name(sql, &statement.tokens[2..]));
        } else if let Some((name, value)) = added_value(&words) {
            if !created.contains(&name) {
                added.entry(value).or_default().push((name, words.span()));
            }
            continue;
        }
        for (index, token) in statement.tokens.iter().enumerate() {
            if token.kind != TokenKind::String {
                continue;
            }
            let value = token.text(sql);
            let types = added.get(value).map_or(&[][..], Vec::as_slice);
            let used =
                types.iter().find(|(name, _)| is_of_type(sql, &statement.tokens, index, name));
            let Some((_, place)) = used else { continue };
            let problem = Problem::EnumValueUsed { value: value.to_owned() };
            let first = *firsts.entry(value).or_insert(findings.len());
            match findings.get_mut(first) {
                Some(earlier) => earlier.also.push((token.span, "and here")),
                None => findings.push(Finding {
                    problem,
                    span: token.span,
                    text: "the server can't use it before the transaction has ended",
                    also: vec![(*place, "added here")],
                }),
            }
        }
    }
    findings
}

/// The type and the value of `ALTER TYPE type ADD VALUE [IF NOT EXISTS] 'value'`.
fn added_value(words: &Words<'_>) -> Option<(String, String)> {
    let tokens = words.tokens;
    if !words.starts(&["alter", "type"]) || !words.has_pair("add", "value") {
        return None;
    }
    let value = tokens.iter().find(|token| token.kind == TokenKind::String)?;
    Some((type_name(words.sql, &tokens[2..])?, value.text(words.sql).to_owned()))
}

/// The last part of a possibly qualified name at the start of these tokens.
fn type_name(sql: &str, tokens: &[Token]) -> Option<String> {
    ident::read_qualified(sql, tokens)?.0.pop()
}

/// Whether the string at `index` is written as a value of this type: `'v'::type`, `type 'v'`,
/// `type DEFAULT 'v'` or `type NOT NULL DEFAULT 'v'`.
fn is_of_type(sql: &str, tokens: &[Token], index: usize, name: &str) -> bool {
    let word = |index: Option<usize>, keyword: &str| {
        index.and_then(|index| tokens.get(index)).is_some_and(|token| token.is_word(sql, keyword))
    };
    let is_type = |index: Option<usize>| {
        index
            .and_then(|index| tokens.get(index))
            .is_some_and(|token| ident::of(sql, *token).as_deref() == Some(name))
    };
    let back = |by: usize| index.checked_sub(by);
    if tokens.get(index + 1).is_some_and(|token| token.text(sql) == "::") {
        return type_name(sql, &tokens[index + 2..]).as_deref() == Some(name);
    }
    if word(back(1), "default") {
        let not_null = word(back(2), "null") && word(back(3), "not");
        return is_type(back(if not_null { 4 } else { 2 }));
    }
    is_type(back(1))
}

#[cfg(test)]
mod tests {
    use crate::statements::split_statements;

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

    #[test]
    fn enum_values() {
        let add = "ALTER TYPE app.mood ADD VALUE IF NOT EXISTS 'calm' AFTER 'sad';";
        let used = |sql: &str, codes: &[&str]| check(&format!("{add} {sql}"), true, codes);
        used("SELECT 'calm'::mood", &["enum-value-used"]);
        used("SELECT 'calm'::app.\"mood\"", &["enum-value-used"]);
        used("SELECT mood 'calm'", &["enum-value-used"]);
        used("ALTER TABLE t ADD c mood DEFAULT 'calm'", &["enum-value-used"]);
        used("ALTER TABLE t ADD c app.mood NOT NULL DEFAULT 'calm'", &["enum-value-used"]);
        used("SELECT 'calm'", &[]);
        used("SELECT 'calm'::text", &[]);
        used("SELECT 'sad'::mood", &[]);
        used("ALTER TYPE mood ADD VALUE 'wild' AFTER 'calm'", &[]);
        used("CREATE TABLE t (c text DEFAULT 'calm')", &[]);
        check(&format!("{add} SELECT 'calm'::mood"), false, &[]);
        check(
            &format!("CREATE TYPE app.mood AS ENUM ('sad'); {add} SELECT 'calm'::mood"),
            true,
            &[],
        );
        check(&format!("SELECT 'calm'::mood; {add}"), true, &[]);
    }
}
