//! Tests of the lints that are derived from locks.

use super::*;

/// What the tests begin with, besides [`BEFORE`]: tables in use with and without a check.
const MORE: &str = "CREATE TABLE p1 (id int, at date);\n\
                    CREATE TABLE p2 (id int, at date, CHECK (at IS NOT NULL AND at >= '2026-01-01'));\n\
                    CREATE UNIQUE INDEX oi ON o (t);\n\
                    CREATE TABLE g (id int PRIMARY KEY, h int);\n\
                    CREATE UNIQUE INDEX gi ON g (id);";

fn finds(lint: Lint, up: &str, expected: &[&str]) {
    let found = codes(&[BEFORE, MORE, up], &only(&[lint]));
    let expected: Vec<String> = expected.iter().map(|text| format!("{lint} {text}")).collect();
    assert_eq!(found, expected, "{up}");
}

#[test]
fn what_blocks_a_table() {
    let check = |up: &str, expected: &[&str]| finds(Lint::BlocksTable, up, expected);
    check("REFRESH MATERIALIZED VIEW m;", &["m"]);
    check("REFRESH MATERIALIZED VIEW CONCURRENTLY m;", &[]);
    check("REFRESH MATERIALIZED VIEW m WITH NO DATA;", &[]);
    check("CREATE MATERIALIZED VIEW n AS SELECT 1; REFRESH MATERIALIZED VIEW n;", &[]);
    check("ALTER TABLE t ADD EXCLUDE USING gist (f WITH &&);", &["EXCLUDE USING gist (f WITH &&)"]);
    check("CREATE TABLE n (a int); ALTER TABLE n ADD EXCLUDE (a WITH =);", &[]);
    let attach = "FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');";
    check(&format!("ALTER TABLE p ATTACH PARTITION p1 {attach}"), &["p1"]);
    check(&format!("ALTER TABLE p ATTACH PARTITION p2 {attach}"), &[]);
    check(&format!("CREATE TABLE n (id int); ALTER TABLE p ATTACH PARTITION n {attach}"), &[]);
    check("ALTER TABLE p DETACH PARTITION p1;", &["p1"]);
    check("OUTSIDE ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;", &[]);
    check("LOCK TABLE t;", &["LOCK TABLE t"]);
    check("LOCK t IN SHARE MODE;", &["LOCK t IN SHARE MODE"]);
    check("LOCK t IN ROW EXCLUSIVE MODE;", &[]);
    check("CREATE TABLE n (a int); LOCK n;", &[]);
    check("ALTER TABLE t ADD n int CHECK (n > 0);", &["n"]);
    check("ALTER TABLE t ADD n int DEFAULT 1 REFERENCES o;", &["n"]);
    check("ALTER TABLE t ADD n int REFERENCES o;", &[]);
    check("ALTER TABLE t ADD n int DEFAULT NULL REFERENCES o;", &[]);
    // Other lints report these.
    check("ALTER TABLE t ADD n int UNIQUE CHECK (n > 0);", &[]);
    check("ALTER TABLE t ADD n serial CHECK (n > 0);", &[]);
    check("ALTER TABLE t ALTER a SET EXPRESSION AS (id + 1);", &["a"]);
    check("ALTER TABLE t ALTER a SET STATISTICS 7;", &[]);
    check("ALTER TABLE o ADD PRIMARY KEY USING INDEX oi;", &["PRIMARY KEY USING INDEX oi"]);
    check("ALTER TABLE o ADD UNIQUE USING INDEX oi;", &[]);
    check("ALTER TABLE g ADD PRIMARY KEY USING INDEX gi;", &[]);
    check("ALTER TABLE g ADD PRIMARY KEY USING INDEX unknown;", &[]);
}

#[test]
fn what_takes_long_behind_a_lock() {
    let add = "ALTER TABLE t ADD n int;";
    let check = |work: &str, is_found: bool| {
        let expected = if is_found { vec![work] } else { vec![] };
        finds(Lint::WorkBehindLock, &format!("{add} {work};"), &expected);
        // Without the lock, and outside a transaction.
        finds(Lint::WorkBehindLock, &format!("{work};"), &[]);
        finds(Lint::WorkBehindLock, &format!("OUTSIDE {add} {work};"), &[]);
    };
    check("UPDATE t SET n = o.id FROM o WHERE o.t = t.id", true);
    check("UPDATE t SET n = 1 WHERE a > 5", true);
    check("UPDATE t SET n = 1 WHERE n IS NULL", true);
    check("DELETE FROM t WHERE a = 5", true);
    check("INSERT INTO o SELECT id, a FROM t", true);
    check("INSERT INTO o SELECT id, a FROM t WHERE b = 'x'", true);
    check("CREATE TABLE n AS SELECT * FROM t", true);
    check("SELECT * INTO n FROM t", true);
    check("CREATE MATERIALIZED VIEW n AS SELECT count(*) FROM t", true);
    check("REFRESH MATERIALIZED VIEW CONCURRENTLY m", true);
    // An index may find the rows.
    check("UPDATE t SET n = 1 WHERE id = 5", false);
    check("UPDATE t SET n = 1 WHERE 5 = id", false);
    check("UPDATE t SET n = 1 WHERE id IN (1, 2)", false);
    check("UPDATE t SET n = 1 WHERE t.id BETWEEN 1 AND 2", false);
    check("UPDATE o SET id = 1 WHERE t IS NULL", false);
    check("DELETE FROM t WHERE id IN (SELECT id FROM t LIMIT 1000)", false);
    check("DELETE FROM t WHERE a IN (SELECT t FROM o)", false);
    check("UPDATE t SET n = 1 WHERE EXISTS (SELECT FROM o WHERE o.t = t.id)", false);
    check("INSERT INTO o SELECT id, a FROM t LIMIT 5", false);
    check("INSERT INTO o VALUES (1)", false);
    check("INSERT INTO o SELECT 1, 2", false);
    check("WITH x AS (SELECT 1) UPDATE t SET n = 1", false);
    // What is not known, and what nobody uses.
    check("UPDATE unknown SET n = 1 WHERE a > 5", false);
    check("INSERT INTO o SELECT id, a FROM unknown", false);
    check("INSERT INTO o SELECT 1, 2 FROM v", false);
    check("CREATE MATERIALIZED VIEW n AS SELECT count(*) FROM t WITH NO DATA", false);
    // Other lints report these.
    check("UPDATE t SET n = 1", false);
    check("DELETE FROM t", false);
    check("CREATE INDEX i ON o (id)", false);
    finds(
        Lint::WorkBehindLock,
        "CREATE TABLE n (a int); ALTER TABLE n ADD b int; UPDATE t SET a = 1 WHERE a > 5;",
        &[],
    );
    finds(Lint::WorkBehindLock, "DROP TABLE o; UPDATE t SET a = 1 WHERE a > 5;", &[]);
    finds(Lint::WorkBehindLock, "COMMENT ON TABLE t IS 'x'; UPDATE t SET a = 1 WHERE a > 5;", &[]);
}

#[test]
fn what_blocks_two_tables() {
    let check = |up: &str, expected: &[&str]| finds(Lint::LocksTwoTables, up, expected);
    let (first, second) = ("ALTER TABLE t ADD n int", "ALTER TABLE o ADD n int");
    check(&format!("{first}; {second};"), &[second]);
    check(&format!("{first}; {first};"), &[]);
    check(&format!("{first}; {second}; ALTER TABLE g ADD n int;"), &[second]);
    check(&format!("OUTSIDE {first}; {second};"), &[]);
    check("TRUNCATE t, o;", &["TRUNCATE t, o"]);
    check("LOCK t, o;", &["LOCK t, o"]);
    check(&format!("{first}; CREATE POLICY x ON o;"), &["CREATE POLICY x ON o"]);
    check(&format!("{first}; LOCK o IN EXCLUSIVE MODE;"), &[]);
    check(&format!("{first}; DROP TABLE o;"), &[]);
    check(&format!("{first}; CREATE OR REPLACE VIEW v AS SELECT 1;"), &[]);
    check(&format!("{first}; CREATE TABLE n (a int); ALTER TABLE n ADD b int;"), &[]);
    check("ALTER TABLE o ADD FOREIGN KEY (t) REFERENCES t NOT VALID;", &[]);
    check("ALTER TABLE p DETACH PARTITION p1;", &[]);
}
