//! Tests for new columns, and for columns that change their type.

use super::*;

#[test]
fn new_columns() {
    check("ALTER TABLE t ADD COLUMN n int NOT NULL;", &["add-column-not-null n"]);
    check("ALTER TABLE t ADD n int[] NOT NULL DEFAULT NULL;", &["add-column-not-null n"]);
    check("ALTER TABLE t ADD n int NOT NULL DEFAULT 1;", &[]);
    check("ALTER TABLE t ADD n a_domain NOT NULL;", &[]);
    check("ALTER TABLE t ADD n int;", &[]);
    check(
        "ALTER TABLE t ADD n bigserial NOT NULL;",
        &["add-column-rewrites n", "serial bigserial"],
    );
    check("ALTER TABLE t ADD n int GENERATED ALWAYS AS IDENTITY;", &["add-column-rewrites n"]);
    check(
        "ALTER TABLE t ADD n int GENERATED ALWAYS AS (a + 1) STORED;",
        &["add-column-rewrites n"],
    );
    check("ALTER TABLE t ADD n int GENERATED ALWAYS AS (a + 1);", &[]);
    check(
        "ALTER TABLE t ADD n uuid DEFAULT gen_random_uuid() NOT NULL;",
        &["add-column-rewrites n"],
    );
    check(
        "ALTER TABLE t ADD n uuid DEFAULT (pg_catalog.gen_random_uuid());",
        &["add-column-rewrites n"],
    );
    check("ALTER TABLE t ADD n timestamptz NOT NULL DEFAULT now();", &[]);
    check("ALTER TABLE t ADD n text DEFAULT my.random();", &[]);
    check(
        "CREATE TABLE x (); ALTER TABLE x ADD n int NOT NULL, ADD m int GENERATED ALWAYS AS IDENTITY;",
        &[],
    );
}

/// Functions and domains of the chain that certainly are called, or checked, for each row.
#[test]
fn new_columns_of_the_chains_own_functions_and_domains() {
    let added = |setup: &str, column: &str, rewrites: bool| {
        let before = format!("{BEFORE}\n{setup}");
        let found = codes(&[&before, &format!("ALTER TABLE t ADD n {column};")], &strict());
        assert_eq!(found, ["add-column-rewrites n"][usize::from(!rewrites)..], "{setup} {column}");
    };
    let function = |options: &str, rewrites: bool| {
        added(&format!("CREATE FUNCTION f() RETURNS int {options};"), "int DEFAULT f()", rewrites);
    };
    function("LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$", true);
    function("AS $$ BEGIN RETURN 1; END $$ LANGUAGE 'plpgsql' VOLATILE", true);
    function("LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN 1; END $$", false);
    function("LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN 1; END $$", false);
    function("LANGUAGE sql AS $$ SELECT count(*)::int FROM o $$", true);
    function("LANGUAGE sql AS $$ SELECT (random() * 9)::int $$", true);
    function("LANGUAGE sql SECURITY DEFINER AS $$ SELECT 1 $$", true);
    // The function may be inlined.
    function("LANGUAGE sql AS $$ SELECT 1 $$", false);
    function("LANGUAGE sql RETURN 1", false);
    function("RETURN (SELECT 1)", false);
    function("BEGIN ATOMIC SELECT 1; END", false);
    let own = "CREATE FUNCTION f(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;";
    added(own, "int DEFAULT (1 + public.f(7))", true);
    added(own, "int DEFAULT app.f(7)", false);
    added(&own.replace("f(", "app.f("), "int DEFAULT app.f(7)", true);
    added(&format!("{own} ALTER FUNCTION f(int) STABLE;"), "int DEFAULT f(7)", false);
    added(&format!("{own} DROP FUNCTION f(int);"), "int DEFAULT f(7)", false);
    let other = "CREATE FUNCTION f() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';";
    added(&format!("{own} {other}"), "int DEFAULT f()", false);
    let replaced = "CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN RETURN 1; END';";
    added(&format!("{own} {replaced}"), "int DEFAULT f(7)", false);

    added("CREATE DOMAIN y AS int CHECK (VALUE > 0);", "y", true);
    added("CREATE DOMAIN y AS int CHECK (VALUE > 0);", "y DEFAULT 1", true);
    added("CREATE DOMAIN y AS int NOT NULL DEFAULT 1;", "y", true);
    added("CREATE DOMAIN y AS int DEFAULT 1;", "y", false);
    added("CREATE DOMAIN y AS uuid DEFAULT gen_random_uuid();", "y", true);
    added("CREATE DOMAIN y AS uuid DEFAULT gen_random_uuid();", "y DEFAULT NULL", false);
    added("CREATE DOMAIN z AS int CHECK (VALUE > 0); CREATE DOMAIN y AS z;", "y", true);
    added("CREATE DOMAIN y AS int CHECK (VALUE > 0);", "y[]", false);
    added("CREATE DOMAIN y AS int; ALTER DOMAIN y ADD CHECK (VALUE > 0);", "y", true);
    added("CREATE DOMAIN y AS int NOT NULL; ALTER DOMAIN y DROP NOT NULL;", "y", false);
    added("CREATE DOMAIN z AS int NOT NULL; ALTER DOMAIN z RENAME TO y;", "y", true);
    added("CREATE DOMAIN z AS y; CREATE DOMAIN y AS z;", "y", false);
}

/// The rows are not rewritten; indexes and checks may be.
#[test]
fn what_hangs_on_a_column_of_another_type() {
    let changed = |setup: &str, change: &str, found: bool| {
        let before = format!(
            "CREATE TABLE x (a int, b text, c text COLLATE \"C\", v varchar(10), i bit(4)); {setup}"
        );
        let codes = codes(&[&before, &format!("ALTER TABLE x ALTER {change};")], &strict());
        assert_eq!(codes.len(), usize::from(found), "{setup} {change}: {codes:?}");
    };
    let to_c = "b TYPE text COLLATE \"C\"";
    changed("", to_c, false);
    changed("CREATE INDEX ON x (b);", to_c, true);
    changed("CREATE INDEX ON x (a, b);", to_c, true);
    changed("CREATE INDEX ON x (a) INCLUDE (b);", to_c, false);
    changed("CREATE INDEX ON x (b COLLATE \"C\");", to_c, false);
    changed("ALTER TABLE x ADD UNIQUE (b);", to_c, true);
    changed("ALTER TABLE x ADD UNIQUE (b); ALTER TABLE x DROP CONSTRAINT x_b_key;", to_c, false);
    changed("CREATE INDEX k ON x (b); DROP INDEX k;", to_c, false);
    changed("CREATE INDEX ON x (b);", "b TYPE text COLLATE \"default\"", false);
    changed("CREATE INDEX ON x (b);", "b TYPE varchar", false);
    changed("CREATE INDEX ON x (c);", "c TYPE text", true);
    changed("CREATE INDEX ON x (c);", "c TYPE text COLLATE pg_catalog.\"C\"", false);
    changed("CREATE INDEX ON x (c);", "c TYPE varchar COLLATE \"C\"", false);
    changed("CREATE INDEX ON x (v);", "v TYPE varchar(20)", false);
    changed("CREATE INDEX ON x (lower(v));", "v TYPE varchar(20)", true);
    changed("CREATE INDEX ON x (lower(v));", "b TYPE varchar", false);
    changed("CREATE INDEX ON x (a) WHERE v IS NOT NULL;", "v TYPE varchar(20)", true);
    changed("CREATE INDEX ON x (v) WHERE a > 1;", "v TYPE text", true);
    changed("CREATE INDEX ON x (i);", "i TYPE varbit", true);
    changed("ALTER TABLE x ADD CHECK (v <> '');", "v TYPE varchar(20)", true);
    changed(
        "ALTER TABLE x ADD CHECK (length(v) > 0); ALTER TABLE x DROP CONSTRAINT x_v_check;",
        "v TYPE text",
        false,
    );
    changed("ALTER TABLE x ADD CHECK (v <> '') NOT VALID;", "v TYPE varchar(20)", false);
    changed("ALTER TABLE x ADD CHECK (a > 0);", "v TYPE varchar(20)", false);
    changed(
        "ALTER TABLE x ADD CONSTRAINT k CHECK (v <> ''); ALTER TABLE x DROP CONSTRAINT k;",
        "v TYPE text",
        false,
    );
    changed("ALTER TABLE x ADD CHECK (v <> ''); ALTER TABLE x RENAME v TO w;", "w TYPE text", true);
}

#[test]
fn types() {
    let free =
        |column: &str, to: &str| check(&format!("ALTER TABLE t ALTER {column} TYPE {to};"), &[]);
    let rewrites = |column: &str, to: &str| {
        let up = format!("ALTER TABLE t ALTER {column} TYPE {to};");
        let kind = to.split(" USING").next().unwrap_or(to);
        check(&up, &[&format!("type-rewrites {kind}")]);
    };
    free("b", "varchar(40)");
    free("b", "text");
    free("b", "character varying USING b::varchar");
    free("c", "numeric(10,2)");
    free("c", "numeric");
    free("x", "text");
    free("e", "jsonb");
    rewrites("a", "bigint");
    rewrites("b", "varchar(10)");
    rewrites("b", "text USING lower(b)");
    rewrites("b", "text USING a");
    rewrites("c", "numeric(10,3)");
    rewrites("d", "timestamptz");
    rewrites("f", "bigint[]");
    rewrites("x", "int");
    check("ALTER TABLE t ALTER d TYPE timestamp(6);", &["timestamp-without-zone timestamp(6)"]);
}
