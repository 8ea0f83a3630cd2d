//! Tests: dependents of temporary objects, and behaviour that depends on the server version.

use super::errors;

/// Chains of revisions, up and down, that servers accept. Sections may run in separate sessions.
#[test]
fn what_goes_with_a_session_is_not_known() {
    for up in [
        "CREATE TEMP TABLE tt (a int); CREATE VIEW v AS SELECT * FROM tt; CREATE VIEW v2 AS SELECT * FROM v",
        "CREATE TEMP SEQUENCE sq; CREATE VIEW v AS SELECT nextval('sq')",
        "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE VIEW v AS SELECT pg_temp.f()",
        "CREATE TEMP TABLE tt (a int); CREATE FUNCTION f(tt) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TEMP TABLE tt (a int); CREATE FUNCTION f() RETURNS tt LANGUAGE sql AS 'SELECT 1'",
        "CREATE TYPE pg_temp.ty AS (a int)",
        "CREATE TYPE pg_temp.ty AS (a int); CREATE TABLE ty (b int); DROP TABLE ty",
        "CREATE TEMP TABLE tt (a int); CREATE TABLE r (x int, y tt); DROP TABLE r",
        "CREATE DOMAIN pg_temp.d AS int; CREATE DOMAIN d2 AS pg_temp.d",
        "CREATE TEMP TABLE tt (a int); CREATE FUNCTION h() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM tt; END; \
         DROP TABLE tt CASCADE; CREATE FUNCTION h() RETURNS bigint LANGUAGE sql AS 'SELECT 1'",
    ] {
        assert_eq!(errors(&[(up, "SELECT 1")]), [""; 0], "{up}");
    }
    let alter = "CREATE TEMP TABLE tt (a int); ALTER TABLE r ADD y tt";
    let chain =
        [("CREATE TABLE r (x int)", "DROP TABLE r"), (alter, "SELECT 1"), (alter, "SELECT 1")];
    assert_eq!(errors(&chain), [""; 0]);
    // Unrelated objects are known.
    let up = "CREATE TEMP TABLE tt (a int); CREATE VIEW v AS SELECT 1";
    assert_eq!(errors(&[(up, "SELECT 1")]).len(), 1);
}

#[test]
fn what_versions_do_otherwise_is_not_known() {
    let inherited = [
        (
            "CREATE TABLE a (x int NOT NULL); CREATE TABLE b (x int NOT NULL) INHERITS (a)",
            "DROP TABLE b; DROP TABLE a",
        ),
        ("ALTER TABLE a ALTER x DROP NOT NULL", "ALTER TABLE a ALTER x SET NOT NULL"),
        ("ALTER TABLE b ALTER x DROP NOT NULL", "SELECT 1"),
    ];
    assert_eq!(errors(&inherited), [""; 0]);
    let like = "CREATE TABLE a (x int CONSTRAINT nn NOT NULL); CREATE TABLE b (LIKE a); ALTER TABLE b DROP CONSTRAINT nn";
    assert_eq!(errors(&[(like, "DROP TABLE b; DROP TABLE a")]), [""; 0]);
    let rule = "CREATE TABLE v (a int); CREATE RULE \"_RETURN\" AS ON SELECT TO v DO INSTEAD SELECT 1 AS a";
    assert_eq!(errors(&[(rule, "DROP VIEW v")]), [""; 0]);
}

/// Two spellings of one type.
#[test]
fn modifiers_that_the_server_keeps_alike() {
    for (first, second, is_same) in [
        ("numeric(5)", "numeric(5,0)", true),
        ("decimal(10, 0)[]", "numeric(10)[]", true),
        ("numeric(5)", "numeric(5,1)", false),
        ("timestamp(7)", "timestamp(6)", true),
        ("timestamptz(8)", "timestamptz(6)", true),
        ("time(9)", "time(6)", true),
        ("interval(7)", "interval(6)", true),
        ("timestamp(5)", "timestamp(6)", false),
        ("pg_catalog.numeric(5)", "pg_catalog.numeric(5,0)", true),
    ] {
        let chain = [
            (format!("CREATE TABLE t (a {first})"), "DROP TABLE t".to_owned()),
            ("ALTER TABLE t DROP a".to_owned(), format!("ALTER TABLE t ADD a {second}")),
        ];
        let chain = chain.each_ref().map(|(up, down)| (up.as_str(), down.as_str()));
        assert_eq!(errors(&chain).is_empty(), is_same, "{first} {second}");
    }
}

/// The names that the server chooses for checks.
#[test]
fn checks_that_name_more_than_plain_columns() {
    for (check, name) in [
        ("t.a > 0", "t_a_check"),
        ("tableoid > 0", "t_tableoid_check"),
        ("(t.a) > 0 AND ctid IS NOT NULL", "t_check"),
    ] {
        let up = format!(
            "CREATE TABLE t (a int, CHECK ({check})); ALTER TABLE t DROP CONSTRAINT {name}"
        );
        assert_eq!(errors(&[(up.as_str(), "DROP TABLE t")]), [""; 0], "{check}");
    }
}
