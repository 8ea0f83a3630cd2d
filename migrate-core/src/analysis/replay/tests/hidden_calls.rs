//! Tests: functions that change the schema and run without an explicit call.

use super::{check, errors};

const MK: &str =
    "LANGUAGE plpgsql AS $$ BEGIN CREATE TABLE IF NOT EXISTS made (a int); RETURN NULL; END $$";

/// A server accepts each of these: the table exists. Without the function it does not.
#[test]
fn what_runs_unseen_may_have_made_it() {
    for (before, runs) in [
        (
            "CREATE FUNCTION mk(int, int) RETURNS int {MK}; CREATE OPERATOR === (FUNCTION = mk, LEFTARG = int, RIGHTARG = int)",
            "SELECT 1 === 2",
        ),
        (
            "CREATE FUNCTION mk(int, int) RETURNS int {MK}; CREATE OPERATOR public.=== (LEFTARG = int, RIGHTARG = int, PROCEDURE = public.mk)",
            "SELECT 1 OPERATOR(public.===) 2",
        ),
        (
            "CREATE FUNCTION mk(int, int) RETURNS int {MK}; CREATE OPERATOR === (FUNCTION = mk, LEFTARG = int, RIGHTARG = int)",
            "DO $$ BEGIN PERFORM 1 === 2; END $$",
        ),
        (
            "CREATE FUNCTION mk(int, int) RETURNS int {MK}; CREATE OPERATOR === (FUNCTION = mk, LEFTARG = int, RIGHTARG = int); \
             CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1 === 2'",
            "SELECT f()",
        ),
        (
            "CREATE TYPE m AS ENUM ('a'); CREATE FUNCTION mk(m) RETURNS int {MK}; CREATE CAST (m AS int) WITH FUNCTION mk(m) AS IMPLICIT",
            "SELECT 1 + 'a'::m",
        ),
        ("CREATE TABLE t (a int); CREATE FUNCTION mk(t) RETURNS int {MK}", "SELECT t.mk FROM t"),
        (
            "CREATE TABLE t (a int); CREATE FUNCTION mk(t) RETURNS int {MK}",
            "SELECT (x).mk FROM t x",
        ),
        (
            "CREATE TABLE t (a int); CREATE FUNCTION f(t) RETURNS int {MK}; ALTER FUNCTION f(t) RENAME TO g",
            "SELECT t.g FROM t",
        ),
        (
            "CREATE TABLE t (a int); CREATE TABLE u (a int); CREATE FUNCTION mk() RETURNS trigger {MK}; \
             CREATE TRIGGER tr BEFORE INSERT ON u FOR EACH ROW EXECUTE FUNCTION mk(); \
             CREATE RULE r AS ON INSERT TO t DO ALSO INSERT INTO u VALUES (NEW.a)",
            "INSERT INTO t VALUES (1)",
        ),
        (
            "CREATE TABLE u (a int); CREATE VIEW v AS SELECT 1 AS a; CREATE FUNCTION mk() RETURNS trigger {MK}; \
             CREATE TRIGGER tr BEFORE UPDATE ON u FOR EACH ROW EXECUTE FUNCTION mk(); \
             CREATE RULE r AS ON DELETE TO v DO INSTEAD UPDATE u SET a = 1",
            "DELETE FROM v",
        ),
    ] {
        let before = before.replace("{MK}", MK);
        let runs = format!("{runs}; ALTER TABLE made ADD COLUMN b int");
        assert_eq!(errors(&[(&before, ""), (&runs, "")]), [""; 0], "{before} / {runs}");
    }
}

/// A server accepts these, too: the string may have created an overload of a built-in function.
#[test]
fn a_computed_string_may_make_any_function() {
    let made = |name: &str, rest: &str, body: &str| {
        format!(
            "CREATE TABLE users (a int); DO $$ DECLARE n text; BEGIN SELECT 'lower' INTO n; \
             EXECUTE 'CREATE FUNCTION ' || {name} || '{rest} LANGUAGE plpgsql AS $x$ BEGIN {body}; RETURN NULL; END $x$'; END $$"
        )
    };
    let table = "CREATE TABLE IF NOT EXISTS made (a int)";
    let computed = "CREATE TABLE ' || n || 'made (a int)";
    let trigger = "CREATE TABLE t (a int); CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'; \
                   CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION g()";
    for (first, runs) in [
        (made("n", "(int) RETURNS int", table), "SELECT lower(1)"),
        (made("quote_ident(n)", "(int) RETURNS int", table), "SELECT lower(1)"),
        (made("n", "(int) RETURNS int", computed), "SELECT lower(1)"),
        (made("'lower' || ''", "(int) RETURNS int", computed), "SELECT lower(1)"),
        (
            format!("{trigger}; {}", made("n", "() RETURNS trigger", table)),
            "INSERT INTO t VALUES (1)",
        ),
    ] {
        let runs = format!("{runs}; ALTER TABLE made ADD COLUMN b int");
        assert_eq!(errors(&[(&first, ""), (&runs, "")]), [""; 0], "{first} / {runs}");
    }
    // A function that does not change the schema, and a trigger function where no trigger fires.
    for first in
        [made("n", "(int) RETURNS int", "PERFORM 1"), made("n", "() RETURNS trigger", table)]
    {
        let found = errors(&[(&first, ""), ("SELECT lower(1); ALTER TABLE made ADD b int", "")]);
        assert!(found.len() == 1 && found[0].starts_with("there is no table `made`"), "{found:?}");
    }
}

/// Statements that run none of these are checked as usual.
#[test]
fn what_runs_nothing_is_checked() {
    let made = format!(
        "CREATE TABLE t (a int); CREATE FUNCTION mk(t) RETURNS int {MK}; CREATE FUNCTION mk(int, int) RETURNS int {MK}; \
         CREATE OPERATOR === (FUNCTION = mk, LEFTARG = int, RIGHTARG = int)"
    );
    for runs in ["SELECT t.a FROM t WHERE t.a = 1", "INSERT INTO t VALUES (1)"] {
        check(
            &format!("{made}; {runs}; ALTER TABLE made ADD b int"),
            &["there is no table `made`"],
        );
    }
}
