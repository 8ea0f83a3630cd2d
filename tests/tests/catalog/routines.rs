//! Routines: each property that changes makes a difference.

use crate::pairs::Pairs;

#[test]
fn functions() {
    let mut pairs = Pairs::new("functions");
    let f = "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'";
    let shown = "CREATE OR REPLACE FUNCTION public.f(a integer) RETURNS integer LANGUAGE sql AS $function$SELECT 1$function$";
    pairs.check("", f, &[&format!("+ routine f(a integer) function as {shown}")]);
    pairs.check(
        f,
        "CREATE FUNCTION f(a text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        &[&format!("+ routine f(a text) function as {}", shown.replace("a integer", "a text"))],
    );
    // The lines are cut where they get long: that there is one is what counts.
    for change in [
        "IMMUTABLE",
        "STABLE",
        "STRICT",
        "SECURITY DEFINER",
        "LEAKPROOF",
        "PARALLEL SAFE",
        "COST 7",
        "SET search_path TO app",
        "OWNER TO CURRENT_USER; COMMENT ON FUNCTION f IS 'x'",
    ] {
        let (one, other) =
            (pairs.catalog(f), pairs.catalog(&format!("{f}; ALTER FUNCTION f {change}")));
        let kinds: Vec<String> = one.differences(&other).into_iter().map(|it| it.name).collect();
        assert_eq!(kinds, ["f(a integer)"], "{change}");
    }
    for change in [
        "f(a int) RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "f(a int DEFAULT 7) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "f(a int) RETURNS bigint LANGUAGE sql AS 'SELECT 1'",
        "f(a int) RETURNS SETOF int LANGUAGE sql AS 'SELECT 1'",
        "f(a int) RETURNS SETOF int LANGUAGE sql ROWS 7 AS 'SELECT 1'",
        "f(a int) RETURNS int LANGUAGE plpgsql AS 'BEGIN END'",
        "f(a int) RETURNS int LANGUAGE sql RETURN 1",
    ] {
        let (one, other) = (
            pairs.catalog(f),
            pairs.catalog(&format!("{f}; DROP FUNCTION f; CREATE FUNCTION {change}")),
        );
        let kinds: Vec<String> = one.differences(&other).into_iter().map(|it| it.name).collect();
        assert_eq!(kinds, ["f(a integer)"], "{change}");
    }
    pairs.check("", "CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'", &[
        "+ routine p() procedure as CREATE OR REPLACE PROCEDURE public.p() LANGUAGE sql AS $procedure$SELECT 1$procedure$",
    ]);
    pairs.done();
}

#[test]
fn aggregates() {
    let mut pairs = Pairs::new("aggregates");
    let aggregate = "CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int)";
    let plain = "FINALFUNC_MODIFY = r, MFINALFUNC_MODIFY = r";
    let start = "aggregate returns integer as SFUNC = int4pl, STYPE = integer";
    let end = "MFINALFUNC_MODIFY = r, PARALLEL = u, KIND = n, DIRECT = 0";
    pairs.check(
        "",
        aggregate,
        &[&format!(
            "+ routine total(integer) {start}, {plain}, PARALLEL = u, KIND = n, DIRECT = 0"
        )],
    );
    for (options, expected) in [
        ("INITCOND = '0'", format!("{start}, FINALFUNC_MODIFY = r, INITCOND = '0', {end}")),
        (
            "COMBINEFUNC = int4pl",
            format!("{start}, FINALFUNC_MODIFY = r, COMBINEFUNC = int4pl, {end}"),
        ),
        (
            "FINALFUNC = int4abs",
            format!("{start}, FINALFUNC = int4abs, FINALFUNC_MODIFY = r, {end}"),
        ),
        (
            "PARALLEL = SAFE",
            format!(
                "{start}, FINALFUNC_MODIFY = r, {}",
                end.replace("PARALLEL = u", "PARALLEL = s")
            ),
        ),
        ("SSPACE = 9", format!("{start}, SSPACE = 9, FINALFUNC_MODIFY = r, {end}")),
    ] {
        let change = format!(
            "DROP AGGREGATE total(int); CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, {options})"
        );
        let (one, other) =
            (pairs.catalog(aggregate), pairs.catalog(&format!("{aggregate}; {change}")));
        let found = one.differences(&other);
        assert_eq!(found.len(), 1, "{options}: {found:?}");
        assert_eq!(found[0].after.as_deref(), Some(expected.as_str()), "{options}");
    }
    pairs.done();
}
