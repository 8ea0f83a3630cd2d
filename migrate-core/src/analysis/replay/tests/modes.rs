//! Tests: statements that a server refuses in a transaction, depending on the objects that exist.

use super::{check, errors};

#[test]
fn a_new_value_is_not_used_in_its_transaction() {
    let made = "CREATE TYPE k AS ENUM ('a'); CREATE TABLE t (id int, v k, w text, x k[])";
    let of = |up: &str| errors(&[(made, ""), (up, "")]);
    for used in [
        "UPDATE t SET v = 'b'",
        "ALTER TABLE t ALTER COLUMN v SET DEFAULT 'b'",
        "INSERT INTO t (id, v) VALUES (1, 'b')",
        "UPDATE public.t SET w = 'x' WHERE v = 'b'",
        "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
        "INSERT INTO t SELECT id, 'b' FROM t",
        "INSERT INTO t (v) SELECT 'b' AS new FROM t WHERE false",
        // Changed and recreated columns have other positions.
        "ALTER TABLE t ALTER id TYPE bigint, DROP w, ADD w text; INSERT INTO t VALUES (1, 'b')",
        "ALTER TABLE t DROP id, ADD id int; INSERT INTO t VALUES ('b')",
        "CREATE TABLE l (z int, LIKE t); INSERT INTO l VALUES (1, 2, 'b')",
    ] {
        let found = of(&format!("ALTER TYPE k ADD VALUE 'b'; {used}"));
        assert!(
            found.len() == 1 && found[0].starts_with("the new enum value 'b'"),
            "{used}: {found:?}"
        );
    }
    for used in [
        "UPDATE t SET v = 'a'",
        "UPDATE t SET w = 'b'",
        "SELECT 'b'",
        "INSERT INTO t VALUES (1, 'a', 'b')",
        "INSERT INTO t SELECT 1, 'a', 'b'",
        "INSERT INTO t (w) SELECT 'b'",
        "ALTER TABLE t DROP v, ADD v k; INSERT INTO t VALUES (1, 'b')",
        "CREATE TABLE p (w text); CREATE TABLE c (id int, v k) INHERITS (p); INSERT INTO c VALUES ('b')",
        "SELECT made_elsewhere(); INSERT INTO t VALUES (1, 'b')",
    ] {
        assert_eq!(of(&format!("ALTER TYPE k ADD VALUE 'b'; {used}")), [""; 0], "{used}");
    }
    // The transaction has created the type, too.
    check(&format!("{made}; ALTER TYPE k ADD VALUE 'b'; UPDATE t SET v = 'b'"), &[]);
}

/// The type is the one that the name refers to at that point, and the value certainly is new.
#[test]
fn the_value_of_another_type_is_used() {
    let made = "CREATE SCHEMA s; CREATE TYPE e AS ENUM ('a'); CREATE TYPE s.e AS ENUM ('b'); \
                CREATE TYPE \"E\" AS ENUM ('a'); CREATE TYPE full_ AS ENUM ('a', 'b'); \
                CREATE TABLE t (x s.e); CREATE TABLE u (x e)";
    for (add, used, is_refused) in [
        ("full_ ADD VALUE IF NOT EXISTS 'b'", "CREATE TABLE v (x full_ DEFAULT 'b'::full_)", false),
        ("full_ ADD VALUE IF NOT EXISTS 'b'", "CREATE TABLE v (x full_ DEFAULT 'b')", false),
        ("public.e ADD VALUE IF NOT EXISTS 'b'", "SELECT 'b'::public.e", true),
        ("public.e ADD VALUE IF NOT EXISTS 'b'", "CREATE TABLE v (x public.e DEFAULT 'b')", true),
        ("public.e ADD VALUE IF NOT EXISTS 'b'", "SELECT CAST('b' AS public.e)", true),
        ("e ADD VALUE 'b'", "SELECT 'b'::e", true),
        // The role's path may contain `s`.
        ("public.e ADD VALUE 'b'", "SELECT 'b'::e", false),
        ("public.e ADD VALUE 'b'", "SELECT 'b'::s.e", false),
        ("public.e ADD VALUE 'b'", "SET LOCAL search_path = s; SELECT 'b'::e", false),
        ("e ADD VALUE 'b'", "SET LOCAL search_path = s, public; INSERT INTO t VALUES ('b')", false),
        ("public.e ADD VALUE 'b'", "SET LOCAL search_path = public; SELECT 'b'::e", true),
        ("e ADD VALUE 'b'", "INSERT INTO t VALUES ('b')", false),
        (
            "e ADD VALUE 'b'",
            "ALTER TYPE e RENAME TO f; CREATE TYPE e AS ENUM ('a', 'b'); SELECT 'b'::e",
            false,
        ),
        ("public.e ADD VALUE 'b'", "ALTER TYPE public.e RENAME TO f; SELECT 'b'::f", true),
        (
            "e ADD VALUE 'b'",
            "DROP TABLE u; DROP TYPE e; CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE v (x e DEFAULT 'b')",
            false,
        ),
        (
            "e ADD VALUE 'b'",
            "CREATE SCHEMA z; CREATE TYPE z.e AS ENUM ('b'); SELECT 'b'::z.e",
            false,
        ),
        ("\"E\" ADD VALUE 'b'", "SELECT 'b'::e", false),
        ("\"E\" ADD VALUE 'b'", "SELECT 'b'::\"E\"", true),
        ("elsewhere.e ADD VALUE IF NOT EXISTS 'b'", "SELECT 'b'::elsewhere.e", false),
    ] {
        let found = errors(&[(made, ""), (&format!("ALTER TYPE {add}; {used}"), "")]);
        let said = found.len() == 1 && found[0].starts_with("the new enum value 'b'");
        assert_eq!(said, is_refused, "{add} / {used}: {found:?}");
        assert!(said || found.is_empty(), "{add} / {used}: {found:?}");
    }
}

#[test]
fn partitioned_tables_are_rebuilt_outside() {
    let table = "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE t (a int); CREATE INDEX pi ON p (a); CREATE INDEX ti ON t (a)";
    for (statement, expected) in [
        ("REINDEX TABLE p", Some("REINDEX of a partitioned table")),
        ("REINDEX (VERBOSE) INDEX pi", Some("REINDEX of a partitioned table")),
        ("CLUSTER p USING pi", Some("CLUSTER of a partitioned table")),
        ("REINDEX TABLE t", None),
        ("REINDEX INDEX ti", None),
        ("CLUSTER t USING ti", None),
    ] {
        let found = errors(&[(&format!("{table}; {statement}"), "")]);
        match expected {
            Some(expected) => {
                assert!(found.len() == 1 && found[0].contains(expected), "{statement}: {found:?}");
            }
            None => assert_eq!(found, [""; 0], "{statement}"),
        }
    }
}

/// A subscription with a slot is dropped outside of a transaction; `NONE` means no slot.
#[test]
fn subscriptions_with_a_slot_are_dropped_outside() {
    let make = "CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false)";
    let bare = "CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false, slot_name = NONE)";
    for (first, drops, is_refused) in [
        (make, "DROP SUBSCRIPTION s", true),
        (make, "ALTER SUBSCRIPTION s DISABLE; DROP SUBSCRIPTION IF EXISTS S", true),
        (make, "ALTER SUBSCRIPTION s RENAME TO t; DROP SUBSCRIPTION t", true),
        (
            make,
            "ALTER SUBSCRIPTION s DISABLE; ALTER SUBSCRIPTION s SET (slot_name = NONE); DROP SUBSCRIPTION s",
            false,
        ),
        (bare, "DROP SUBSCRIPTION s", false),
        (bare, "ALTER SUBSCRIPTION s SET (slot_name = 's'); DROP SUBSCRIPTION s", false),
        ("SELECT 1", "DROP SUBSCRIPTION s", false),
        (
            "SELECT 1",
            &format!("SAVEPOINT a; {make}; ROLLBACK TO a; DROP SUBSCRIPTION IF EXISTS s"),
            false,
        ),
        (make, "DROP SUBSCRIPTION t", false),
        (
            make,
            "DO $$ BEGIN ALTER SUBSCRIPTION s SET (slot_name = NONE); END $$; DROP SUBSCRIPTION s",
            false,
        ),
        (make, "SELECT made_elsewhere(); DROP SUBSCRIPTION s", false),
    ] {
        let found = errors(&[(first, ""), (drops, "")]);
        let expected = "DROP SUBSCRIPTION of one with a replication slot";
        let said = found.len() == 1 && found[0].contains(expected);
        assert_eq!(said, is_refused, "{first} / {drops}: {found:?}");
        assert!(said || found.is_empty(), "{first} / {drops}: {found:?}");
    }
    // The next revision starts with what the downgrade dropped.
    let found = errors(&[(make, "DROP SUBSCRIPTION s"), ("DROP SUBSCRIPTION s", make)]);
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn what_is_rolled_back_to_a_savepoint_was_never() {
    check(
        "SAVEPOINT s; CREATE TABLE z (a int); ROLLBACK TO SAVEPOINT s; CREATE TABLE z (b int)",
        &[],
    );
    check(
        "SAVEPOINT s; CREATE TABLE z (a int); ROLLBACK WORK TO s; DROP TABLE z",
        &["there is no table `z`"],
    );
    check(
        "SAVEPOINT s; CREATE TABLE z (a int); RELEASE s; CREATE TABLE z (b int)",
        &["table `z` already exists"],
    );
}

#[test]
fn types_of_other_databases() {
    check("CREATE TABLE t (a datetime)", &["there is no type `datetime`"]);
    check(
        "CREATE TABLE t (a tinyint, b longtext)",
        &["there is no type `tinyint`", "there is no type `longtext`"],
    );
    check("CREATE DOMAIN datetime AS timestamp; CREATE TABLE t (a datetime)", &[]);
    check("SELECT made_elsewhere(); CREATE TABLE t (a datetime)", &[]);
    check("CREATE TABLE t (a elsewhere.datetime)", &[]);
}
