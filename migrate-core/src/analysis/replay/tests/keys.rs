//! Tests: duplicate keys, of which the server creates one, and exclusion constraints over
//! expressions.

use super::{check, errors};

#[test]
fn an_exclusion_over_an_expression_has_an_index() {
    let made = "CREATE TABLE t (a inet, b int, CONSTRAINT e EXCLUDE USING btree (host(a) WITH =, (b + 1) WITH =, a inet_ops WITH =))";
    check(&format!("{made}; ALTER INDEX e RENAME TO f; ALTER TABLE t DROP CONSTRAINT f"), &[]);
    check(&format!("{made}; CREATE INDEX e ON t (a)"), &["index `e` already exists"]);
    check(
        &format!("{made}; ALTER TABLE t DROP CONSTRAINT e; DROP INDEX e"),
        &["there is no index"],
    );
    // The server chooses the name.
    let unnamed = "CREATE TABLE t (a inet, b int, EXCLUDE USING btree (host(a) WITH =))";
    check(&format!("{unnamed}; ALTER INDEX t_host_excl RENAME TO f"), &[]);
    check(&format!("{unnamed}; ALTER TABLE t DROP CONSTRAINT t_host_excl"), &[]);
    check(
        "CREATE TABLE t (a int, EXCLUDE (a int4_ops WITH =)); DROP INDEX t_a_excl",
        &["index `t_a_excl` is still"],
    );
}

/// Over the same columns, the server creates one key or several, by rules of its own.
#[test]
fn keys_over_the_same_columns_are_not_known() {
    for (table, up, down) in [
        (
            "(a int, UNIQUE (a), CONSTRAINT y UNIQUE (a))",
            "CREATE TABLE t_a_key (x int)",
            "DROP TABLE t_a_key",
        ),
        (
            "(a int, UNIQUE (a), CONSTRAINT y UNIQUE (a))",
            "DROP INDEX IF EXISTS t_a_key",
            "SELECT 1",
        ),
        (
            "(a int, UNIQUE (a), CONSTRAINT y UNIQUE (a))",
            "ALTER INDEX y RENAME TO z",
            "ALTER INDEX z RENAME TO y",
        ),
        (
            "(a int UNIQUE, CONSTRAINT y UNIQUE (a))",
            "ALTER TABLE t DROP CONSTRAINT y; ALTER TABLE t ADD UNIQUE (a)",
            "ALTER TABLE t DROP CONSTRAINT t_a_key; ALTER TABLE t ADD CONSTRAINT y UNIQUE (a)",
        ),
        (
            "(a int, UNIQUE (a), UNIQUE (a) DEFERRABLE)",
            "ALTER TABLE t DROP CONSTRAINT t_a_key1",
            "ALTER TABLE t ADD UNIQUE (a) DEFERRABLE",
        ),
        (
            "(a int, b int, UNIQUE (a) INCLUDE (b), UNIQUE (a))",
            "ALTER TABLE t DROP CONSTRAINT t_a_key",
            "ALTER TABLE t ADD UNIQUE (a)",
        ),
        (
            "(a int CONSTRAINT uq UNIQUE CONSTRAINT pk PRIMARY KEY)",
            "CREATE TABLE uq (x int)",
            "DROP TABLE uq",
        ),
    ] {
        assert_eq!(
            errors(&[(&format!("CREATE TABLE t {table}"), ""), (up, down)]),
            [""; 0],
            "{table} {up}"
        );
    }
}
