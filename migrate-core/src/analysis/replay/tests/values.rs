//! Tests: types that must match, replaced routines, and rules that depend on access methods.
//! Another test checks the same cases on servers.

use super::{check, errors};

fn fine(up: &str) {
    assert_eq!(errors(&[(up, "")]), Vec::<String>::new(), "{up}");
}

#[test]
fn a_column_that_must_stay_not_null() {
    let key = "CREATE TABLE t (a int PRIMARY KEY); ALTER TABLE t ";
    check(
        &format!("{key} ALTER a DROP NOT NULL"),
        &[
            "column `t.a` must stay NOT NULL: it is in the primary key `t_pkey`: r1.sql `a` ; r1.sql `PRIMARY KEY` created here",
        ],
    );
    check(&format!("{key} ALTER a DROP NOT NULL, DROP CONSTRAINT t_pkey"), &["column `t.a` must"]);
    fine(&format!("{key} DROP CONSTRAINT t_pkey, ALTER a DROP NOT NULL"));
    fine(
        "CREATE TABLE t (a int, b int, PRIMARY KEY (a) INCLUDE (b)); ALTER TABLE t ALTER b DROP NOT NULL",
    );
    let identity = "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY); ALTER TABLE t ";
    check(
        &format!("{identity} ALTER a DROP NOT NULL"),
        &["column `t.a` must stay NOT NULL: it is an identity"],
    );
    fine(&format!("{identity} ALTER a DROP IDENTITY, ALTER a DROP NOT NULL"));
    let partition = "CREATE TABLE t (a int NOT NULL) PARTITION BY LIST (a); CREATE TABLE c PARTITION OF t FOR VALUES IN (1); ";
    check(
        &format!("{partition} ALTER TABLE c ALTER a DROP NOT NULL"),
        &["column `c.a` must stay NOT NULL: it is NOT NULL in the parent table `t`"],
    );
    fine(&format!("{partition} ALTER TABLE t ALTER a DROP NOT NULL"));
    fine(
        "CREATE TABLE t (a int NOT NULL); CREATE TABLE c () INHERITS (t); ALTER TABLE c ALTER a DROP NOT NULL",
    );
    fine("CREATE TABLE t (a serial UNIQUE); ALTER TABLE t ALTER a DROP NOT NULL");
}

#[test]
fn types_that_are_none() {
    let alter = |kind: &str| format!("CREATE TABLE t (a int); ALTER TABLE t ALTER a TYPE {kind}");
    check(
        &alter("bigserial"),
        &[
            "there is no type `bigserial`: r1.sql `bigserial` only a new column of a table can be declared with it = did you mean `bigint`?",
        ],
    );
    check("CREATE DOMAIN d AS serial", &["there is no type `serial`"]);
    fine("CREATE DOMAIN serial AS int; CREATE TABLE t (a int); ALTER TABLE t ALTER a TYPE serial");
    for (slip, suggestion) in
        [("TXT", "text"), ("tet", "text"), ("itn", "int"), ("dat", "date"), ("bol", "bool")]
    {
        let found = errors(&[(&format!("CREATE TABLE t (a {slip})"), "")]);
        assert!(
            found.len() == 1 && found[0].ends_with(&format!("did you mean `{suggestion}`?")),
            "{slip} {found:?}"
        );
    }
    for name in [
        "lo", "seg", "hll", "ip4", "uri", "mpz", "upc", "uid", "md5", "cube", "ltree", "isn",
        "ink", "h3",
    ] {
        fine(&format!("CREATE TABLE t (a {name})"));
    }
}

#[test]
fn routines_that_are_replaced() {
    let body = "LANGUAGE sql AS 'SELECT 1'";
    let pair =
        |old: &str, new: &str| format!("CREATE {old} {body}; CREATE OR REPLACE {new} {body};");
    let refused = |old: &str, new: &str, why: &str| {
        check(&pair(old, new), &[why]);
    };
    refused(
        "FUNCTION g() RETURNS int",
        "FUNCTION g() RETURNS text",
        "function `g()` can't be replaced: it returns `integer`, not `text`: r1.sql `g` replaced here; r1.sql `g` created here = drop it first, and create it again: `DROP FUNCTION g();`",
    );
    refused(
        "FUNCTION g() RETURNS int",
        "FUNCTION g() RETURNS SETOF int",
        "function `g()` can't be replaced: it returns `integer`, not `SETOF integer`",
    );
    refused(
        "FUNCTION g() RETURNS TABLE (a int, b int)",
        "FUNCTION g() RETURNS TABLE (a int, c int)",
        "function `g()` can't be replaced: it returns `TABLE(a integer, b integer)`",
    );
    refused(
        "FUNCTION g(x int) RETURNS int",
        "FUNCTION g(y int) RETURNS int",
        "function `g(integer)` can't be replaced: its parameter is named `x`, not `y`",
    );
    refused(
        "FUNCTION g(x int) RETURNS int",
        "FUNCTION g(int) RETURNS int",
        "function `g(integer)` can't be replaced: its parameter is named `x`",
    );
    refused(
        "FUNCTION g(x int = 1) RETURNS int",
        "FUNCTION g(x int) RETURNS int",
        "function `g(integer)` can't be replaced: its parameters must keep their defaults",
    );
    refused(
        "FUNCTION g() RETURNS int",
        "PROCEDURE g()",
        "function `g()` can't be replaced: it is a function, not a procedure",
    );
    refused("PROCEDURE g(a int)", "PROCEDURE g(b int)", "procedure `g(integer)` can't be replaced");
    fine(&pair("FUNCTION g() RETURNS int", "FUNCTION g() RETURNS int4"));
    fine(&pair("FUNCTION g(int) RETURNS varchar(3)", "FUNCTION g(x int = 2) RETURNS varchar"));
    fine(&pair("FUNCTION g() RETURNS TABLE (a int)", "FUNCTION g() RETURNS SETOF int"));
    fine(&pair("FUNCTION g() RETURNS ltree", "FUNCTION g() RETURNS other"));
    fine(&pair("FUNCTION g(a int, OUT b int)", "FUNCTION g(a int, OUT c int)"));
    // The current state counts.
    let thrice = format!(
        "{} CREATE OR REPLACE FUNCTION g(int) RETURNS int {body}",
        pair("FUNCTION g(int) RETURNS int", "FUNCTION g(x int) RETURNS int")
    );
    check(&thrice, &["function `g(integer)` can't be replaced"]);
}

#[test]
fn routines_of_one_name() {
    let two = "CREATE FUNCTION g(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION g(text) RETURNS int LANGUAGE sql AS 'SELECT 1'; ";
    let said = "there are 2 functions named `g`: `g(integer)` and `g(text)`: r1.sql `g` which one? = add the argument types, for example `g(integer)`";
    for statement in [
        "DROP FUNCTION g",
        "DROP FUNCTION IF EXISTS g",
        "DROP ROUTINE g",
        "ALTER FUNCTION g RENAME TO h",
        "COMMENT ON FUNCTION g IS 'x'",
    ] {
        check(&format!("{two}{statement}"), &[said]);
    }
    fine(&format!("{two} DROP FUNCTION g(int); DROP FUNCTION g"));
    let both = "CREATE FUNCTION g(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE PROCEDURE g(text) LANGUAGE sql AS 'SELECT 1'; ";
    fine(&format!("{both} DROP FUNCTION g"));
    fine(&format!("{both} DROP PROCEDURE g"));
    check(&format!("{both} DROP ROUTINE g"), &["there are 2"]);
}

#[test]
fn functions_of_triggers() {
    let trigger = "CREATE TABLE t (a int); CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION ";
    check(
        &format!("{trigger} no_such_fn()"),
        &["there is no function `no_such_fn()`: r1.sql `no_such_fn` not there"],
    );
    for name in [
        "suppress_redundant_updates_trigger",
        "tsvector_update_trigger",
        "moddatetime",
        "versioning",
        "extensions.touch",
    ] {
        fine(&format!("{trigger} {name}()"));
    }
    let function = |returns: &str| {
        format!(
            "CREATE FUNCTION f() {returns} LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; {trigger} f()"
        )
    };
    fine(&function("RETURNS trigger"));
    check(
        &function("RETURNS int"),
        &[
            "`f()` is a function, not a trigger function: r1.sql `f` ; r1.sql `f` created here = a trigger's function",
        ],
    );
    check(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()",
        &["`f()` is a function, not an event trigger function"],
    );
}

#[test]
fn types_that_a_column_can_get() {
    let alter = |old: &str, to: &str| {
        format!(
            "CREATE TYPE m AS ENUM ('a'); CREATE TYPE n AS ENUM ('a'); CREATE TABLE t (b {old}); ALTER TABLE t {to}"
        )
    };
    check(
        &alter("text", "ALTER b TYPE integer"),
        &[
            "column `t.b` can't be cast from `text` to `integer` automatically: r1.sql `integer`  = say how, for example: `USING b::integer`",
        ],
    );
    for (old, to) in [
        ("boolean", "integer"),
        ("text", "jsonb"),
        ("text", "m"),
        ("m", "n"),
        ("m", "integer"),
        ("varchar(36)", "uuid"),
    ] {
        check(&alter(old, &format!("ALTER b TYPE {to}")), &["column `t.b` can't be cast"]);
        fine(&alter(old, &format!("ALTER b TYPE {to} USING NULL")));
    }
    for (old, to) in [
        ("int", "text"),
        ("varchar(20)", "varchar(10)"),
        ("timestamp", "timestamptz(3)"),
        ("m", "text"),
        ("int[]", "bigint[]"),
        ("ltree", "int"),
    ] {
        fine(&alter(old, &format!("ALTER b TYPE {to}")));
    }
    check(
        &alter("text DEFAULT 'a'", "ALTER b TYPE m USING b::m"),
        &[
            "the default of column `t.b` can't be cast from `text` to `m` automatically: r1.sql `m`  = drop the default before",
        ],
    );
    check(
        &alter("int DEFAULT 5", "ALTER b TYPE boolean USING b <> 0"),
        &["the default of column `t.b` can't be cast from `integer` to `boolean`"],
    );
    fine(&alter(
        "text DEFAULT 'a'",
        "ALTER b DROP DEFAULT, ALTER b TYPE m USING b::m, ALTER b SET DEFAULT 'a'",
    ));
    fine(&alter("text DEFAULT 'a'", "ALTER b TYPE m USING b::m, ALTER b DROP DEFAULT"));
    fine(&alter("text DEFAULT NULL", "ALTER b TYPE m USING b::m"));
    fine("CREATE FOREIGN TABLE f (b text) SERVER s; ALTER TABLE f ALTER b TYPE integer");
    fine(&alter("text DEFAULT now()", "ALTER b TYPE timestamptz USING b::timestamptz"));
    fine(&format!(
        "CREATE CAST (text AS integer) WITH INOUT AS ASSIGNMENT; {}",
        alter("text", "ALTER b TYPE integer")
    ));
}

#[test]
fn defaults_and_checks() {
    let table =
        |column: &str| format!("CREATE TYPE m AS ENUM ('ok', 'no'); CREATE TABLE t (n {column})");
    check(
        &table("integer DEFAULT 'abc'"),
        &["`'abc'` is not a valid value of type `integer`: r1.sql `'abc'`"],
    );
    check(
        &table("boolean DEFAULT 5"),
        &["the default of column `t.n` is of type `integer`, not `boolean`"],
    );
    check(&table("m DEFAULT 'ko'"), &["there is no value `ko` of type `m`"]);
    check(&table("text[] DEFAULT ''"), &["`''` is not an array; an empty one is `'{}'`"]);
    check("CREATE TABLE t (a int); ALTER TABLE t ALTER a SET DEFAULT 'x'", &["`'x'` is not"]);
    for column in [
        "integer DEFAULT ' 12 '",
        "numeric DEFAULT 'NaN'",
        "text DEFAULT 5",
        "m DEFAULT 'ok'",
        "date DEFAULT 'now'",
        "bigint DEFAULT -1",
        "money DEFAULT 5",
        "ltree DEFAULT 5",
        "int DEFAULT '0x1F'",
        "text[] DEFAULT '{}'",
    ] {
        fine(&table(column));
    }
    check(
        "CREATE TABLE t (f boolean, CHECK (f > 5))",
        &["there is no operator `boolean > integer`"],
    );
    fine("CREATE TABLE t (f int, g numeric, CHECK (f > 5), CHECK (g <> 1))");
}

#[test]
fn keys_of_other_types() {
    let pair = |key: &str, own: &str| {
        format!(
            "CREATE TYPE m AS ENUM ('a'); CREATE TABLE t (a {key} PRIMARY KEY); CREATE TABLE u (b {own} REFERENCES t)"
        )
    };
    check(
        &pair("int", "text"),
        &[
            "a foreign key can't refer from `u.b` (`text`) to `t.a` (`integer`): r1.sql `REFERENCES t` ; r1.sql `a` declared here",
        ],
    );
    check(&pair("uuid", "varchar(36)"), &["a foreign key can't refer"]);
    check(&pair("m", "text"), &["a foreign key can't refer"]);
    for (key, own) in [
        ("int", "bigint"),
        ("bigserial", "int"),
        ("text", "varchar(3)"),
        ("m", "m"),
        ("ltree", "text"),
    ] {
        fine(&pair(key, own));
    }
    check(
        "CREATE TABLE t (a int, b text, UNIQUE (a, b)); CREATE TABLE u (x text, y int, FOREIGN KEY (x, y) REFERENCES t (a, b))",
        &["a foreign key can't refer"],
    );
    fine(
        "CREATE TABLE t (a int, b text, UNIQUE (a, b)); CREATE TABLE u (x text, y int, FOREIGN KEY (x, y) REFERENCES t (b, a))",
    );
}

#[test]
fn access_methods() {
    let index =
        |kind: &str, index: &str| format!("CREATE TABLE t (b {kind}); CREATE INDEX i ON t {index}");
    check(
        &index("text", "USING btre (b)"),
        &["there is no access method `btre`: r1.sql `btre` not there = did you mean `btree`?"],
    );
    check(
        &index("text", "USING gin (b)"),
        &[
            "type `text` has no default operator class for access method `gin`: r1.sql `b`  = name an operator class",
        ],
    );
    for (kind, of) in [
        ("json", "(b)"),
        ("json", "USING hash (b DESC)"),
        ("point", "(b)"),
        ("jsonb", "USING gist (b)"),
    ] {
        check(&index(kind, of), &["type"]);
    }
    check(
        "CREATE TABLE t (b json UNIQUE)",
        &["type `json` has no default operator class for access method `btree`"],
    );
    check(
        "CREATE TABLE t (b json, c int, PRIMARY KEY (c, b))",
        &["type `json` has no default operator class"],
    );
    for (kind, of) in [
        ("text", "USING hnsw (b)"),
        ("text", "USING rtree (b)"),
        ("text", "USING gin (b gin_trgm_ops)"),
        ("jsonb", "USING gin (b)"),
        ("int", "USING gist (b)"),
        ("point", "USING gist (b)"),
        ("json", "((b ->> 'a'))"),
        ("text", "(b COLLATE \"C\" text_pattern_ops)"),
    ] {
        fine(&index(kind, of));
    }
    fine("CREATE EXTENSION btree_gin; CREATE TABLE t (b text); CREATE INDEX ON t USING gin (b)");
    fine(
        "CREATE ACCESS METHOD btre TYPE INDEX HANDLER bthandler; CREATE TABLE t (b int); CREATE INDEX ON t USING btre (b)",
    );
    check(
        "CREATE TABLE t (a int); REFRESH MATERIALIZED VIEW t",
        &["`t` is a table, not a materialized view"],
    );
    fine("CREATE MATERIALIZED VIEW t AS SELECT 1; REFRESH MATERIALIZED VIEW t");
}
