//! Tables, views and sequences: each property that changes makes a difference.

use crate::pairs::Pairs;

const T: &str = "CREATE TABLE t (id int, name text)";

#[test]
fn tables() {
    let mut pairs = Pairs::new("tables");
    pairs.check("", T, &["+ table t (id, name)"]);
    pairs.check("", "CREATE TABLE \"My t\" (\"a b\" int)", &["+ table \"My t\" (\"a b\")"]);
    pairs.check(
        T,
        "CREATE SCHEMA app; ALTER TABLE t SET SCHEMA app",
        &["+ schema app", "+ table app.t (id, name)", "- table t (id, name)"],
    );
    pairs.check(T, "ALTER TABLE t SET UNLOGGED", &["~ table t: nothing special -> unlogged"]);
    pairs.check(
        T,
        "ALTER TABLE t SET (fillfactor = 70, toast.autovacuum_enabled = off)",
        &["~ table t: nothing special -> with (fillfactor=70, toast.autovacuum_enabled=off)"],
    );
    pairs.check(
        T,
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        &["~ table t: nothing special -> row security"],
    );
    pairs.check(
        T,
        "ALTER TABLE t FORCE ROW LEVEL SECURITY",
        &["~ table t: nothing special -> forced row security"],
    );
    pairs.check(
        T,
        "ALTER TABLE t REPLICA IDENTITY FULL",
        &["~ table t: nothing special -> replica identity full"],
    );
    pairs.check(
        T,
        "ALTER TABLE t REPLICA IDENTITY NOTHING",
        &["~ table t: nothing special -> replica identity nothing"],
    );
    pairs.check(
        "CREATE TABLE t (id int NOT NULL); CREATE UNIQUE INDEX ix ON t (id)",
        "ALTER TABLE t REPLICA IDENTITY USING INDEX ix",
        &["~ table t: nothing special -> replica identity index ix"],
    );
    pairs.check(
        T,
        "COMMENT ON TABLE t IS 'it''s'",
        &["~ table t: nothing special -> commented \"it's\""],
    );
    pairs.check(T, "CREATE TABLE u () INHERITS (t)", &["+ table u (id, name) inherits (t)"]);
    pairs.check(
        "CREATE TABLE a (); CREATE TABLE b (); CREATE TABLE t () INHERITS (a, b)",
        "ALTER TABLE t NO INHERIT a, NO INHERIT b, INHERIT b, INHERIT a",
        &["~ table t: inherits (a, b) -> inherits (b, a)"],
    );
    pairs.check(
        "CREATE TYPE k AS (a int); CREATE TABLE t (a int)",
        "ALTER TABLE t OF k",
        &["~ table t: nothing special -> of type public.k"],
    );
    pairs.check("", "CREATE TEMP TABLE t (id int)", &[]);
    // Before, a table can't change it, and the server says so.
    pairs.check_since(
        15,
        "CREATE ACCESS METHOD m TYPE TABLE HANDLER heap_tableam_handler; CREATE TABLE t ()",
        "DROP TABLE t; CREATE TABLE t () USING m",
        &["~ table t: nothing special -> using m"],
    );
    pairs.check(
        "CREATE TABLE p (d date) PARTITION BY RANGE (d)",
        "DROP TABLE p; CREATE TABLE p (d date) PARTITION BY HASH (d)",
        &["~ partitioned table p: partitioned by RANGE (d) -> partitioned by HASH (d)"],
    );
    pairs.check(
        "CREATE TABLE p (d int) PARTITION BY LIST (d); CREATE TABLE q PARTITION OF p FOR VALUES IN (1)",
        "DROP TABLE q; CREATE TABLE q PARTITION OF p FOR VALUES IN (1, 2)",
        &["~ table q: partition of (p) FOR VALUES IN (1) -> partition of (p) FOR VALUES IN (1, 2)"],
    );
    pairs.check(
        "CREATE TABLE p (d int) PARTITION BY LIST (d); CREATE TABLE q PARTITION OF p DEFAULT",
        "ALTER TABLE p DETACH PARTITION q",
        &[
            "~ table q: partition of (p) DEFAULT -> nothing special",
            "~ column q.d: integer inherited -> integer",
        ],
    );
    // Made at once or attached later: a partition is a partition.
    pairs.check(
        "CREATE TABLE p (d int) PARTITION BY LIST (d); CREATE TABLE q PARTITION OF p DEFAULT",
        "DROP TABLE q; CREATE TABLE q (d int); ALTER TABLE p ATTACH PARTITION q DEFAULT",
        &[],
    );
    pairs.check(
        "CREATE TABLE t (id int)",
        "DROP TABLE t; CREATE VIEW t AS SELECT 1 AS id",
        &["- table t (id)", "+ view t as SELECT 1 AS id;"],
    );
    pairs.done();
}

#[test]
fn columns() {
    let mut pairs = Pairs::new("columns");
    let t = "CREATE TABLE t (a int, b text)";
    pairs.check(t, "ALTER TABLE t ADD locale text", &["+ column t.locale text"]);
    pairs.check(t, "ALTER TABLE t DROP b", &["- column t.b text"]);
    pairs.check(t, "ALTER TABLE t ADD x int; ALTER TABLE t DROP x", &[]);
    pairs.check(
        t,
        "DROP TABLE t; CREATE TABLE t (b text, a int)",
        &["~ order of the columns of t: a, b -> b, a"],
    );
    let mut column = |change: &str, expected: &str| {
        let change = format!("ALTER TABLE t {change}");
        pairs.check(t, &change, &[&format!("~ column t.{expected}")]);
    };
    column(
        "RENAME a TO c; ALTER TABLE t RENAME c TO a; ALTER TABLE t ALTER a TYPE bigint",
        "a: integer -> bigint",
    );
    column("ALTER b TYPE varchar(7)", "b: text -> character varying(7)");
    column("ALTER a TYPE int[] USING NULL", "a: integer -> integer[]");
    column("ALTER a SET NOT NULL", "a: integer -> integer NOT NULL");
    column("ALTER a SET DEFAULT 7", "a: integer -> integer DEFAULT 7");
    column("ALTER b TYPE text COLLATE \"C\"", "b: text -> text COLLATE \"C\"");
    column("ALTER b SET STORAGE EXTERNAL", "b: text -> text storage external");
    column("ALTER b SET COMPRESSION pglz", "b: text -> text compression pglz");
    column("ALTER b SET STATISTICS 500", "b: text -> text statistics 500");
    column("ALTER b SET STATISTICS 0", "b: text -> text statistics 0");
    column("ALTER b SET (n_distinct = 5)", "b: text -> text with (n_distinct=5)");
    pairs.check(t, "COMMENT ON COLUMN t.b IS 'x'", &["~ column t.b: text -> text commented \"x\""]);
    let generated = "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) STORED)";
    pairs.check(
        generated,
        "ALTER TABLE t ALTER b DROP EXPRESSION",
        &["~ column t.b: integer GENERATED ALWAYS AS ((a + 1)) STORED -> integer"],
    );
    pairs.check_since(
        18,
        generated,
        "ALTER TABLE t DROP b, ADD b int GENERATED ALWAYS AS (a + 1) VIRTUAL",
        &["~ column t.b: integer GENERATED ALWAYS AS ((a + 1)) STORED -> integer GENERATED ALWAYS AS ((a + 1)) VIRTUAL"],
    );
    pairs.check(
        "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY)",
        "ALTER TABLE t ALTER a SET GENERATED BY DEFAULT",
        &["~ column t.a: integer NOT NULL GENERATED AS IDENTITY ALWAYS -> integer NOT NULL GENERATED AS IDENTITY BY DEFAULT"],
    );
    pairs.check(
        "CREATE TABLE a (x int); CREATE TABLE t (x int)",
        "ALTER TABLE t INHERIT a",
        &[
            "~ table t: nothing special -> inherits (a)",
            "~ column t.x: integer -> integer inherited and its own",
        ],
    );
    pairs.check_since(
        18,
        t,
        "ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID",
        &["~ column t.a: integer -> integer CONSTRAINT n NOT NULL NOT VALID"],
    );
    pairs.check_since(
        18,
        t,
        "ALTER TABLE t ADD CONSTRAINT n NOT NULL a NO INHERIT",
        &["~ column t.a: integer -> integer CONSTRAINT n NOT NULL NO INHERIT"],
    );
    pairs.check_since(
        18,
        "CREATE TABLE t (a int NOT NULL)",
        "ALTER TABLE t RENAME CONSTRAINT t_a_not_null TO n",
        &["~ column t.a: integer NOT NULL -> integer CONSTRAINT n NOT NULL"],
    );
    pairs.done();
}

#[test]
fn views() {
    let mut pairs = Pairs::new("views");
    let v = "CREATE VIEW v AS SELECT 1 AS a";
    pairs.check(v, "DROP VIEW v", &["- view v as SELECT 1 AS a;"]);
    pairs.check(
        v,
        "CREATE OR REPLACE VIEW v AS SELECT 1 AS a WHERE 1 > 0",
        &["~ view v: as SELECT 1 AS a; -> as SELECT 1 AS a WHERE (1 > 0);"],
    );
    pairs.check(
        v,
        "ALTER VIEW v SET (security_barrier)",
        &["~ view v: as SELECT 1 AS a; -> with (security_barrier=true) as SELECT 1 AS a;"],
    );
    pairs.check(
        v,
        "ALTER VIEW v ALTER a SET DEFAULT 3",
        &["~ column v.a: integer -> integer DEFAULT 3"],
    );
    pairs.check(
        v,
        "COMMENT ON VIEW v IS 'x'",
        &["~ view v: as SELECT 1 AS a; -> as SELECT 1 AS a; commented \"x\""],
    );
    pairs.check(
        v,
        "DROP VIEW v; CREATE MATERIALIZED VIEW v AS SELECT 1 AS a",
        &["- view v as SELECT 1 AS a;", "+ materialized view v as SELECT 1 AS a;"],
    );
    pairs.check(
        "CREATE MATERIALIZED VIEW v AS SELECT 1 AS a",
        "CREATE UNIQUE INDEX ix ON v (a); REFRESH MATERIALIZED VIEW v WITH NO DATA",
        &["+ index ix CREATE UNIQUE INDEX ix ON public.v USING btree (a)"],
    );
    pairs.done();
}

#[test]
fn sequences() {
    let mut pairs = Pairs::new("sequences");
    let s = "CREATE TABLE t (a bigint); CREATE SEQUENCE s";
    let plain = "bigint from 1 by 1 in 1..9223372036854775807 cache 1";
    for (change, expected) in [
        ("INCREMENT 2", "bigint from 1 by 2 in 1..9223372036854775807 cache 1".to_owned()),
        ("START 5", "bigint from 5 by 1 in 1..9223372036854775807 cache 1".to_owned()),
        ("MINVALUE 0", "bigint from 1 by 1 in 0..9223372036854775807 cache 1".to_owned()),
        ("MAXVALUE 9", "bigint from 1 by 1 in 1..9 cache 1".to_owned()),
        ("CACHE 3", "bigint from 1 by 1 in 1..9223372036854775807 cache 3".to_owned()),
        ("AS int", "integer from 1 by 1 in 1..2147483647 cache 1".to_owned()),
        ("CYCLE", format!("{plain} cycle")),
        ("OWNED BY t.a", format!("{plain} owned by t.a")),
    ] {
        let change = format!("ALTER SEQUENCE s {change}");
        pairs.check(s, &change, &[&format!("~ sequence s: {plain} -> {expected}")]);
    }
    pairs.check_since(
        15,
        s,
        "ALTER SEQUENCE s SET UNLOGGED",
        &[&format!("~ sequence s: {plain} -> unlogged {plain}")],
    );
    pairs.check(
        s,
        "COMMENT ON SEQUENCE s IS 'x'",
        &[&format!("~ sequence s: {plain} -> {plain} commented \"x\"")],
    );
    pairs.check(s, "SELECT nextval('s')", &[]);
    pairs.check(
        s,
        "ALTER TABLE t ALTER a SET NOT NULL, ALTER a ADD GENERATED ALWAYS AS IDENTITY",
        &[
            &format!("+ sequence t_a_seq {plain} identity of t.a"),
            "~ column t.a: bigint -> bigint NOT NULL GENERATED AS IDENTITY ALWAYS",
        ],
    );
    pairs.done();
}
