//! Tests: where unqualified names resolve at the start of a session.

use super::errors;

/// A server accepts each of these if the role is named like the schema.
#[test]
fn a_schema_may_have_the_name_of_the_role() {
    for (up, down) in [
        (
            "CREATE SCHEMA app; CREATE TABLE t (x int); CREATE TABLE public.t (y int); ALTER TABLE app.t RENAME x TO z",
            "DROP TABLE t, public.t; DROP SCHEMA app",
        ),
        (
            "CREATE SCHEMA app; CREATE TABLE public.t (y int); CREATE TABLE t (x int); ALTER TABLE t RENAME x TO z; ALTER TABLE public.t RENAME y TO x",
            "DROP TABLE t; DROP TABLE public.t; DROP SCHEMA app",
        ),
        (
            "CREATE SCHEMA app; CREATE TABLE t (x int); ALTER TABLE app.t ADD y int",
            "DROP TABLE app.t; DROP SCHEMA app",
        ),
        ("CREATE SCHEMA app; CREATE TYPE m AS ENUM ('a')", "DROP TYPE app.m; DROP SCHEMA app"),
        ("CREATE SCHEMA app; CREATE TABLE t (x int)", "DROP SCHEMA app CASCADE"),
        (
            "CREATE SCHEMA AUTHORIZATION app; CREATE TABLE t (x int); CREATE INDEX i ON t (x); ALTER TABLE app.t ADD y int",
            "DROP SCHEMA app CASCADE",
        ),
        (
            "CREATE TABLE t (a int); CREATE SCHEMA app AUTHORIZATION app; CREATE TABLE t (x int)",
            "DROP TABLE t; DROP SCHEMA app; DROP TABLE t",
        ),
        (
            "CREATE TABLE t (a int); CREATE SCHEMA AUTHORIZATION CURRENT_USER; CREATE TABLE t (x int)",
            "DROP TABLE t; DROP TABLE t",
        ),
        (
            "CREATE TABLE t (a int); CREATE SCHEMA postgres; CREATE TABLE t (x int)",
            "DROP TABLE t; DROP SCHEMA postgres; DROP TABLE t",
        ),
    ] {
        assert_eq!(errors(&[("SELECT 1", ""), (up, down)]), [""; 0], "{up} / {down}");
    }
}

/// A schema of the chain does not prevent checks whose result is the same in both schemas.
#[test]
fn names_beside_a_schema_are_checked() {
    for (up, down, expected) in [
        ("CREATE TABLE t (x int); CREATE TABLE t (y int)", "", "table `t` already exists"),
        (
            "CREATE TABLE public.t (x int); CREATE TABLE public.t (y int)",
            "",
            "table `t` already exists",
        ),
        ("CREATE TABLE t (x int); ALTER TABLE t RENAME y TO z", "", "there is no column `t.y`"),
        ("CREATE TABLE t (x int)", "SELECT 1", "the downgrade leaves table `t` behind"),
        ("ALTER TABLE old RENAME y TO z", "", "there is no column `old.y`"),
        (
            "CREATE TABLE t (x int)",
            "DROP SCHEMA none CASCADE; CREATE SCHEMA none",
            "the downgrade leaves",
        ),
        ("DROP TABLE t", "", "there is no table `t`"),
    ] {
        let first = "CREATE TABLE old (x int); CREATE SCHEMA app AUTHORIZATION somebody; CREATE TABLE app.u (a int); CREATE SCHEMA none";
        let found = errors(&[(first, ""), (up, down)]);
        assert!(found.len() == 1 && found[0].starts_with(expected), "{up} / {down}: {found:?}");
    }
}

/// `ALTER DATABASE … SET search_path` takes effect in the next session, which a revision may start.
#[test]
fn a_default_path_that_is_set_holds_later() {
    for sets in [
        "ALTER DATABASE d SET search_path = a",
        "ALTER DATABASE d SET search_path TO 'a', public",
        "ALTER ROLE r IN DATABASE d SET search_path = a",
        "ALTER USER r SET search_path FROM CURRENT",
        "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || quote_ident(current_database()) || ' SET search_path = a'; END $$",
    ] {
        let first =
            format!("CREATE SCHEMA a; {sets}; CREATE TABLE a.t (q int); CREATE TABLE o (q int)");
        for (up, down) in [
            ("CREATE TABLE n (x int); ALTER TABLE a.n ADD y int", "DROP TABLE a.n"),
            (
                "DROP TABLE t; CREATE TABLE public.t (x int); CREATE TABLE t (q int)",
                "DROP TABLE public.t",
            ),
            (
                "RESET search_path; CREATE TABLE n (x int); ALTER TABLE a.n ADD y int",
                "DROP TABLE a.n",
            ),
        ] {
            assert_eq!(errors(&[(&first, ""), (up, down)]), [""; 0], "{first} / {up} / {down}");
        }
        // Qualified names are checked.
        let found = errors(&[(&first, ""), ("CREATE TABLE a.t (q int)", "")]);
        assert!(
            found.len() == 1 && found[0].starts_with("table `a.t` already exists"),
            "{found:?}"
        );
    }
    for sets in [
        "ALTER ROLE r SET search_path = \"$user\", public, a",
        "ALTER DATABASE d SET timezone = 'UTC'",
        "ALTER ROLE r RESET search_path",
    ] {
        let first = format!("CREATE SCHEMA a; {sets}");
        let found = errors(&[(&first, ""), ("CREATE TABLE t (x int); DROP TABLE u", "")]);
        assert!(found.len() == 1 && found[0].starts_with("there is no table `u`"), "{found:?}");
    }
}
