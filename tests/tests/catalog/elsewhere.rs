//! What is about other databases: foreign data and publications.

use crate::pairs::Pairs;
use crate::rare::check_all;

#[test]
fn foreign_data() {
    let w = "CREATE FOREIGN DATA WRAPPER w";
    let s = "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (host 'a', x '1')";
    let t = format!(
        "{s}; CREATE FOREIGN TABLE t (a int OPTIONS (n 'A') NOT NULL, b text DEFAULT 'x', CONSTRAINT ck CHECK (a > 0)) SERVER s OPTIONS (y '1')"
    );
    check_all(
        "foreign_data",
        14,
        &[
            ("", w),
            (
                w,
                "CREATE FOREIGN DATA WRAPPER w VALIDATOR postgresql_fdw_validator; COMMENT ON FOREIGN DATA WRAPPER w IS 'it''s'",
            ),
            (
                "CREATE FOREIGN DATA WRAPPER w OPTIONS (a '1', b '2')",
                "CREATE FOREIGN DATA WRAPPER w OPTIONS (b '3', c '4')",
            ),
            (w, s),
            (
                s,
                "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s VERSION '2' FOREIGN DATA WRAPPER w OPTIONS (host 'b', \"user\" '1'); COMMENT ON SERVER s IS 'x'",
            ),
            (
                s,
                "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s TYPE 'k' FOREIGN DATA WRAPPER w OPTIONS (host 'a')",
            ),
            (
                s,
                &format!(
                    "{s}; CREATE USER MAPPING FOR PUBLIC SERVER s; CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (\"user\" 'x')"
                ),
            ),
            (
                &format!("{s}; CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (a '1')"),
                &format!("{s}; CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (a '2')"),
            ),
            ("", &t),
            (s, &t),
            (
                &t,
                &format!(
                    "{t}; ALTER FOREIGN TABLE t OPTIONS (SET y '2', ADD z '3'), ALTER a OPTIONS (DROP n), ALTER b OPTIONS (ADD n 'B')"
                ),
            ),
            (
                &t,
                &format!(
                    "{t}; ALTER FOREIGN TABLE t ALTER a TYPE bigint, ALTER b DROP DEFAULT, ADD c int OPTIONS (n 'C'), DROP CONSTRAINT ck"
                ),
            ),
            (
                &t,
                &format!(
                    "{t}; COMMENT ON FOREIGN TABLE t IS 'x'; COMMENT ON COLUMN t.a IS 'y'; CREATE VIEW v AS SELECT a FROM t"
                ),
            ),
            // Another server: it is another table.
            (
                &format!(
                    "{s}; CREATE SERVER s2 FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE t (a int) SERVER s; CREATE VIEW v AS SELECT a FROM t"
                ),
                &format!(
                    "{s}; CREATE SERVER s2 FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE t (a int) SERVER s2; CREATE VIEW v AS SELECT a FROM t"
                ),
            ),
            (
                &format!("{s}; CREATE TABLE p (a int) PARTITION BY LIST (a)"),
                &format!(
                    "{s}; CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE FOREIGN TABLE t PARTITION OF p FOR VALUES IN (1) SERVER s OPTIONS (y '1')"
                ),
            ),
        ],
    );
}

/// A password is not read, so nothing is written of what has one.
#[test]
fn secrets_are_not_read() {
    let mut pairs = Pairs::new("secrets");
    let s = "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w";
    let mapping = format!(
        "{s}; CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (\"user\" 'u', password 'hunter2')"
    );
    let (from, to) = (pairs.catalog(s), pairs.catalog(&mapping));
    assert!(!format!("{to:?}").contains("hunter2"));
    let script = migrate_core::schema::diff::script(&from, &to);
    assert!(script.steps.is_empty(), "{script:?}");
    assert_eq!(script.unwritten.len(), 1, "{script:?}");
    // What has one can go, and be changed otherwise.
    let other = mapping.replace("'u'", "'v'");
    let other = pairs.catalog(&other);
    for (from, to, sql) in [
        (&to, &from, "DROP USER MAPPING FOR PUBLIC SERVER s"),
        (&to, &other, "ALTER USER MAPPING FOR PUBLIC SERVER s OPTIONS (SET \"user\" 'v')"),
    ] {
        let script = migrate_core::schema::diff::script(from, to);
        assert_eq!(script.steps.iter().map(|it| &*it.sql).collect::<Vec<_>>(), [sql]);
        assert!(script.unwritten.is_empty(), "{script:?}");
    }
    pairs.done();
}

#[test]
fn publications() {
    let t =
        "CREATE TABLE t (id int PRIMARY KEY, a int, b int); CREATE TABLE u (id int PRIMARY KEY)";
    check_all(
        "publications",
        14,
        &[
            ("", "CREATE PUBLICATION p"),
            ("CREATE PUBLICATION p", "CREATE PUBLICATION p FOR ALL TABLES"),
            (
                t,
                &format!(
                    "{t}; CREATE PUBLICATION p FOR TABLE t, u WITH (publish = 'insert', publish_via_partition_root = true)"
                ),
            ),
            (
                &format!("{t}; CREATE PUBLICATION p FOR TABLE t WITH (publish = 'insert')"),
                &format!(
                    "{t}; CREATE PUBLICATION p FOR TABLE u WITH (publish = 'insert, update'); COMMENT ON PUBLICATION p IS 'x'"
                ),
            ),
            (
                &format!("{t}; CREATE PUBLICATION p FOR TABLE t, u"),
                "CREATE TABLE t (id int PRIMARY KEY, a int, b int); CREATE PUBLICATION p FOR TABLE t",
            ),
            (
                "CREATE TABLE t (a int); CREATE PUBLICATION p FOR TABLE t",
                "CREATE TABLE t (a int) PARTITION BY LIST (a); CREATE PUBLICATION p FOR TABLE t",
            ),
            (
                "CREATE TABLE t (a int)",
                "CREATE TABLE t (a int); CREATE TABLE c () INHERITS (t); CREATE PUBLICATION p FOR TABLE ONLY t",
            ),
        ],
    );
    check_all(
        "publications_15",
        15,
        &[
            (
                t,
                &format!(
                    "{t}; CREATE SCHEMA app; CREATE TABLE app.x (); CREATE PUBLICATION p FOR TABLE t WHERE (id > 1), TABLE u, TABLES IN SCHEMA app"
                ),
            ),
            (t, &format!("{t}; CREATE PUBLICATION p FOR TABLE t (id, a) WHERE (id > 1), u")),
            // A column goes that a publication has in its list or its condition.
            (
                "CREATE TABLE t (id int PRIMARY KEY, b int, a int); CREATE TABLE u (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t (id, a)",
                "CREATE TABLE t (id int PRIMARY KEY, b int); CREATE TABLE u (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t (id, b)",
            ),
            (
                &format!(
                    "{t}; CREATE PUBLICATION p FOR TABLE t WHERE (a > 1) WITH (publish = 'insert')"
                ),
                &format!(
                    "{t}; ALTER TABLE t ALTER a TYPE bigint; CREATE PUBLICATION p FOR TABLE t WHERE (a > 1) WITH (publish = 'insert')"
                ),
            ),
        ],
    );
    check_all(
        "publications_18",
        18,
        &[(
            "CREATE PUBLICATION p FOR ALL TABLES",
            "CREATE PUBLICATION p FOR ALL TABLES WITH (publish_generated_columns = stored)",
        )],
    );
}
