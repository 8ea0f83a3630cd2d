//! Tests: statements and their locks. The tests with a server verify that these are right.

use super::*;
use crate::syntax::statements::split_statements;

fn all(sql: &str) -> String {
    let locks = split_statements(sql).iter().flat_map(|s| locks(sql, s)).collect::<Vec<_>>();
    locks.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn lost(sql: &str) -> String {
    let lost = split_statements(sql).iter().flat_map(|s| losses(sql, s)).collect::<Vec<_>>();
    lost.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[test]
fn names() {
    let check = |written: &str, shown: &str| {
        assert_eq!(
            all(&format!("TRUNCATE {written}")),
            format!("ACCESS EXCLUSIVE on {shown}, blocks reads and writes")
        );
    };
    check("T", "t");
    check("App . Users", "app.users");
    check("\"App\".\"a\"\"b\"", "\"App\".\"a\"\"b\"");
    check("\"plain\"", "plain");
    check("\"1a\"", "\"1a\"");
    check("ONLY t *", "t");
    check("straße", "\"straße\"");
}

#[test]
fn what_is_said_of_a_lock() {
    let check = |sql: &str, expected: &str| assert_eq!(all(sql), expected, "{sql}");
    check("INSERT INTO t VALUES (1)", "ROW EXCLUSIVE on t");
    check("CREATE INDEX ON t (a)", "SHARE on t, blocks writes, while it reads all rows");
    check("DROP INDEX ix", "ACCESS EXCLUSIVE on the table of ix, blocks reads and writes");
    check(
        "ALTER DOMAIN email ADD CHECK (VALUE <> '')",
        "SHARE on each table with a column of type email, blocks writes, while it reads all rows",
    );
    check(
        "ALTER TABLE t ALTER a TYPE int",
        "ACCESS EXCLUSIVE on t, blocks reads and writes, while it may rewrite all rows",
    );
}

/// The strongest lock for each table, in the order of the statement.
#[test]
fn one_lock_a_table() {
    let check = |sql: &str, expected: &[(&str, LockMode, Work)]| {
        let statements = split_statements(sql);
        let found = locks(sql, &statements[0]);
        let found: Vec<_> =
            found.iter().map(|l| (l.relation.to_string(), l.mode, l.work)).collect();
        let expected: Vec<_> = expected.iter().map(|(r, m, w)| ((*r).to_owned(), *m, *w)).collect();
        assert_eq!(found, expected, "{sql}");
    };
    check(
        "ALTER TABLE t VALIDATE CONSTRAINT a, ADD FOREIGN KEY (b) REFERENCES o NOT VALID",
        &[
            ("t", LockMode::ShareRowExclusive, Work::Scan),
            ("o", LockMode::ShareRowExclusive, Work::None),
        ],
    );
    check(
        "ALTER TABLE t ADD a numeric(10, 2) DEFAULT 1, ADD FOREIGN KEY (b) REFERENCES t (c)",
        &[("t", LockMode::AccessExclusive, Work::Scan)],
    );
    // An unqualified name is in `public`.
    check(
        "ALTER TABLE t ADD a int, ADD FOREIGN KEY (b) REFERENCES public.t (c)",
        &[("t", LockMode::AccessExclusive, Work::Scan)],
    );
    check(
        "CREATE TABLE t (a int REFERENCES public.t (b), c int REFERENCES app.t (b))",
        &[("app.t", LockMode::ShareRowExclusive, Work::None)],
    );
    check(
        "LOCK Ä, U&\"d!0061ta\" UESCAPE '!', \"B\" IN SHARE MODE",
        &[
            ("\"Ä\"", LockMode::Share, Work::None),
            ("data", LockMode::Share, Work::None),
            ("\"B\"", LockMode::Share, Work::None),
        ],
    );
    check(
        "LOCK a, b, a IN SHARE MODE",
        &[("a", LockMode::Share, Work::None), ("b", LockMode::Share, Work::None)],
    );
}

#[test]
fn of_what_is_not_known_nothing_is_said() {
    for sql in [
        "SELECT 1",
        "DO $$ BEGIN DROP TABLE t; END $$",
        "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a",
        "ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b",
        "ALTER TABLE t SET STATISTICS 1, FLY",
        "ALTER TABLE t SET (user_catalog_table = true)",
        "ALTER TABLE t ADD a int, FLY",
        "ALTER TABLE t",
        "ALTER TABLE",
        "ALTER TABLE t DROP a,",
        "CREATE TABLE t (a int)",
        "CREATE TABLE t AS SELECT 1 AS references",
        "CREATE VIEW v AS SELECT 1",
        "CREATE INDEX",
        "VACUUM",
        "VACUUM (FULL)",
        "ANALYZE",
        "CLUSTER",
        "REINDEX DATABASE d",
        "LOCK t IN NO MODE",
        "DROP SCHEMA s",
        "ALTER SCHEMA s RENAME TO x",
        "ALTER TYPE m RENAME TO x",
        "ALTER TYPE m RENAME VALUE 'a' TO 'b'",
        "ALTER TYPE m ADD VALUE 'a'",
        "ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0) NOT VALID",
        "ALTER DOMAIN d SET DEFAULT 1",
        "ALTER DOMAIN d DROP NOT NULL",
        "ALTER DOMAIN d RENAME TO x",
        "DROP FUNCTION f",
        "COPY (SELECT 1) TO '/a'",
        "COMMENT ON COLUMN c IS 'x'",
        "COMMENT ON SCHEMA s IS 'x'",
        "TRUNCATE U&\"\\0000\"",
    ] {
        assert_eq!(all(sql), "", "{sql}");
    }
}

#[test]
fn what_blocks_whom() {
    let of = |blocks: fn(LockMode) -> bool| {
        LockMode::ALL
            .into_iter()
            .filter(|mode| blocks(*mode))
            .map(LockMode::name)
            .collect::<Vec<_>>()
    };
    assert_eq!(of(LockMode::blocks_reads), ["ACCESS EXCLUSIVE"]);
    let writes = ["SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"];
    assert_eq!(of(LockMode::blocks_writes), writes);
}

#[test]
fn what_is_lost() {
    let check = |sql: &str, expected: &str| assert_eq!(lost(sql), expected, "{sql}");
    check("DROP TABLE a, app.\"B\" CASCADE", "table a; table app.\"B\"");
    check("DROP TABLE IF EXISTS a", "table a");
    check("DROP SCHEMA IF EXISTS a, b CASCADE", "schema a; schema b");
    check(
        "ALTER TABLE IF EXISTS ONLY t DROP COLUMN IF EXISTS a, DROP \"B\" CASCADE",
        "column t.a; column t.\"B\"",
    );
    check("ALTER TABLE t DROP CONSTRAINT a, ALTER b DROP DEFAULT, ALTER c DROP NOT NULL", "");
    check("ALTER TABLE t ADD CONSTRAINT a CHECK (b), DROP column c", "column t.c");
    check("DROP VIEW v; DROP INDEX i; DROP FUNCTION f; SELECT 'DROP TABLE t'", "");
    check("DROP TABLE; ALTER TABLE t DROP", "");
}
