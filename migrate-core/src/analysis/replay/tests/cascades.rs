//! Tests: objects that are dropped without being named, by `CASCADE` and with the index of a
//! partitioned table.

use super::errors;

/// The downgrade recreates what a `CASCADE` may have dropped, or it still exists.
#[test]
fn what_may_have_gone_along_is_not_there_for_certain() {
    let function = "CREATE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1'";
    let operator = "CREATE FUNCTION o(int, int) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT true'; \
                    CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = o)";
    let cast = "CREATE FUNCTION c(int) RETURNS date IMMUTABLE LANGUAGE sql AS 'SELECT now()::date'; \
                CREATE CAST (int AS date) WITH FUNCTION c(int) AS ASSIGNMENT";
    let table = "CREATE TABLE t (a int, b int)";
    for (first, drop, again) in [
        (
            format!("{function}; CREATE TABLE p (a int) PARTITION BY LIST (f(a)); CREATE TABLE q PARTITION OF p DEFAULT"),
            "DROP FUNCTION f CASCADE",
            format!("{function}; CREATE TABLE p (a int) PARTITION BY LIST (f(a)); CREATE TABLE q PARTITION OF p DEFAULT"),
        ),
        (
            "CREATE TYPE e AS ENUM ('a'); CREATE TABLE p (a e) PARTITION BY LIST (a); CREATE TABLE q PARTITION OF p DEFAULT".into(),
            "DROP TYPE e CASCADE",
            "CREATE TYPE e AS ENUM ('a'); CREATE TABLE p (a e) PARTITION BY LIST (a); CREATE TABLE q PARTITION OF p DEFAULT".into(),
        ),
        (
            format!("{function}; CREATE FUNCTION g(a int DEFAULT f(1)) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE VIEW v AS SELECT g() AS x; CREATE VIEW w AS SELECT x FROM v"),
            "DROP FUNCTION f CASCADE",
            format!("{function}; CREATE FUNCTION g(a int DEFAULT f(1)) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE VIEW v AS SELECT g() AS x; CREATE VIEW w AS SELECT x FROM v"),
        ),
        (
            format!("{cast}; {table}; CREATE VIEW v AS SELECT a::date FROM t; CREATE INDEX ti ON t ((a::date))"),
            "DROP FUNCTION c CASCADE",
            format!("{cast}; CREATE VIEW v AS SELECT a::date FROM t; CREATE INDEX ti ON t ((a::date))"),
        ),
        (
            format!("{operator}; CREATE TABLE t (a int, g bool GENERATED ALWAYS AS (a === 1) STORED, CONSTRAINT k CHECK (a === 1)); CREATE INDEX ti ON t (a) WHERE a === 1; CREATE POLICY po ON t USING (a === 1)"),
            "DROP FUNCTION o CASCADE",
            format!("{operator}; ALTER TABLE t ADD g bool GENERATED ALWAYS AS (a === 1) STORED, ADD CONSTRAINT k CHECK (a === 1); CREATE INDEX ti ON t (a) WHERE a === 1; CREATE POLICY po ON t USING (a === 1)"),
        ),
        (
            "CREATE SEQUENCE s; CREATE VIEW w AS SELECT nextval('s'::regclass)".into(),
            "DROP SEQUENCE s CASCADE",
            "CREATE SEQUENCE s; CREATE VIEW w AS SELECT nextval('s'::regclass)".into(),
        ),
        (
            "CREATE TABLE t (a serial, b int); CREATE VIEW w AS SELECT nextval('t_a_seq') AS n".into(),
            "ALTER TABLE t DROP a CASCADE",
            "ALTER TABLE t ADD a serial; CREATE VIEW w AS SELECT nextval('t_a_seq') AS n".into(),
        ),
        (
            "CREATE TABLE a (x int); CREATE TABLE b () INHERITS (a); CREATE VIEW v AS SELECT x FROM b; CREATE INDEX bi ON b (x)".into(),
            "ALTER TABLE a DROP x CASCADE",
            "ALTER TABLE a ADD x int; CREATE VIEW v AS SELECT x FROM b; CREATE INDEX bi ON b (x)".into(),
        ),
        (
            "CREATE TYPE ct AS (a int, b int); CREATE TABLE t OF ct; CREATE INDEX ti ON t (b)".into(),
            "ALTER TYPE ct DROP ATTRIBUTE b CASCADE",
            "ALTER TYPE ct ADD ATTRIBUTE b int CASCADE; CREATE INDEX ti ON t (b)".into(),
        ),
        (
            "CREATE AGGREGATE ag(int) (SFUNC = int4pl, STYPE = int); CREATE VIEW v AS SELECT ag(1); CREATE FUNCTION g() RETURNS int LANGUAGE sql RETURN (SELECT ag(1))".into(),
            "DROP AGGREGATE ag(int) CASCADE",
            "CREATE AGGREGATE ag(int) (SFUNC = int4pl, STYPE = int); CREATE VIEW v AS SELECT ag(1); CREATE FUNCTION g() RETURNS int LANGUAGE sql RETURN (SELECT ag(1))".into(),
        ),
        (
            "CREATE SCHEMA x; CREATE EXTENSION hstore SCHEMA x; CREATE VIEW v AS SELECT 'a=>1'::x.hstore AS q; CREATE FUNCTION f(x.hstore) RETURNS int LANGUAGE sql AS 'SELECT 1'".into(),
            "DROP SCHEMA x CASCADE",
            "CREATE SCHEMA x; CREATE EXTENSION hstore SCHEMA x; CREATE VIEW v AS SELECT 'a=>1'::x.hstore AS q; CREATE FUNCTION f(x.hstore) RETURNS int LANGUAGE sql AS 'SELECT 1'".into(),
        ),
        (
            "CREATE TABLE t (a int PRIMARY KEY, b text); CREATE FUNCTION g() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT b FROM t GROUP BY a; END".into(),
            "ALTER TABLE t DROP CONSTRAINT t_pkey CASCADE",
            "ALTER TABLE t ADD PRIMARY KEY (a); CREATE FUNCTION g() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT b FROM t GROUP BY a; END".into(),
        ),
        (
            format!("{table}; CREATE FUNCTION g() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT sum(b) FROM t; END"),
            "ALTER TABLE t DROP b CASCADE",
            "ALTER TABLE t ADD b int; CREATE FUNCTION g() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT sum(b) FROM t; END".into(),
        ),
        (
            "CREATE TABLE p (a int, b int) PARTITION BY LIST (a); CREATE TABLE q PARTITION OF p DEFAULT; CREATE POLICY po ON q USING (b > 0); CREATE RULE ru AS ON INSERT TO q WHERE NEW.b > 0 DO ALSO NOTHING; ALTER TABLE q ADD CONSTRAINT k CHECK (b > a)".into(),
            "ALTER TABLE p DROP b CASCADE",
            "ALTER TABLE p ADD b int; CREATE POLICY po ON q USING (b > 0); CREATE RULE ru AS ON INSERT TO q WHERE NEW.b > 0 DO ALSO NOTHING; ALTER TABLE q ADD CONSTRAINT k CHECK (b > a)".into(),
        ),
    ] {
        assert_eq!(errors(&[(&first, ""), (drop, &again)]), [""; 0], "{drop} of {first}");
    }
}

/// Plain tables and their parts are kept.
#[test]
fn a_cascade_leaves_what_is_independent() {
    let first = "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE e AS ENUM ('a'); \
                 CREATE TABLE t (a int UNIQUE, b e); CREATE SEQUENCE s";
    for drop in ["DROP FUNCTION f CASCADE", "DROP TYPE e CASCADE", "DROP SEQUENCE s CASCADE"] {
        for (again, expected) in [
            ("CREATE TABLE t (a int)", "table `t` already exists"),
            ("ALTER TABLE t ADD a int", "column `t.a` already exists"),
            ("ALTER TABLE t ADD CONSTRAINT t_a_key CHECK (true)", "constraint `t_a_key`"),
        ] {
            let found = errors(&[(first, ""), (&format!("{drop}; {again}"), "")]);
            assert!(
                found.len() == 1 && found[0].starts_with(expected),
                "{drop} {again}: {found:?}"
            );
        }
    }
}

/// The index of a partition may have been attached to the parent's, and is dropped with it.
#[test]
fn the_index_of_a_partition_goes_with_its_parents() {
    let tables = "CREATE TABLE p (a int, b int) PARTITION BY LIST (a); CREATE TABLE c PARTITION OF p DEFAULT; CREATE TABLE t (a int); CREATE INDEX ti ON t (a)";
    let own = "CREATE INDEX ci ON c (b)";
    let down = "DROP INDEX pi; CREATE INDEX ci ON c (b)";
    assert_eq!(
        errors(&[(tables, ""), (own, "DROP INDEX ci"), ("CREATE INDEX pi ON p (b)", down)]),
        [""; 0]
    );
    let both = format!("{tables}; {own}; CREATE INDEX pi ON p (b)");
    assert_eq!(errors(&[(&both, ""), ("DROP INDEX pi", "CREATE INDEX pi ON p (b)")]), [""; 0]);
    let found = errors(&[(&both, ""), ("DROP INDEX pi; CREATE INDEX ti ON t (a)", "")]);
    assert!(found.len() == 1 && found[0].starts_with("index `ti` already exists"), "{found:?}");
}
