//! Tests: what a downgrade leaves behind or does not restore.

use super::errors;

/// Checks what is reported for a downgrade, after a revision that creates a table.
fn down(up: &str, down: &str, expected: &[&str]) {
    let before = "CREATE TYPE m AS ENUM ('a'); CREATE TABLE t (a int CONSTRAINT k UNIQUE, b m); CREATE INDEX i ON t (b);";
    let found = errors(&[(before, ""), (up, down)]);
    let same = found.len() == expected.len()
        && found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected));
    assert!(same, "{up}\n{down}\nexpected {expected:#?}\nfound {found:#?}");
}

#[test]
fn a_downgrade_undoes() {
    down("CREATE TABLE u (id serial)", "DROP TABLE u", &[]);
    down(
        "CREATE TABLE u (id serial)",
        "SELECT 1",
        &["the downgrade leaves table `u` behind: r2.sql `u` the upgrade makes it here"],
    );
    down("ALTER TABLE t ADD c int UNIQUE", "ALTER TABLE t DROP c", &[]);
    down(
        "ALTER TABLE t ADD c int UNIQUE",
        "SELECT 1",
        &["the downgrade leaves column `t.c` behind"],
    );
    down(
        "ALTER TABLE t DROP b",
        "ALTER TABLE t ADD b m",
        &[
            "the downgrade does not bring back index `i`: r2.sql `b` it goes here; r1.sql `i` first created here",
        ],
    );
    down("ALTER TABLE t DROP b", "ALTER TABLE t ADD b m; CREATE INDEX i ON t (b)", &[]);
    down(
        "DROP TABLE t",
        "CREATE TABLE t (a int CONSTRAINT k UNIQUE, b m); CREATE INDEX i ON t (b)",
        &[],
    );
    down(
        "DROP TABLE t",
        "CREATE TABLE t (a int, b m)",
        &[
            "the downgrade does not bring back constraint `k` of `t`",
            "the downgrade does not bring back index `i`",
        ],
    );
    down(
        "ALTER TABLE t ALTER a TYPE bigint",
        "ALTER TABLE t ALTER a SET DEFAULT 1",
        &[
            "the downgrade does not bring back type `integer` of column `t.a`: r2.sql `a` it goes here",
        ],
    );
    down(
        "ALTER TABLE t DROP a",
        "ALTER TABLE t ADD a bigint CONSTRAINT k UNIQUE",
        &[
            "the downgrade does not bring back type `integer` of column `t.a`: r2.sql `a` it comes back without that; r1.sql `a` first created here",
        ],
    );
    down(
        "ALTER TABLE t ALTER a TYPE bigint",
        "ALTER TABLE t ALTER COLUMN a TYPE smallint",
        &["the downgrade does not bring back type `integer` of column `t.a`"],
    );
    down("ALTER TABLE t ALTER a TYPE bigint", "ALTER TABLE t ALTER a TYPE int4", &[]);
    down(
        "ALTER TABLE t ALTER a TYPE bigint",
        "ALTER TABLE t DROP a; ALTER TABLE t ADD a INTEGER CONSTRAINT k UNIQUE",
        &[],
    );
    down(
        "ALTER TABLE t ALTER a TYPE bigint",
        "DO $$ BEGIN ALTER TABLE t ALTER a TYPE int; END $$",
        &[],
    );
    down(
        "ALTER TABLE t ALTER a SET NOT NULL",
        "SELECT 1",
        &[
            "the downgrade leaves NOT NULL of column `t.a` behind: r2.sql `a` the upgrade makes it here",
        ],
    );
    down("ALTER TABLE t ALTER a SET NOT NULL", "ALTER TABLE t ALTER a DROP NOT NULL", &[]);
    down("ALTER TABLE t RENAME TO u", "ALTER TABLE u RENAME TO t", &[]);
    down("ALTER TABLE t RENAME a TO z", "ALTER TABLE t RENAME z TO a", &[]);
    down(
        "ALTER TABLE t RENAME a TO z",
        "SELECT 1",
        &[
            "the downgrade does not bring back column `t.a`",
            "the downgrade leaves column `t.z` behind",
        ],
    );
    down(
        "ALTER TYPE m ADD VALUE 'b'",
        "SELECT 1",
        &["the downgrade leaves value `b` of type `m` behind"],
    );
    down("CREATE INDEX j ON t (a)", "DROP INDEX l", &["there is no index `l`"]);
    down("CREATE INDEX j ON t (a)", "-- migrate:allow(down): it helps\nSELECT 1", &[]);
    down("CREATE INDEX IF NOT EXISTS i ON t (a)", "SELECT 1", &[]);
    down("CREATE TABLE u ()", "DO $$ BEGIN EXECUTE 'DROP TABLE u'; END $$", &[]);
    down("CREATE TABLE u ()", "DROP TABLE IF EXISTS u", &[]);
}
