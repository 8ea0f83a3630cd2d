//! Statistics and the rarer kinds: each is seen, and what changes about it.

use crate::pairs::Pairs;

#[test]
fn statistics() {
    let mut pairs = Pairs::new("statistics");
    let t = "CREATE TABLE t (a int, b int)";
    let shown = "CREATE STATISTICS public.s (ndistinct) ON a, b FROM public.t";
    let before = format!("{t}; {shown}");
    pairs.check(t, shown, &[&format!("+ statistics s {shown}")]);
    pairs.check(
        &before,
        "ALTER STATISTICS s SET STATISTICS 7",
        &[&format!("~ statistics s: {shown} -> {shown} target 7")],
    );
    pairs.check(
        &before,
        "COMMENT ON STATISTICS s IS 'x'",
        &[&format!("~ statistics s: {shown} -> {shown} commented \"x\"")],
    );
    pairs.check(&before, "DROP STATISTICS s; CREATE STATISTICS s (mcv) ON a, b FROM t", &[
        "~ statistics s: CREATE STATISTICS public.s (ndistinct) ON a, b FROM public.t -> CREATE STATISTICS public.s (mcv) ON a, b FROM public.t",
    ]);
    pairs.done();
}

#[test]
fn the_rare_kinds() {
    let mut pairs = Pairs::new("rare");
    let function = "CREATE FUNCTION f(int, int) RETURNS boolean LANGUAGE sql AS 'SELECT true'";
    let event = "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'";
    for (before, change, expected) in [
        ("", "CREATE COLLATION c (LOCALE = 'C')", "+ collation public.c"),
        (
            "CREATE COLLATION c (LOCALE = 'C')",
            "COMMENT ON COLLATION c IS 'x'",
            "~ collation public.c",
        ),
        (
            "CREATE COLLATION c (LOCALE = 'C')",
            "DROP COLLATION c; CREATE COLLATION c (LC_COLLATE = 'C', LC_CTYPE = 'POSIX')",
            "~ collation public.c",
        ),
        (
            "CREATE TYPE k AS (a int)",
            "CREATE CAST (k AS text) WITH INOUT",
            "+ cast (public.k AS pg_catalog.text)",
        ),
        (
            function,
            "CREATE OPERATOR === (FUNCTION = f, LEFTARG = int, RIGHTARG = int)",
            "+ operator public.===(integer,integer) CREATE OPERATOR public.=== (FUNCTION = public.f",
        ),
        ("", "CREATE OPERATOR FAMILY o USING btree", "+ operator family public.o USING btree"),
        (
            "CREATE OPERATOR FAMILY o USING btree",
            "ALTER OPERATOR FAMILY o USING btree ADD OPERATOR 1 < (int, int)",
            "~ operator family public.o USING btree",
        ),
        (
            event,
            "CREATE EVENT TRIGGER g ON ddl_command_end EXECUTE FUNCTION e()",
            "+ event trigger g",
        ),
        ("", "CREATE FOREIGN DATA WRAPPER w", "+ foreign-data wrapper w"),
        ("CREATE FOREIGN DATA WRAPPER w", "CREATE SERVER s FOREIGN DATA WRAPPER w", "+ server s"),
        (
            "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w",
            "ALTER SERVER s OPTIONS (host 'h')",
            "~ server s",
        ),
        ("", "CREATE PUBLICATION p", "+ publication p"),
        (
            "CREATE TABLE t (); CREATE PUBLICATION p",
            "ALTER PUBLICATION p ADD TABLE t",
            "~ publication p",
        ),
        ("CREATE PUBLICATION p", "ALTER PUBLICATION p SET (publish = 'insert')", "~ publication p"),
        (
            "",
            "CREATE TEXT SEARCH CONFIGURATION c (COPY = simple)",
            "+ text search configuration public.c",
        ),
        (
            "CREATE TEXT SEARCH CONFIGURATION c (COPY = simple)",
            "ALTER TEXT SEARCH CONFIGURATION c DROP MAPPING FOR int",
            "~ text search configuration public.c",
        ),
        (
            "",
            "CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple)",
            "+ text search dictionary public.d",
        ),
        ("", "CREATE TYPE shell", "+ type public.shell"),
        ("", "CREATE ACCESS METHOD m TYPE TABLE HANDLER heap_tableam_handler", "+ access method m"),
        (
            "",
            "CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
            "+ conversion public.c",
        ),
        ("", "CREATE LANGUAGE l HANDLER plpgsql_call_handler", "+ language l"),
    ] {
        let (one, other) = (pairs.catalog(before), pairs.catalog(&format!("{before}; {change}")));
        let found = one.differences(&other);
        let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 1, "{change}: {lines:?}");
        assert!(lines[0].starts_with(expected), "{change}: {lines:?}");
    }
    pairs.check(
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w",
        "CREATE FOREIGN TABLE t (a int OPTIONS (x 'y')) SERVER s OPTIONS (b 'c')",
        &["+ foreign table t (a) server s options (b=c)"],
    );
    pairs.done();
}
