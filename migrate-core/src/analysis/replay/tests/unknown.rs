//! Tests of present, absent and unknown names: pairs of upgrade and downgrade that a server
//! accepts, after a statement that cannot be followed.

use super::errors;

/// Statements in an earlier revision that cannot be followed.
const BLINDING: [&str; 5] = [
    "DO $$ BEGIN EXECUTE 'select 1'; END $$",
    "DO $$ BEGIN EXECUTE made_elsewhere(); END $$",
    "DO $$ DECLARE r record; BEGIN FOR r IN SELECT 1 LOOP EXECUTE format('DROP TABLE %I', r); END LOOP; END $$",
    "SELECT made_elsewhere()",
    "CALL made_elsewhere()",
];

/// Runs up and down, after objects created before and after the blinding statement.
#[test]
fn what_comes_back_is_no_error() {
    for blinding in BLINDING {
        for (before, behind, up, down) in [
            ("", "", "CREATE TYPE vs AS ENUM ('a')", "DROP TYPE vs"),
            ("", "", "CREATE TYPE z AS (a int)", "DROP TYPE z"),
            ("", "", "CREATE DOMAIN d AS text", "DROP DOMAIN d"),
            ("", "", "CREATE TYPE span AS RANGE (subtype = float8)", "DROP TYPE span"),
            (
                "",
                "",
                "CREATE FUNCTION z(a int, b text) RETURNS int LANGUAGE sql AS 'select 1'",
                "DROP FUNCTION z(int, text)",
            ),
            ("", "", "CREATE TABLE x (id serial PRIMARY KEY)", "DROP TABLE x"),
            (
                "CREATE TABLE u (a int)",
                "",
                "CREATE TYPE vs AS ENUM ('a'); ALTER TABLE u ADD COLUMN m vs",
                "ALTER TABLE u DROP COLUMN m; DROP TYPE vs",
            ),
            ("", "CREATE TABLE x (a int, b int)", "DROP TABLE x", "CREATE TABLE x (a int, b int)"),
            ("CREATE TABLE x (a int, b int)", "", "DROP TABLE x", "CREATE TABLE x (a int, b int)"),
            (
                "CREATE TABLE x (a int)",
                "ALTER TABLE x ADD COLUMN note text",
                "ALTER TABLE x DROP COLUMN note",
                "ALTER TABLE x ADD COLUMN note text",
            ),
            (
                "CREATE TABLE x (a int)",
                "CREATE INDEX i ON x (a)",
                "DROP INDEX i",
                "CREATE INDEX i ON x (a)",
            ),
            (
                "CREATE TABLE x (a int, b int)",
                "CREATE INDEX i ON x (a)",
                "DROP INDEX i; CREATE INDEX i ON x (b)",
                "DROP INDEX i; CREATE INDEX i ON x (a)",
            ),
            (
                "CREATE TABLE x (a int, b int)",
                "CREATE VIEW g AS SELECT a FROM x",
                "DROP VIEW g; CREATE VIEW g AS SELECT b FROM x",
                "DROP VIEW g; CREATE VIEW g AS SELECT a FROM x",
            ),
            (
                "CREATE TYPE m AS ENUM ('a')",
                "",
                "ALTER TYPE m RENAME TO n; CREATE TYPE m AS ENUM ('a', 'b'); DROP TYPE n",
                "ALTER TYPE m RENAME TO n; CREATE TYPE m AS ENUM ('a'); DROP TYPE n",
            ),
            (
                "",
                "",
                "CREATE TYPE m AS ENUM ('a'); CREATE TABLE t (a int, v m); ALTER TYPE m RENAME TO n; CREATE TYPE m AS ENUM ('a', 'b')",
                "DROP TABLE t; DROP TYPE m; DROP TYPE n",
            ),
            ("", "CREATE TABLE m (a int)", "DROP TABLE m; CREATE TABLE m (a int)", "SELECT 1"),
            (
                "CREATE TABLE x (a int CONSTRAINT k CHECK (a > 0))",
                "",
                "ALTER TABLE x DROP CONSTRAINT k",
                "ALTER TABLE x ADD CONSTRAINT k CHECK (a > 0)",
            ),
            (
                "CREATE TABLE x (a int)",
                "",
                "ALTER TABLE x RENAME a TO b",
                "ALTER TABLE x RENAME b TO a",
            ),
            (
                "CREATE TABLE x (a int)",
                "",
                "ALTER TABLE x RENAME TO y",
                "ALTER TABLE y RENAME TO x",
            ),
            (
                "CREATE TABLE x (a int)",
                "",
                "ALTER TABLE x ALTER a SET NOT NULL",
                "ALTER TABLE x ALTER a DROP NOT NULL",
            ),
            ("CREATE SCHEMA s", "", "CREATE TABLE s.x (a int)", "DROP TABLE s.x"),
            (
                "CREATE SCHEMA s; CREATE SCHEMA r; CREATE TABLE s.x (a int); CREATE INDEX i ON s.x (a); CREATE FUNCTION s.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "",
                "ALTER TABLE s.x SET SCHEMA r; ALTER FUNCTION s.f(int) SET SCHEMA r; ALTER INDEX r.i RENAME TO j; DROP SCHEMA s",
                "CREATE SCHEMA s; ALTER INDEX r.j RENAME TO i; ALTER TABLE r.x SET SCHEMA s; ALTER FUNCTION r.f SET SCHEMA s",
            ),
            ("CREATE SEQUENCE q", "", "DROP SEQUENCE q", "CREATE SEQUENCE q"),
            (
                "CREATE TABLE x (a int); CREATE POLICY p ON x",
                "",
                "DROP POLICY p ON x",
                "CREATE POLICY p ON x",
            ),
        ] {
            let first = format!("{before}; {blinding}; {behind}");
            assert_eq!(errors(&[(&first, ""), (up, down)]), [""; 0], "{first} / {up} / {down}");
            // In the same section, up and down.
            let (up, down) = (format!("{blinding}; {up}"), format!("{blinding}; {down}"));
            let first = format!("SELECT 1; {before}; {behind}");
            assert_eq!(errors(&[(&first, ""), (&up, &down)]), [""; 0], "{first} / {up} / {down}");
        }
    }
}

/// What the upgrade itself shows counts, whatever was known before.
#[test]
fn what_a_statement_shows_is_known() {
    for (up, expected) in [
        ("CREATE TYPE vs AS ENUM ('a')", "the downgrade leaves type `vs` behind"),
        ("CREATE TABLE x (a int)", "the downgrade leaves table `x` behind"),
        ("ALTER TABLE t ADD COLUMN b int", "the downgrade leaves column `t.b` behind"),
        (
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'select 1'",
            "the downgrade leaves function `f()` behind",
        ),
    ] {
        for blinding in ["DO $$ BEGIN EXECUTE made_elsewhere(); END $$", "SELECT made_elsewhere()"]
        {
            let first = format!("CREATE TABLE u (); {blinding}; CREATE TABLE t (a int)");
            let found = errors(&[(&first, ""), (up, "SELECT 1")]);
            assert!(found.len() == 1 && found[0].starts_with(expected), "{up}: {found:?}");
        }
    }
    for (up, expected) in [
        ("DROP FUNCTION f(int); DROP FUNCTION f(int)", "there is no function `f(integer)`"),
        ("CREATE TABLE x (); CREATE TABLE x ()", "table `x` already exists"),
        ("DROP TABLE x; ALTER TABLE x ADD a int", "there is no table `x`"),
    ] {
        let found = errors(&[("SELECT made_elsewhere()", ""), (up, "")]);
        assert!(found.len() == 1 && found[0].starts_with(expected), "{up}: {found:?}");
    }
}

/// Only the names that a text with this beginning can affect are unknown.
#[test]
fn a_constant_beginning_says_how_far() {
    let wrong = "DROP TABLE users";
    for executed in [
        "'GRANT SELECT ON ' || t || ' TO reader'",
        "format('ALTER TABLE %I OWNER TO app', t)",
        "'CREATE TRIGGER set_updated_at BEFORE UPDATE ON ' || t || ' EXECUTE FUNCTION f()'",
        "'ALTER TABLE t DROP CONSTRAINT ' || quote_ident(c)",
        "format('COMMENT ON TABLE %I IS %L', t, x)",
        "'SELECT count(*) FROM ' || t",
        "'DROP POLICY p ON ' || t",
    ] {
        let up = format!("CREATE TABLE t (a int); DO $$ BEGIN EXECUTE {executed}; END $$; {wrong}");
        let found = errors(&[(&up, "")]);
        assert!(
            found.len() == 1 && found[0].starts_with("there is no table `users`"),
            "{up}: {found:?}"
        );
    }
    for executed in
        ["'CREATE TABLE ' || t", "format('ALTER TABLE %I RENAME TO %I', t, u)", "f()", "t"]
    {
        let up = format!("CREATE TABLE t (a int); DO $$ BEGIN EXECUTE {executed}; END $$; {wrong}");
        assert_eq!(errors(&[(&up, "")]), [""; 0], "{up}");
    }
}

#[test]
fn the_same_types_in_another_spelling() {
    for (first, up, down) in [
        (
            "SELECT 1",
            "CREATE FUNCTION g(int[]) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "DROP FUNCTION g(_int4)",
        ),
        (
            "CREATE TABLE t (c int)",
            "-- migrate:allow(needs-server): 18 alone\nALTER TABLE t ADD CONSTRAINT k NOT NULL c",
            "ALTER TABLE t DROP CONSTRAINT k",
        ),
        (
            "-- migrate:allow(needs-server): 18 alone\nCREATE TABLE t (c int, CONSTRAINT k NOT NULL c)",
            "ALTER TABLE t DROP CONSTRAINT k",
            "-- migrate:allow(needs-server): 18 alone\nALTER TABLE t ADD CONSTRAINT k NOT NULL c",
        ),
        (
            "CREATE TABLE t (c int)",
            "ALTER TABLE t ALTER c SET NOT NULL",
            "ALTER TABLE t DROP CONSTRAINT t_c_not_null",
        ),
        (
            "CREATE TABLE p (a int, k int) PARTITION BY LIST (k); CREATE TABLE p1 PARTITION OF p DEFAULT; CREATE INDEX i ON p (a)",
            "DROP INDEX i; CREATE INDEX p1_a_idx ON p1 (a)",
            "CREATE INDEX i ON p (a)",
        ),
        (
            "CREATE TABLE p (a int, k int) PARTITION BY LIST (k); CREATE TABLE p1 PARTITION OF p DEFAULT; CREATE INDEX i ON p (a)",
            "DROP INDEX i; ALTER TABLE p DETACH PARTITION p1; CREATE INDEX p1_a_idx ON p1 (a)",
            "CREATE INDEX i ON p (a); ALTER TABLE p ATTACH PARTITION p1 DEFAULT",
        ),
        (
            "CREATE TABLE t (c int NOT NULL)",
            "ALTER TABLE t RENAME CONSTRAINT t_c_not_null TO k; COMMENT ON CONSTRAINT k ON t IS 'x'",
            "ALTER TABLE t RENAME CONSTRAINT k TO t_c_not_null",
        ),
        (
            "CREATE TABLE t (c int); CREATE TYPE m AS ENUM ('a')",
            "SELECT set_config('search_path', 'public', false); ALTER TABLE t RENAME TO u; ALTER TYPE m RENAME TO n; CREATE TYPE m AS ENUM ('b')",
            "DROP TYPE m; ALTER TABLE u RENAME TO t; ALTER TYPE n RENAME TO m",
        ),
        (
            "CREATE TABLE t (c int); CREATE TYPE m AS ENUM ('a')",
            "SELECT set_config('search_path', current_schema(), false); ALTER TABLE t RENAME TO u; ALTER TYPE m RENAME TO n; CREATE TYPE m AS ENUM ('b')",
            "DROP TYPE m; ALTER TABLE u RENAME TO t; ALTER TYPE n RENAME TO m",
        ),
        (
            "CREATE TYPE m AS ENUM ('a'); CREATE FUNCTION f(x m) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE OR REPLACE FUNCTION public.f(x public.m) RETURNS int LANGUAGE sql AS 'SELECT 2'",
            "CREATE OR REPLACE FUNCTION f(x m) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        ),
        (
            "SELECT 1",
            "CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "DROP FUNCTION f(pg_catalog.int4)",
        ),
        (
            "SELECT 1",
            "CREATE FUNCTION f(x varchar(10), y timestamptz) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "DROP FUNCTION f(character varying, timestamp with time zone)",
        ),
        (
            "CREATE TABLE t (id int)",
            "CREATE FUNCTION f(x t.id%TYPE) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "DROP FUNCTION f(integer)",
        ),
        (
            "CREATE TABLE t (id int)",
            "CREATE FUNCTION f(x t) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "DROP FUNCTION f(public.t)",
        ),
        (
            "CREATE EXTENSION citext",
            "CREATE FUNCTION f(x citext) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "DROP FUNCTION f(public.citext)",
        ),
        (
            "CREATE TYPE m AS ENUM ('a'); CREATE FUNCTION f(x m) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "ALTER TYPE m RENAME TO n; DROP FUNCTION f(n)",
            "CREATE FUNCTION f(x n) RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER TYPE n RENAME TO m",
        ),
        (
            "CREATE TYPE m AS ENUM ('a'); CREATE SCHEMA s",
            "CREATE FUNCTION f(x m[]) RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER TYPE m SET SCHEMA s",
            "DROP FUNCTION f(s.m[]); ALTER TYPE s.m SET SCHEMA public",
        ),
    ] {
        assert_eq!(errors(&[(first, ""), (up, down)]), [""; 0], "{first} / {up} / {down}");
    }
    let made =
        "CREATE TYPE m AS ENUM (); CREATE FUNCTION f(m) RETURNS int LANGUAGE sql AS 'SELECT 1'";
    let found = errors(&[
        (made, ""),
        ("CREATE FUNCTION f(public.m) RETURNS int LANGUAGE sql AS 'SELECT 1'", ""),
    ]);
    assert!(
        found.len() == 1 && found[0].starts_with("function `f(m)` already exists"),
        "{found:?}"
    );
}

#[test]
fn what_the_server_makes_along() {
    for (first, up, down) in [
        (
            "CREATE TABLE u (a int)",
            "CREATE SEQUENCE q; CREATE TABLE x AS TABLE u; ALTER SEQUENCE q OWNED BY x.a",
            "DROP TABLE x",
        ),
        (
            "CREATE SEQUENCE q",
            "CREATE TABLE x AS SELECT 1 AS id; ALTER SEQUENCE q OWNED BY x.id",
            "DROP TABLE x; CREATE SEQUENCE q",
        ),
        ("SELECT 1", "CREATE TYPE span AS RANGE (subtype = float8)", "DROP TYPE span"),
        (
            "SELECT 1",
            "CREATE TYPE span AS RANGE (subtype = float8, multirange_type_name = spans); CREATE TABLE t (a spans)",
            "DROP TABLE t; DROP TYPE span",
        ),
        (
            "SELECT 1",
            "CREATE TYPE daterange2 AS RANGE (subtype = date); CREATE TABLE t (a datemultirange2)",
            "DROP TABLE t; DROP TYPE daterange2",
        ),
        ("SELECT 1", "CREATE TYPE shell", "DROP TYPE shell"),
        ("CREATE TABLE t (a text)", "CREATE INDEX ON t (lower(a))", "DROP INDEX t_lower_idx"),
        (
            "CREATE TABLE t (a text, b text)",
            "CREATE INDEX ON t ((a || b))",
            "DROP INDEX t_expr_idx",
        ),
        (
            "CREATE TABLE t (a text); CREATE INDEX ON t (lower(a))",
            "DROP INDEX t_lower_idx",
            "CREATE INDEX ON t (lower(a))",
        ),
        ("SELECT 1", "CREATE TABLE t (id int); COPY t FROM PROGRAM 'echo 1'", "DROP TABLE t"),
        (
            "CREATE TYPE m AS ENUM ('a'); CREATE TABLE t (a m)",
            "ALTER TYPE m ADD VALUE IF NOT EXISTS 'b'",
            "-- migrate:allow(down): values stay\nSELECT 1",
        ),
    ] {
        assert_eq!(errors(&[(first, ""), (up, down)]), [""; 0], "{first} / {up} / {down}");
    }
    // It is reported in the file of the downgrade.
    let found =
        errors(&[("CREATE TYPE m AS ENUM ('a')", ""), ("ALTER TYPE m ADD VALUE 'b'", "SELECT 1")]);
    assert!(
        found.len() == 1 && found[0].contains(": r2.sql `'b'` the upgrade adds it here"),
        "{found:?}"
    );
    let found = errors(&[
        ("CREATE TYPE m AS ENUM ('a', 'b')", ""),
        ("DROP TYPE m", "CREATE TYPE m AS ENUM ('a')"),
    ]);
    assert!(
        found.len() == 1
            && found[0].contains(": r2.sql `-- migrate:down` this downgrade; r1.sql `'b'`"),
        "{found:?}"
    );
}

/// Each name was verified on a server.
#[test]
fn names_of_indexes_over_expressions() {
    let table = "CREATE TABLE t (a text, b text, c jsonb, d timestamp, n int)";
    for (keys, name) in [
        ("lower(a)", "t_lower_idx"),
        ("(a || b)", "t_expr_idx"),
        ("(c ->> 'x')", "t_expr_idx"),
        ("(n + 1), (n + 2)", "t_expr_expr1_idx"),
        ("a, lower(a), b) INCLUDE (n", "t_a_lower_b_n_idx"),
        ("date_trunc('day', d)", "t_date_trunc_idx"),
        ("extract(year from d)", "t_extract_idx"),
        ("substring(a from 1 for 2)", "t_substring_idx"),
        ("coalesce(a, b)", "t_coalesce_idx"),
        ("lower(a), lower(b)", "t_lower_lower1_idx"),
        ("pg_catalog.upper(a)", "t_upper_idx"),
        ("(lower(a) || 'x')", "t_expr_idx"),
        ("(a IS NULL)", "t_expr_idx"),
        ("(-n)", "t_expr_idx"),
    ] {
        let up = format!("{table}; CREATE INDEX ON t ({keys}); CREATE INDEX {name} ON t (a)");
        let found = errors(&[(&up, "")]);
        let expected = format!("index `{name}` already exists");
        assert!(found.len() == 1 && found[0].starts_with(&expected), "{keys}: {found:?}");
    }
    // For other expressions it is unknown.
    for keys in [
        "(a::varchar)",
        "(c['a'])",
        "(lower(a) COLLATE \"C\")",
        "trim(a)",
        "(d AT TIME ZONE 'UTC')",
    ] {
        for name in
            ["t_a_idx", "t_expr_idx", "t_c_idx", "t_lower_idx", "t_btrim_idx", "t_timezone_idx"]
        {
            let up = format!("{table}; CREATE INDEX ON t ({keys}); DROP INDEX {name}");
            assert_eq!(errors(&[(&up, "")]), [""; 0], "{up}");
        }
    }
}
