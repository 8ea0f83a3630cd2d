//! What is said of a statement's locks, whatever the statement.

use migrate_core::syntax::{TableLock, locks, losses, split_statements};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A word that the rules know, a name, or a sign.
fn piece() -> impl Strategy<Value = &'static str> {
    select(vec![
        "ALTER",
        "TABLE",
        "ADD",
        "DROP",
        "COLUMN",
        "CONSTRAINT",
        "CREATE",
        "UNIQUE",
        "INDEX",
        "CONCURRENTLY",
        "IF",
        "NOT",
        "EXISTS",
        "ON",
        "ONLY",
        "FOREIGN",
        "KEY",
        "REFERENCES",
        "SET",
        "NULL",
        "DEFAULT",
        "TYPE",
        "VALIDATE",
        "PARTITION",
        "OF",
        "ATTACH",
        "TRIGGER",
        "POLICY",
        "RULE",
        "TO",
        "VACUUM",
        "FULL",
        "REINDEX",
        "LOCK",
        "IN",
        "MODE",
        "SHARE",
        "COPY",
        "FROM",
        "COMMENT",
        "IS",
        "TRUNCATE",
        "CLUSTER",
        "USING",
        "SCHEMA",
        "INHERITS",
        "a",
        "b",
        "\"C\"",
        "U&\"d\"",
        "é",
        "1",
        "'s'",
        "$$e$$",
        ".",
        ",",
        "(",
        ")",
        "[",
        "]",
        "*",
        "=",
        "\\",
        "\"",
    ])
}

/// How a statement may begin.
fn start() -> impl Strategy<Value = &'static str> {
    select(vec![
        "",
        "ALTER TABLE t",
        "ALTER TABLE t ADD",
        "ALTER TABLE t ALTER a",
        "CREATE",
        "CREATE INDEX",
        "CREATE TABLE t (",
        "DROP",
        "DROP TABLE",
        "VACUUM",
        "LOCK",
        "REINDEX",
        "COMMENT ON",
        "COPY a",
    ])
}

fn said(sql: &str) -> Vec<(Vec<TableLock>, String)> {
    let statements = split_statements(sql);
    statements.iter().map(|s| (locks(sql, s), format!("{:?}", losses(sql, s)))).collect()
}

proptest! {
    /// Nothing panics, each table has one lock, and the layout makes no difference.
    #[test]
    fn any_words(start in start(), mut pieces in vec(piece(), 0..12)) {
        pieces.insert(0, start);
        let one = said(&pieces.join(" "));
        for (locks, _) in &one {
            for (at, lock) in locks.iter().enumerate() {
                let other = locks[..at].iter().find(|other| {
                    (&other.relation, other.locked_by) == (&lock.relation, lock.locked_by)
                });
                prop_assert_eq!(other, None);
                prop_assert!(!lock.to_string().is_empty());
            }
        }
        // What is never closed would take the comments in.
        if !pieces.contains(&"\"") {
            prop_assert_eq!(one, said(&pieces.join(" /* ( */ -- ,\n")));
        }
    }
}
