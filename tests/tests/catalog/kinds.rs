//! Types, routines and generated columns: made, changed, and made anew with what needs them.

use crate::pairs::Pairs;

#[test]
fn domains() {
    let mut pairs = Pairs::new("domains");
    let rest = "CREATE TABLE t (a d DEFAULT 7, b d[], n int, CONSTRAINT ck CHECK (a > 1)); CREATE INDEX ix ON t (a);
        CREATE VIEW v AS SELECT a FROM t; CREATE FUNCTION f(x d) RETURNS d LANGUAGE sql AS 'SELECT x'";
    let with = |domain: &str| format!("CREATE DOMAIN d AS {domain}; {rest}");
    for other in [
        "int DEFAULT 3",
        "int CHECK (VALUE > 0)",
        "int CONSTRAINT c CHECK (VALUE > 0) CONSTRAINT e CHECK (VALUE < 9)",
        "int NOT NULL",
        "int; ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0) NOT VALID; COMMENT ON DOMAIN d IS 'x'",
        "bigint CHECK (VALUE > 0)",
    ] {
        pairs.check_script(&with("int"), &with(other));
    }
    pairs.check_script(
        &format!("CREATE DOMAIN d AS int; CREATE DOMAIN e AS d; {rest}; ALTER TABLE t ADD c e"),
        &format!("CREATE DOMAIN d AS bigint; CREATE DOMAIN e AS d; {rest}; ALTER TABLE t ADD c e"),
    );
    // A check that calls a function, which takes another domain.
    pairs.check_script(
        "",
        "CREATE DOMAIN d AS text COLLATE \"C\"; CREATE FUNCTION f(x d) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT x > ''a''';
         CREATE FUNCTION g() RETURNS text LANGUAGE sql AS 'SELECT ''b''';
         CREATE DOMAIN a AS d DEFAULT g() CHECK (f(VALUE)); CREATE TABLE t (a a)",
    );
    pairs.done();
}

#[test]
fn composites_and_ranges() {
    let mut pairs = Pairs::new("composites");
    let mut check = |one: &str, other: &str| pairs.check_script(one, other);
    let pair = "CREATE TYPE pair AS (a int, b text)";
    check(
        "",
        &format!("{pair}; CREATE TYPE all AS (p pair[], \"Q\" int); CREATE TABLE t (x pair)")
            .replace("all", "\"all\""),
    );
    check(
        pair,
        "CREATE TYPE pair AS (a bigint, c text COLLATE \"C\"); COMMENT ON COLUMN pair.c IS 'x'; COMMENT ON TYPE pair IS 'y'",
    );
    check(pair, "CREATE TYPE pair AS (b text, a int)");
    let mood = |labels: &str| {
        format!(
            "CREATE TYPE mood AS ENUM ({labels}); CREATE TYPE pair AS (a mood); CREATE TABLE t (p pair)"
        )
    };
    check(&mood("'sad', 'ok'"), &mood("'ok'"));
    let range = "CREATE TYPE r AS RANGE (subtype = float8, subtype_diff = float8mi)";
    check("", &format!("{range}; CREATE TABLE t (a r, b r_multirange)"));
    check(
        range,
        "CREATE TYPE r AS RANGE (subtype = float4, multirange_type_name = many); COMMENT ON TYPE r IS 'x'",
    );
    check(
        "",
        "CREATE FUNCTION far(text, text) RETURNS float8 IMMUTABLE LANGUAGE sql AS 'SELECT 1.0::float8';
         CREATE TYPE texts AS RANGE (subtype = text, collation = \"C\", subtype_diff = far); CREATE TABLE t (a texts)",
    );
    pairs.done();
}

#[test]
fn generated_columns() {
    let mut pairs = Pairs::new("generated");
    let with = |a: &str, c: &str| {
        format!("CREATE TABLE t (a {a}, b int, c {c}, CONSTRAINT ck CHECK (c > 0)); CREATE INDEX ix ON t (c); CREATE VIEW v AS SELECT c FROM t;
            COMMENT ON COLUMN t.c IS 'x'; CREATE STATISTICS s ON b, c FROM t; CREATE UNIQUE INDEX key ON t (c);
            CREATE TABLE r (c int REFERENCES t (c)); CREATE POLICY p ON t USING (c > 3)")
            .replace("CREATE TABLE r (c int", &format!("CREATE TABLE r (c {}", c.split(' ').next().unwrap_or_default()))
    };
    let sum = "int GENERATED ALWAYS AS (b + 1) STORED";
    pairs.check_script(&with("int", sum), &with("int", "int GENERATED ALWAYS AS (b + 2) STORED"));
    pairs
        .check_script(&with("int", sum), &with("int", "bigint GENERATED ALWAYS AS (b + 1) STORED"));
    pairs.check_script(&with("int", sum), &with("int", "int"));
    pairs.check_script(&with("int", sum), &with("int", "int DEFAULT 3 NOT NULL"));
    pairs.check_script(
        &with("int", "bigint GENERATED ALWAYS AS (a + b) STORED"),
        &with("bigint", "bigint GENERATED ALWAYS AS (a + b) STORED"),
    );
    pairs.done();
}

/// A routine that can't be replaced takes with it what calls it.
#[test]
fn routines_that_are_made_anew() {
    let mut pairs = Pairs::new("anew");
    let with = |kind: &str| {
        format!("CREATE FUNCTION f() RETURNS {kind} IMMUTABLE LANGUAGE sql AS 'SELECT 1::{kind}'; CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT f()::int';
            CREATE TABLE t (a int DEFAULT f(), b bigint GENERATED ALWAYS AS (a + f()) STORED, CONSTRAINT ck CHECK (a > f()));
            CREATE INDEX ix ON t ((a + f())); CREATE VIEW v AS SELECT f() + a AS x FROM t; CREATE POLICY p ON t USING (a > f());
            CREATE DOMAIN d AS int CHECK (VALUE > f()); CREATE RULE r AS ON DELETE TO t WHERE old.a > f() DO INSTEAD NOTHING")
    };
    pairs.check_script(&with("int"), &with("bigint"));
    let aggregate = |more: &str| {
        format!("CREATE FUNCTION add(a int, b int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a + b';
            CREATE AGGREGATE total(int) (SFUNC = add, STYPE = int{more}); COMMENT ON AGGREGATE total(int) IS 'x'; CREATE AGGREGATE rows(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '0');
            CREATE VIEW v AS SELECT total(n) FROM generate_series(1, 3) n; CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'")
            .replace("rows(", "\"rows\"(")
    };
    pairs.check_script("", &aggregate(""));
    pairs.check_script(&aggregate(""), &aggregate(", INITCOND = '5', PARALLEL = safe"));
    let with = |default: &str| {
        format!("CREATE FUNCTION f(a int{default}) RETURNS int LANGUAGE sql AS 'SELECT a'")
    };
    pairs.check_script(&with(" DEFAULT 3"), &with(""));
    // A view, and a function that shows it; a column that the body of a function needs.
    pairs.check_script(
        "CREATE TABLE t (a int)",
        "CREATE TABLE t (a int, b int); CREATE VIEW v AS SELECT b FROM t;
         CREATE FUNCTION f() RETURNS SETOF int LANGUAGE sql AS 'SELECT b FROM v'; CREATE FUNCTION e() RETURNS int LANGUAGE sql AS 'SELECT b FROM t'",
    );
    pairs.done();
}

/// What looks at a column lets go of it while its type changes.
#[test]
fn types_of_columns_that_are_looked_at() {
    let mut pairs = Pairs::new("looked");
    let with = |kind: &str| {
        format!("CREATE TABLE t (a {kind}, b int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
            CREATE TRIGGER g BEFORE UPDATE OF a ON t FOR EACH ROW WHEN (new.a > 3) EXECUTE FUNCTION f(); COMMENT ON TRIGGER g ON t IS 'x';
            CREATE POLICY p ON t USING (a > 3); CREATE RULE r AS ON DELETE TO t WHERE old.a > 5 DO INSTEAD NOTHING;
            CREATE TABLE o (b int); CREATE POLICY p ON o USING (EXISTS (SELECT FROM t WHERE t.a > o.b));
            CREATE VIEW v AS SELECT a FROM t; CREATE RULE s AS ON DELETE TO o DO ALSO SELECT a FROM v")
    };
    pairs.check_script(&with("int"), &with("bigint"));
    pairs.check_script(
        "CREATE VIEW v AS SELECT 1 AS a",
        "CREATE VIEW v AS SELECT 1 AS a; ALTER VIEW v ALTER a SET DEFAULT 3",
    );
    pairs.check_script("", "CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t; ALTER VIEW v ALTER a SET DEFAULT 3");
    pairs.check_script("CREATE TABLE t (a text, b jsonb, c numeric)", "CREATE TABLE t (a text, b jsonb, c numeric);
        ALTER TABLE t ALTER a SET STORAGE MAIN, ALTER b SET STORAGE EXTERNAL, ALTER c SET STORAGE EXTENDED");
    pairs.done();
}
