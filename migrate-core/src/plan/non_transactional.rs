//! Classifies the statements of a non-transactional section: how each one runs, and what an earlier
//! attempt may have left behind.

mod left;
mod verdict;

use crate::chain::digest::{Digest, section_digest};
use crate::chain::transaction_rules::{is_concurrent_reindex, needs_no_transaction};
use crate::syntax::cursor::Cursor;
use crate::syntax::ident;
use crate::syntax::source::Span;
use crate::syntax::statements::{Statement, split_statements};

pub(crate) use self::left::{Orphans, dropped, kept, left, left_behind, orphans};
pub(crate) use self::verdict::{EarlierAttempt, FoundObject, RecordedObjects, Verdict, verdict};

/// A statement, and how its progress can be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StatementPlan {
    /// Its position, relative to the start of the section.
    pub(crate) span: Span,
    /// How it runs.
    pub(crate) kind: StatementKind,
}

/// How a statement runs. Names are quoted, so that they mean the same wherever they are put. They are whole: where the
/// server cuts one depends on the encoding of the database, so the server is left to do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StatementKind {
    /// In one transaction with its progress, so that both are committed or neither. If the server
    /// says that it cannot run in a transaction, nothing has happened, and it runs outside of one.
    InTransaction,
    /// `DO` or `CALL`: the same, but it may commit. If so, it runs outside of a transaction, and is
    /// never repeated without confirmation.
    Procedure,
    /// Outside of a transaction, because the server refuses it in one. It can be repeated.
    Alone,
    /// `CREATE INDEX CONCURRENTLY`, outside of a transaction. A failure leaves an invalid index.
    CreateIndex {
        /// The table.
        table: String,
        /// The index, not quoted; `None` where the server chooses the name.
        name: Option<String>,
    },
    /// `DROP INDEX CONCURRENTLY`, outside of a transaction.
    DropIndex {
        /// The index.
        name: String,
    },
    /// `CREATE` of a database, a tablespace or a subscription, outside of a transaction.
    CreateShared(Shared, String),
    /// `DROP` of one of these, outside of a transaction.
    DropShared(Shared, String),
    /// `REINDEX CONCURRENTLY`, outside of a transaction. A failure leaves invalid copies.
    Reindex(Reindexed),
    /// `ALTER TABLE … DETACH PARTITION … CONCURRENTLY`, outside of a transaction. After a failure,
    /// it can be finalized.
    Detach {
        /// The partitioned table.
        table: String,
        /// The partition.
        partition: String,
    },
}

/// The target of a `REINDEX CONCURRENTLY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reindexed {
    /// A table or an index.
    Relation(String),
    Schema(String),
    /// The current database; the server accepts no other.
    Database,
}

/// The kinds of objects with a catalog table of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shared {
    Database,
    Tablespace,
    Subscription,
}

impl StatementKind {
    /// Whether it certainly cannot run in a transaction.
    pub(crate) fn is_alone(&self) -> bool {
        !matches!(self, StatementKind::InTransaction | StatementKind::Procedure)
    }

    /// Whether its lock waits block nobody, as with indexes that are built or dropped
    /// `CONCURRENTLY`. (`DETACH PARTITION … CONCURRENTLY` finally locks the partition, and then its
    /// readers wait as well.)
    pub(crate) fn waits_freely(&self) -> bool {
        matches!(
            self,
            StatementKind::CreateIndex { .. }
                | StatementKind::DropIndex { .. }
                | StatementKind::Reindex(_)
        )
    }
}

/// Splits a section into its statements.
pub(crate) fn parts(sql: &str) -> Vec<StatementPlan> {
    let part =
        |statement: &Statement| StatementPlan { span: statement.span, kind: kind(sql, statement) };
    split_statements(sql).iter().map(part).collect()
}

/// The digest of the first statements of a section. It shows whether the completed statements have
/// been edited before the rest runs.
pub(crate) fn digest_of(sql: &str, parts: &[StatementPlan]) -> Digest {
    let end = parts.last().map_or(0, |part| part.span.end);
    section_digest(sql.get(..end).unwrap_or_default(), false)
}

/// The digest of one statement. It shows whether the announced statement is still the same.
pub(crate) fn statement_digest(sql: &str, part: &StatementPlan) -> Digest {
    section_digest(sql.get(part.span.range()).unwrap_or_default(), false)
}

/// Whether a statement may have to run outside of a transaction. A script needs to know, because it
/// cannot try the statement in a transaction first. Whether the server accepts these statements in
/// one depends on their objects: a partitioned table, or a subscription with a slot.
pub(crate) fn may_be_alone(sql: &str, statement: &Statement, kind: &StatementKind) -> bool {
    let words = Cursor::new(sql, &statement.tokens, 0);
    kind.is_alone()
        || *kind == StatementKind::Procedure && may_commit(words)
        || words.is(0, "reindex")
        || words.is_any(0, &["cluster", "repack"])
        || words.starts(&["drop", "subscription"])
}

fn kind(sql: &str, statement: &Statement) -> StatementKind {
    let words = Cursor::new(sql, &statement.tokens, 0);
    let concurrent = created_index(words)
        .or_else(|| dropped_index(words))
        .or_else(|| reindexed(words))
        .or_else(|| detached(words));
    if let Some(kind) = concurrent {
        return kind;
    }
    if words.is(0, "do") || words.is(0, "call") {
        return StatementKind::Procedure;
    }
    match needs_no_transaction(sql, &statement.tokens) {
        Some(_) => shared(words).unwrap_or(StatementKind::Alone),
        None => StatementKind::InTransaction,
    }
}

/// Reads `IF [NOT] EXISTS`, if these words come next.
fn skip_if_exists(words: &mut Cursor<'_>) {
    words.take_any(&[&["if", "not", "exists"], &["if", "exists"]]);
}

/// `CREATE [UNIQUE] INDEX CONCURRENTLY [[IF NOT EXISTS] name] ON [ONLY] table`
fn created_index(mut words: Cursor<'_>) -> Option<StatementKind> {
    let is_concurrent = words.take(&["create"])
        && words.take_any(&[&["unique", "index", "concurrently"], &["index", "concurrently"]]);
    if !is_concurrent {
        return None;
    }
    skip_if_exists(&mut words);
    let mut name = None;
    if !words.is(0, "on") {
        name = Some(part(&mut words)?);
    }
    if !words.take(&["on"]) {
        return None;
    }
    words.take(&["only"]);
    Some(StatementKind::CreateIndex { table: qualified(&mut words)?, name })
}

/// `DROP INDEX CONCURRENTLY [IF EXISTS] name`; the server accepts only one index.
fn dropped_index(mut words: Cursor<'_>) -> Option<StatementKind> {
    if !words.take(&["drop", "index", "concurrently"]) {
        return None;
    }
    skip_if_exists(&mut words);
    let name = qualified(&mut words)?;
    let is_one = words.is_empty() || words.is_any(0, &["cascade", "restrict"]);
    is_one.then_some(StatementKind::DropIndex { name })
}

/// `CREATE` or `DROP` of a database, a tablespace or a subscription.
fn shared(mut words: Cursor<'_>) -> Option<StatementKind> {
    let kinds = [
        ("database", Shared::Database),
        ("tablespace", Shared::Tablespace),
        ("subscription", Shared::Subscription),
    ];
    let (creates, drops) = (words.is(0, "create"), words.is(0, "drop"));
    let (_, of) = kinds.into_iter().find(|(word, _)| words.is(1, word))?;
    words.skip(2);
    skip_if_exists(&mut words);
    let name = part(&mut words)?;
    match (creates, drops) {
        (true, _) => Some(StatementKind::CreateShared(of, name)),
        (_, true) => Some(StatementKind::DropShared(of, name)),
        _ => None,
    }
}

/// Whether a `DO` or `CALL` may commit, as far as its text shows.
fn may_commit(words: Cursor<'_>) -> bool {
    let says = |text: String| {
        ["commit", "rollback", "call", "execute"].iter().any(|word| text.contains(word))
    };
    let mut texts = words.tokens().iter().map(|token| words.text(*token).to_ascii_lowercase());
    words.is(0, "call") || texts.any(says)
}

/// `REINDEX [(option, …)] {INDEX|TABLE|SCHEMA|DATABASE} [CONCURRENTLY] [name]`, if it is
/// CONCURRENTLY.
fn reindexed(mut words: Cursor<'_>) -> Option<StatementKind> {
    if !is_concurrent_reindex(words) {
        return None;
    }
    words.skip(1);
    words.parentheses();
    let kind = words;
    if kind.is(0, "database") {
        return Some(StatementKind::Reindex(Reindexed::Database));
    }
    words.skip(1);
    words.take(&["concurrently"]);
    let name = qualified(&mut words)?;
    let of = match kind.is(0, "schema") {
        true => Reindexed::Schema(name),
        false if kind.is_any(0, &["index", "table"]) => Reindexed::Relation(name),
        false => return None,
    };
    Some(StatementKind::Reindex(of))
}

/// `ALTER TABLE [IF EXISTS] [ONLY] table DETACH PARTITION partition CONCURRENTLY`
fn detached(mut words: Cursor<'_>) -> Option<StatementKind> {
    if !words.take(&["alter", "table"]) {
        return None;
    }
    skip_if_exists(&mut words);
    words.take(&["only"]);
    let table = qualified(&mut words)?;
    if !words.take(&["detach", "partition"]) {
        return None;
    }
    let partition = qualified(&mut words)?;
    words.is(0, "concurrently").then_some(StatementKind::Detach { table, partition })
}

/// Reads one part of a name, not quoted and not cut.
fn part(words: &mut Cursor<'_>) -> Option<String> {
    let (name, count) = ident::read_whole(words.source().0, words.tokens())?;
    words.skip(count);
    Some(name)
}

/// Reads a name with an optional schema, quoted.
fn qualified(words: &mut Cursor<'_>) -> Option<String> {
    let mut name = ident::quote(&part(words)?);
    while words.take_sign(".") {
        name = format!("{name}.{}", ident::quote(&part(words)?));
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, expected: &[StatementKind]) {
        let kinds: Vec<_> = parts(sql).into_iter().map(|part| part.kind).collect();
        assert_eq!(kinds, expected, "{sql}");
    }

    fn index(table: &str, name: &str) -> StatementKind {
        StatementKind::CreateIndex { table: table.into(), name: Some(name.into()) }
    }

    #[test]
    fn kinds() {
        use StatementKind::{Alone, InTransaction, Procedure};
        check(
            "UPDATE t SET a = 1; VACUUM t; CALL p(); DO $$$$; DO $$ BEGIN COMMIT; END $$",
            &[InTransaction, Alone, Procedure, Procedure, Procedure],
        );
        check("CREATE INDEX CONCURRENTLY Ix ON t (a)", &[index("\"t\"", "ix")]);
        check(
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"I\"\"x\" ON ONLY App.\"T\" USING btree (a)",
            &[index("\"app\".\"T\"", "I\"x")],
        );
        // Names as the server reads them, and not as they are written.
        check("CREATE UNIQUE INDEX CONCURRENTLY Äix ON t (a)", &[index("\"t\"", "Äix")]);
        let long = "ä".repeat(40);
        check(&format!("CREATE INDEX CONCURRENTLY {long} ON t (a)"), &[index("\"t\"", &long)]);
        check(
            "CREATE INDEX CONCURRENTLY U&\"d!0061ta_ix\" UESCAPE '!' ON ONLY U&\"\\0074\" (a)",
            &[index("\"t\"", "data_ix")],
        );
        let unnamed = StatementKind::CreateIndex { table: "\"t\"".into(), name: None };
        check("CREATE INDEX CONCURRENTLY ON t (a)", &[unnamed]);
        check("CREATE INDEX a ON t (b)", &[InTransaction]);
        check("CREATE INDEX CONCURRENTLY", &[Alone]);
        // This is decided by the server, which accepts these except for partitioned tables and
        // slots.
        check(
            "REINDEX TABLE t; CLUSTER t; DROP SUBSCRIPTION s; DROP TABLE subscription",
            &[InTransaction, InTransaction, InTransaction, InTransaction],
        );
        let dropped = |name: &str| StatementKind::DropIndex { name: name.into() };
        check("DROP INDEX CONCURRENTLY a", &[dropped("\"a\"")]);
        check(
            "drop index concurrently if exists App.\"I x\" CASCADE; DROP INDEX CONCURRENTLY b;",
            &[dropped("\"app\".\"I x\""), dropped("\"b\"")],
        );
        check("DROP INDEX a; DROP INDEX CONCURRENTLY", &[InTransaction, Alone]);
        check(
            "CREATE DATABASE Shop; DROP DATABASE IF EXISTS \"Shop\"; DROP TABLESPACE s; CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p",
            &[
                StatementKind::CreateShared(Shared::Database, "shop".into()),
                StatementKind::DropShared(Shared::Database, "Shop".into()),
                StatementKind::DropShared(Shared::Tablespace, "s".into()),
                StatementKind::CreateShared(Shared::Subscription, "s".into()),
            ],
        );
        let reindexed = |name: &str| StatementKind::Reindex(Reindexed::Relation(name.into()));
        check(
            "REINDEX TABLE CONCURRENTLY a; REINDEX (VERBOSE, CONCURRENTLY) INDEX s.b",
            &[reindexed("\"a\""), reindexed("\"s\".\"b\"")],
        );
        let database = StatementKind::Reindex(Reindexed::Database);
        check(
            "REINDEX SCHEMA CONCURRENTLY S; REINDEX (CONCURRENTLY) DATABASE; REINDEX DATABASE CONCURRENTLY d",
            &[
                StatementKind::Reindex(Reindexed::Schema("\"s\"".into())),
                database.clone(),
                database,
            ],
        );
        // These block others, so they wait no longer than the limit.
        check(
            "REINDEX SCHEMA s; REINDEX (CONCURRENTLY FALSE) DATABASE d; REINDEX SYSTEM d",
            &[Alone, Alone, Alone],
        );
        let detached =
            StatementKind::Detach { table: "\"a\"".into(), partition: "\"s\".\"b\"".into() };
        check(
            "ALTER TABLE IF EXISTS ONLY a DETACH PARTITION s.b CONCURRENTLY; \
             ALTER TABLE a DETACH PARTITION b FINALIZE; ALTER TABLE a DETACH PARTITION b",
            &[detached, InTransaction, InTransaction],
        );
    }

    #[test]
    fn what_is_done_has_a_digest_that_what_follows_does_not_change() {
        let digest = |sql: &str, done: usize| digest_of(sql, &parts(sql)[..done]);
        assert_eq!(digest("a; b; c", 2), digest("a;\nb; -- x\n d", 2));
        assert_ne!(digest("a; b; c", 2), digest("a; x; c", 2));
        assert_eq!(digest("a; b", 0), digest("", 0));
    }

    #[test]
    fn a_statement_has_a_digest_of_its_own() {
        let digest = |sql: &str, at: usize| statement_digest(sql, &parts(sql)[at]);
        assert_eq!(digest("a; b  c;", 1), digest("b /* x */ c;", 0));
        assert_ne!(digest("a; b", 0), digest("a; b", 1));
    }
}
