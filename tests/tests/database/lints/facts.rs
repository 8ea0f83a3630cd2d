//! What the lints from lock facts and from the end of a chain claim, the server does.

use migrate_core::chain::Lint;

use super::{Does, codes, does};
use crate::support::{Session, database};

/// What is reported as blocking reads or writes all rows, and the way around it does not. The modes
/// of these locks are compared in the tests of locks.
#[test]
fn what_blocks_a_table_works_on_all_rows() {
    let setup = "CREATE TABLE o (id int PRIMARY KEY); INSERT INTO o VALUES (1);
        CREATE TABLE t (id int, a int, r int4range); INSERT INTO t VALUES (1, 1, '[1,2)');
        CREATE UNIQUE INDEX ti ON t (id);
        CREATE TABLE p (id int, a int, r int4range) PARTITION BY RANGE (id);";
    let attach = "ALTER TABLE p ATTACH PARTITION t FOR VALUES FROM (0) TO (9)";
    let bounds = "ALTER TABLE t ADD CHECK (id IS NOT NULL AND id >= 0 AND id < 9)";
    let not_null = "ALTER TABLE t ADD CHECK (id IS NOT NULL)";
    let key = "ALTER TABLE t ADD PRIMARY KEY USING INDEX ti";
    let database = database("lint blocks");
    let mut session = Session::new(&database);
    for (before, sql, expected) in [
        ("", attach, true),
        (bounds, attach, false),
        ("", key, true),
        (not_null, key, false),
        ("", "ALTER TABLE t ADD EXCLUDE USING gist (r WITH &&)", true),
        ("", "ALTER TABLE t ADD n int CHECK (n > 0)", true),
        ("", "ALTER TABLE t ADD n int DEFAULT 1 REFERENCES o", true),
        ("", "ALTER TABLE t ADD n int REFERENCES o", false),
        ("", "ALTER TABLE t ADD n int DEFAULT NULL", false),
    ] {
        let setup = format!("{setup}{before};");
        let found = codes(&[&setup, &format!("{sql};")]).contains(&Lint::BlocksTable);
        assert_eq!(found, expected, "{before}; {sql}");
        let done = does(&mut session, &setup, sql);
        assert_eq!(done == Does::Nothing, !expected, "{before}; {sql}: {done:?}");
    }
}

/// What is reported as reading all rows can't use an index, even if the server wants to.
#[test]
fn what_takes_long_behind_a_lock_uses_no_index() {
    let setup = "CREATE TABLE t (id int PRIMARY KEY, a int, b text, n int);
        CREATE TABLE o (id int PRIMARY KEY, t int); CREATE INDEX ot ON o (t);";
    let database = database("lint work");
    let mut session = Session::new(&database);
    session.execute(setup);
    session.execute("SET enable_seqscan = off; SET enable_bitmapscan = off");
    // Of an index that is read as a whole, the plan has no condition.
    let reads_all = |session: &mut Session, sql: &str| {
        let plan = session.rows(&format!("EXPLAIN {sql}")).join("\n");
        plan.contains("Seq Scan") || !plan.contains("Index Cond")
    };
    for (sql, expected) in [
        ("UPDATE t SET n = o.id FROM o WHERE o.t = t.a", true),
        ("UPDATE t SET n = 1 WHERE a > 5", true),
        ("UPDATE t SET n = 1 WHERE n IS NULL", true),
        ("DELETE FROM t WHERE b = 'x'", true),
        ("INSERT INTO o SELECT id, a FROM t", true),
        ("INSERT INTO o SELECT id, a FROM t WHERE b LIKE 'x%'", true),
        ("UPDATE t SET n = 1 WHERE id = 5", false),
        ("UPDATE t SET n = 1 WHERE id IN (1, 2)", false),
        ("UPDATE t SET n = 1 WHERE id BETWEEN 1 AND 2", false),
        ("DELETE FROM o WHERE t IS NULL", false),
        ("INSERT INTO o SELECT id, a FROM t WHERE id < 5", false),
    ] {
        let up = format!("ALTER TABLE t ADD m int; {sql};");
        let found = codes(&[setup, &up]).contains(&Lint::WorkBehindLock);
        assert_eq!(found, expected, "{sql}");
        assert_eq!(reads_all(&mut session, sql), expected, "{sql}");
    }
}

/// The lock that a cheap statement takes is held while the next one runs, and so is that on a second table.
#[test]
fn locks_last_until_the_transaction_ends() {
    let database = database("lint held");
    let mut session = Session::new(&database);
    session.execute("CREATE TABLE t (id int); CREATE TABLE o (id int)");
    session.execute("BEGIN; ALTER TABLE t ADD a int; ALTER TABLE o ADD a int; UPDATE t SET a = 1");
    let held = session.rows(
        "SELECT c.relname FROM pg_locks JOIN pg_class c ON c.oid = relation WHERE c.relkind = 'r' \
         AND pid = pg_backend_pid() AND mode = 'AccessExclusiveLock' AND c.oid >= 16384 ORDER BY 1",
    );
    assert_eq!(held, ["o", "t"]);
    session.execute("ROLLBACK");
}

#[test]
fn what_is_said_of_policies_functions_and_names() {
    let database = database("lint endings");
    let mut session = Session::new(&database);
    session.execute(
        "CREATE TABLE t (id int); INSERT INTO t VALUES (1);
         GRANT USAGE, CREATE ON SCHEMA public TO PUBLIC; GRANT SELECT ON t TO PUBLIC;
         CREATE FUNCTION open() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM t';
         CREATE FUNCTION safe() RETURNS bigint LANGUAGE sql SECURITY DEFINER
            SET search_path = pg_catalog, pg_temp AS 'SELECT count(*) FROM public.t';",
    );
    // As somebody who is neither the owner nor a superuser.
    let seen = |session: &mut Session, before: &str, sql: &str| {
        session.execute(&format!(
            "BEGIN; {before}; CREATE ROLE lint_reader; SET LOCAL ROLE lint_reader"
        ));
        let seen = session.value(sql);
        session.execute("ROLLBACK");
        seen
    };
    let rows = "SELECT count(*) FROM t";
    assert_eq!(seen(&mut session, "CREATE POLICY p ON t USING (false)", rows), "1");
    let enabled = "ALTER TABLE t ENABLE ROW LEVEL SECURITY";
    assert_eq!(seen(&mut session, enabled, rows), "0");
    let policy = format!("{enabled}; CREATE POLICY p ON t USING (true)");
    assert_eq!(seen(&mut session, &policy, rows), "1");

    // A caller's own table stands in the place of the owner's.
    session.execute(
        "BEGIN; CREATE ROLE lint_reader; SET LOCAL ROLE lint_reader; CREATE TEMP TABLE t (id int)",
    );
    session.execute("GRANT SELECT ON t TO PUBLIC");
    assert_eq!(session.value("SELECT open()"), "0");
    assert_eq!(session.value("SELECT safe()"), "1");
    session.execute("ROLLBACK");

    let long = "a".repeat(70);
    session.execute(&format!("CREATE TABLE {long} (id int)"));
    assert_eq!(
        session.value("SELECT relname FROM pg_class WHERE relname LIKE 'aaa%'"),
        "a".repeat(63)
    );

    session.execute("CREATE TYPE mood AS ENUM ('sad')");
    let again = session.try_rows("ALTER TYPE mood ADD VALUE 'sad'").err();
    assert_eq!(again.and_then(|error| error.code).as_deref(), Some("42710"));
    session.execute("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'sad'");

    session.execute(
        "CREATE TABLE keyed (id int PRIMARY KEY); CREATE PUBLICATION everything FOR TABLE t, keyed",
    );
    let unkeyed = session.try_rows("DELETE FROM t").err();
    assert_eq!(unkeyed.and_then(|error| error.code).as_deref(), Some("55000"));
    session.execute("DELETE FROM keyed");
}

/// The index that is said to serve the same queries does.
#[test]
fn a_longer_index_serves_the_queries_of_a_shorter_one() {
    let database = database("lint duplicates");
    let mut session = Session::new(&database);
    let setup = "CREATE TABLE t (id int PRIMARY KEY, a int, b int); CREATE INDEX short ON t (a);";
    let longer = "CREATE INDEX longer ON t (a, b)";
    assert!(codes(&[setup, &format!("{longer};")]).contains(&Lint::DuplicateIndex));
    session.execute(&format!(
        "{setup} {longer}; DROP INDEX short; SET enable_seqscan = off; SET enable_bitmapscan = off"
    ));
    for query in ["SELECT * FROM t WHERE a = 1", "SELECT * FROM t WHERE a > 1 ORDER BY a"] {
        let plan = session.rows(&format!("EXPLAIN {query}")).join("\n");
        assert!(plan.contains("longer") && plan.contains("Index Cond: (a"), "{plan}");
        assert!(!plan.contains("Sort"), "{plan}");
    }
}
