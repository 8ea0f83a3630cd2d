//! Tests: operators, aggregates and the like do not affect schemas and tables.

use super::errors;

/// Names that are created later under a search path are learnt.
#[test]
fn a_qualified_operator_does_not_hide_its_schema() {
    for statement in [
        "CREATE AGGREGATE public.ag(int) (SFUNC = int4pl, STYPE = int)",
        "CREATE OR REPLACE AGGREGATE public.ag(int) (SFUNC = int4pl, STYPE = int)",
        "CREATE AGGREGATE ag(int) (SFUNC = pg_catalog.int4pl, STYPE = int); COMMENT ON AGGREGATE public.ag(int) IS 'x'",
        "CREATE AGGREGATE ag(int) (SFUNC = int4pl, STYPE = int); ALTER AGGREGATE public.ag(int) RENAME TO ah; ALTER AGGREGATE ah(int) OWNER TO CURRENT_USER",
        "CREATE OPERATOR public.### (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl)",
        "CREATE OPERATOR ### (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl); COMMENT ON OPERATOR public.### (int, int) IS 'x'",
        "CREATE OPERATOR ### (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl); ALTER OPERATOR public.### (int, int) OWNER TO CURRENT_USER",
        "CREATE OPERATOR ### (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl); ALTER OPERATOR ### (int, int) SET SCHEMA public",
        "CREATE OPERATOR CLASS public.oc FOR TYPE int USING btree AS OPERATOR 1 <, FUNCTION 1 btint4cmp(int, int)",
        "CREATE OPERATOR FAMILY public.f USING btree; ALTER OPERATOR FAMILY public.f USING btree RENAME TO g",
        "CREATE OPERATOR FAMILY public.f USING btree; COMMENT ON OPERATOR FAMILY public.f USING btree IS 'x'; DROP OPERATOR FAMILY public.f USING btree",
    ] {
        let first = format!("{statement}; CREATE TABLE t (x int); CREATE TYPE e AS ENUM ('a')");
        for (up, down) in [
            ("DROP TABLE t", "SET search_path = public; CREATE TABLE t (x int)"),
            (
                "ALTER TYPE e RENAME TO e_old; CREATE TYPE e AS ENUM ('a', 'b'); DROP TYPE e_old",
                "SET search_path = public; ALTER TYPE e RENAME TO e_new; CREATE TYPE e AS ENUM ('a'); DROP TYPE e_new",
            ),
        ] {
            assert_eq!(errors(&[(&first, ""), (up, down)]), [""; 0], "{statement}");
            let both = format!("{statement}; {up}");
            let tables = "CREATE TABLE t (x int); CREATE TYPE e AS ENUM ('a')";
            assert_eq!(errors(&[(tables, ""), (&both, down)]), [""; 0], "{statement}");
        }
    }
}

/// Missing names are still reported.
#[test]
fn an_operator_hides_nothing() {
    let operator = "CREATE TABLE t (); CREATE OPERATOR public.### (LEFTARG = t, RIGHTARG = t, FUNCTION = f); \
                    CREATE CAST (t AS text) WITH FUNCTION public.g(t); DROP TABLE t; DROP TABLE t";
    let found = errors(&[(operator, "")]);
    assert!(found.len() == 1 && found[0].starts_with("there is no table `t`"), "{found:?}");
}
