//! Tests: names in queries, which errors are reported and which are not.

use super::{check, errors};

const TABLES: &str = "CREATE TABLE t (a int PRIMARY KEY, b text, f bool, j jsonb); CREATE TABLE u (a int, c int, t_id int); ";

fn refused(sql: &str, expected: &str) {
    check(&format!("{TABLES}{sql}"), &[expected]);
}

fn accepted(sql: &str) {
    check(&format!("{TABLES}{sql}"), &[]);
}

#[test]
fn columns_that_are_not_there() {
    for (sql, expected) in [
        (
            "SELECT bb FROM t",
            "there is no column `t.bb`: r1.sql `bb` not there; r1.sql `t` the table is created here",
        ),
        ("SELECT x.bb FROM t AS x", "there is no column `t.bb`"),
        ("SELECT a FROM t WHERE bb IS NULL", "there is no column `t.bb`"),
        ("SELECT q FROM t, u", "there is no column `q`"),
        ("SELECT t.b FROM t JOIN u ON t.a = u.b", "there is no column `u.b`"),
        ("SELECT t.b FROM t JOIN u USING (b)", "there is no column `b`"),
        ("SELECT (SELECT zz FROM u) FROM t", "there is no column `zz`"),
        (
            "SELECT 1 FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.zz)",
            "there is no column `t.zz`",
        ),
        ("SELECT s.y FROM (SELECT a AS x FROM t) s", "there is no column `s.y`"),
        ("SELECT y FROM (SELECT a AS x FROM t) s", "there is no column `y`"),
        ("WITH w AS (SELECT a FROM t) SELECT b FROM w", "there is no column `b`"),
        ("WITH w (x) AS (SELECT a FROM t) SELECT a FROM w", "there is no column `a`"),
        (
            "WITH RECURSIVE w (n) AS (SELECT 1 UNION ALL SELECT m + 1 FROM w) SELECT n FROM w",
            "there is no column `m`",
        ),
        ("WITH d AS (DELETE FROM t RETURNING a) SELECT b FROM d", "there is no column `b`"),
        ("SELECT x FROM (VALUES (1, 2)) v (x, y) WHERE z = 1", "there is no column `z`"),
        ("SELECT column3 FROM (VALUES (1, 2)) v", "there is no column `column3`"),
        ("SELECT a FROM t GROUP BY q", "there is no column `t.q`"),
        ("SELECT a AS q FROM t WHERE q = 1", "there is no column `t.q`"),
        ("SELECT a AS q FROM t ORDER BY q + 1", "there is no column `t.q`"),
        ("SELECT a FROM t UNION SELECT a FROM u ORDER BY b", "there is no column `b`"),
        ("SELECT a FROM t ORDER BY r", "there is no column `t.r`"),
        ("SELECT sum(a) OVER (PARTITION BY zz) FROM t", "there is no column `t.zz`"),
        ("SELECT count(*) FILTER (WHERE zz) FROM t", "there is no column `t.zz`"),
        ("SELECT n FROM generate_series(1, 2) AS g", "there is no column `n`"),
        ("SELECT z FROM json_to_record('{}') AS x (y int)", "there is no column `z`"),
        ("SELECT CASE WHEN zz THEN 1 END FROM t", "there is no column `t.zz`"),
        ("SELECT t.name FROM t", "there is no column `t.name`"),
        ("INSERT INTO t (a, bb) VALUES (1, 'x')", "there is no column `t.bb`"),
        ("INSERT INTO t (a) VALUES (1) ON CONFLICT (x) DO NOTHING", "there is no column `t.x`"),
        (
            "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET bb = 1",
            "there is no column `t.bb`",
        ),
        (
            "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = excluded.bb",
            "there is no column `t.bb`",
        ),
        ("INSERT INTO t (a) VALUES (1) RETURNING bb", "there is no column `t.bb`"),
        ("INSERT INTO u (a) SELECT bb FROM t", "there is no column `t.bb`"),
        ("UPDATE t SET bb = 'x'", "there is no column `t.bb`"),
        ("UPDATE t SET t.b = 'x'", "there is no column `t.t`"),
        ("UPDATE t SET b = 'x' WHERE bb = 1", "there is no column `t.bb`"),
        ("UPDATE t SET b = u.b FROM u", "there is no column `u.b`"),
        ("DELETE FROM t WHERE bb IS NULL", "there is no column `t.bb`"),
        ("DELETE FROM t USING u WHERE zz = 1", "there is no column `zz`"),
        (
            "\n-- migrate:allow(needs-server): a test\nMERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN UPDATE SET bb = 1",
            "there is no column `t.bb`",
        ),
        (
            "\n-- migrate:allow(needs-server): a test\nMERGE INTO t USING u ON t.a = u.a WHEN NOT MATCHED THEN INSERT (a) VALUES (f)",
            "there is no column `u.f`",
        ),
        ("COPY t (a, bb) TO '/tmp/x'", "there is no column `t.bb`"),
        ("GRANT SELECT (a, bb) ON t TO public", "there is no column `t.bb`"),
        ("REVOKE UPDATE (bb), SELECT ON TABLE t FROM public", "there is no column `t.bb`"),
    ] {
        refused(sql, expected);
    }
}

#[test]
fn what_names_the_definitions_of_tables_have() {
    for (sql, expected) in [
        ("CREATE VIEW v AS SELECT t.bb FROM t", "there is no column `t.bb`"),
        (
            "CREATE MATERIALIZED VIEW v AS SELECT bb FROM t WITH NO DATA",
            "there is no column `t.bb`",
        ),
        ("CREATE TABLE n AS SELECT bb FROM t", "there is no column `t.bb`"),
        ("CREATE VIEW v AS SELECT a FROM t; SELECT b FROM v", "there is no column `v.b`"),
        ("CREATE VIEW v (x) AS SELECT a, b FROM t; SELECT a FROM v", "there is no column `v.a`"),
        ("CREATE TABLE n (x) AS SELECT a FROM t; SELECT a FROM n", "there is no column `n.a`"),
        ("SELECT a AS x INTO n FROM t; ALTER TABLE n DROP COLUMN a", "there is no column `n.a`"),
        (
            "CREATE VIEW v AS SELECT a FROM t; CREATE OR REPLACE VIEW v AS SELECT a, b FROM t; SELECT f FROM v",
            "there is no column `v.f`",
        ),
        (
            "CREATE RECURSIVE VIEW v (n) AS SELECT 1 UNION ALL SELECT m FROM v",
            "there is no column `m`",
        ),
        ("CREATE POLICY p ON t USING (bb IS NULL)", "there is no column `t.bb`"),
        (
            "CREATE POLICY p ON t FOR INSERT WITH CHECK (EXISTS (SELECT 1 FROM u WHERE u.zz = t.a))",
            "there is no column `u.zz`",
        ),
        (
            "CREATE POLICY p ON t; ALTER POLICY p ON t USING (bb IS NULL)",
            "there is no column `t.bb`",
        ),
        ("CREATE INDEX i ON t (a) WHERE bb IS NULL", "there is no column `t.bb`"),
        ("CREATE INDEX i ON t (lower(bb))", "there is no column `t.bb`"),
        ("ALTER TABLE t ADD CHECK (bb > 1)", "there is no column `t.bb`"),
        (
            "CREATE TABLE n (a int, g int GENERATED ALWAYS AS (b + 1) STORED)",
            "there is no column `n.b`",
        ),
        (
            "ALTER TABLE t ADD g int GENERATED ALWAYS AS (bb + 1) STORED",
            "there is no column `t.bb`",
        ),
        (
            "CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER x BEFORE UPDATE OF a, bb ON t EXECUTE FUNCTION g()",
            "there is no column `t.bb`",
        ),
        (
            "CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER x BEFORE UPDATE ON t FOR EACH ROW WHEN (OLD.bb IS NULL) EXECUTE FUNCTION g()",
            "there is no column `t.bb`",
        ),
        (
            "CREATE RULE r AS ON INSERT TO t DO ALSO INSERT INTO u (a) VALUES (NEW.bb)",
            "there is no column `t.bb`",
        ),
        (
            "CREATE FUNCTION g() RETURNS bigint LANGUAGE sql AS 'SELECT count(bb) FROM t'",
            "there is no column `t.bb`: r1.sql `bb`",
        ),
        (
            "CREATE FUNCTION g() RETURNS text LANGUAGE sql AS 'SELECT ''x'' || bb FROM t'",
            "there is no column `t.bb`: r1.sql `'SELECT",
        ),
        (
            "CREATE FUNCTION g() RETURNS bigint LANGUAGE sql AS $$ SELECT 1; SELECT count(bb) FROM t $$",
            "there is no column `t.bb`: r1.sql `bb`",
        ),
        (
            "CREATE FUNCTION g() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT count(bb) FROM t; END",
            "there is no column `t.bb`",
        ),
        (
            "CREATE FUNCTION g(x int) RETURNS int LANGUAGE sql RETURN y + 1",
            "there is no column `y`",
        ),
        (
            "CREATE FUNCTION g() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM nosuch'",
            "there is no table `nosuch`",
        ),
        (
            "SET check_function_bodies = off; CREATE FUNCTION g() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT bb FROM t; END",
            "there is no column `t.bb`",
        ),
    ] {
        refused(sql, expected);
    }
}

#[test]
fn aliases_ambiguity_and_counts() {
    for (sql, expected) in [
        (
            "UPDATE t SET b = y.b",
            "there is no FROM-clause entry for table `y`: r1.sql `y` not in FROM",
        ),
        ("SELECT y.b FROM t", "there is no FROM-clause entry for table `y`"),
        ("SELECT t.b FROM t AS x", "there is no FROM-clause entry for table `t`"),
        ("SELECT y.* FROM t", "there is no FROM-clause entry for table `y`"),
        ("SELECT * FROM t, (SELECT t.a) s", "there is no FROM-clause entry for table `t`"),
        ("SELECT * FROM t, u JOIN t x ON t.a = u.a", "there is no FROM-clause entry for table `t`"),
        (
            "SELECT x.a FROM (t x JOIN u ON true) AS j",
            "there is no FROM-clause entry for table `x`",
        ),
        (
            "INSERT INTO t (a) VALUES (excluded.a)",
            "there is no FROM-clause entry for table `excluded`",
        ),
        (
            "SELECT a FROM t, u",
            "column reference `a` is ambiguous: r1.sql `a` more than one table has it",
        ),
        ("SELECT s.x FROM (SELECT a AS x, b AS x FROM t) s", "column reference `x` is ambiguous"),
        (
            "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = b",
            "column reference `b` is ambiguous",
        ),
        (
            "INSERT INTO t (a, b) VALUES (1)",
            "INSERT has 2 columns and 1 value: r1.sql `VALUES (1)`",
        ),
        ("INSERT INTO t (a) VALUES (1, 2)", "INSERT has 1 column and 2 values"),
        ("INSERT INTO t VALUES (1, 'x', true, '{}', 5)", "INSERT has 4 columns and 5 values"),
        ("INSERT INTO u (a, c) SELECT a FROM t", "INSERT has 2 columns and 1 value"),
        ("INSERT INTO u (a, c) SELECT * FROM t", "INSERT has 2 columns and 4 values"),
        (
            "INSERT INTO u (a) SELECT a FROM t UNION SELECT a FROM u ON CONFLICT DO NOTHING RETURNING zz",
            "there is no column `u.zz`",
        ),
        ("INSERT INTO t (a, a) VALUES (1, 2)", "column `a` is specified more than once"),
        ("UPDATE t SET b = 'x', b = 'y'", "column `b` is specified more than once"),
        (
            "CREATE TABLE g (a int, b int GENERATED ALWAYS AS (a) STORED); INSERT INTO g (a, b) VALUES (1, DEFAULT), (2, 3)",
            "column `b` is generated and takes no value",
        ),
        (
            "CREATE TABLE g (a int, b int GENERATED ALWAYS AS (a) STORED); UPDATE g SET b = 1",
            "column `b` is generated",
        ),
        (
            "CREATE TABLE g (a int, b int GENERATED ALWAYS AS (a) STORED); INSERT INTO g (b) SELECT 1",
            "column `b` is generated",
        ),
    ] {
        refused(sql, expected);
    }
}

#[test]
fn functions_that_are_not_there_or_not_immutable() {
    for (sql, expected) in [
        (
            "ALTER TABLE t ADD COLUMN n timestamptz DEFAULT nwo()",
            "there is no function `nwo()`: r1.sql `nwo` not there = did you mean `now`?",
        ),
        ("CREATE TABLE n (a timestamptz DEFAULT nwo())", "there is no function `nwo()`"),
        ("CREATE INDEX i ON t (lowr(b))", "there is no function `lowr()`"),
        ("SELECT lowr(b), lowr(b) FROM t", "there is no function `lowr()`"),
        (
            "CREATE INDEX i ON t (random())",
            "functions in an index or a generated column must be IMMUTABLE, and `random` is not",
        ),
        ("CREATE INDEX i ON t (a) WHERE now() > '2020-01-01'", "functions in an index"),
        (
            "ALTER TABLE t ADD n text GENERATED ALWAYS AS (concat(b, 'x')) STORED",
            "functions in an index",
        ),
        (
            "CREATE FUNCTION h(int) RETURNS int LANGUAGE sql AS 'select 1'; SELECT h('a', 'b')",
            "there is no function `h` with 2 arguments",
        ),
    ] {
        refused(sql, expected);
    }
    for sql in [
        "SELECT uuid_generate_v7(), gen_random_ulid(), my_own(a), h3_index(a), lowers(b) FROM t",
        "CREATE EXTENSION postgis; SELECT lowr(b) FROM t",
        "CREATE FUNCTION lowr(text) RETURNS text LANGUAGE sql AS 'select $1'; CREATE INDEX i ON t (lower(b)); SELECT lowr(b) FROM t",
        "CREATE FUNCTION h(VARIADIC int[]) RETURNS int LANGUAGE sql AS 'select 1'; SELECT h(1, 2, 3), h(VARIADIC ARRAY[1])",
        "CREATE FUNCTION h(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql AS 'select 1'; SELECT h(1), h(b => 2, a => 1)",
        "CREATE FUNCTION random(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'select 1'; CREATE INDEX i ON t (random(a))",
        "ALTER TABLE t ADD n timestamptz DEFAULT now() CHECK (n < now())",
    ] {
        accepted(sql);
    }
}

#[test]
fn what_may_be_right_is_left_alone() {
    for sql in [
        // In FROM, it takes several arrays.
        "SELECT z.x, z.y FROM unnest(ARRAY[1], ARRAY['a']) AS z (x, y)",
        "INSERT INTO t (a, b) SELECT * FROM pg_catalog.unnest('{1}'::int[], '{a}'::text[])",
        "SELECT t, t.ctid, xmin, tableoid FROM t; SELECT t.*, (t).a, row_to_json(t), t.row_to_json FROM t",
        "CREATE FUNCTION full_name(t) RETURNS text LANGUAGE sql AS 'SELECT $1.b'; SELECT t.full_name FROM t",
        "SELECT a FROM nobody_knows.x; SELECT zz FROM elsewhere.x; SELECT zz FROM pg_class; SELECT zz FROM information_schema.tables",
        "SELECT zz FROM f() AS x; SELECT x FROM unnest(ARRAY[1]) AS x; SELECT key, value FROM jsonb_each('{}')",
        "SELECT g FROM generate_series(1, 2) AS g; SELECT n FROM generate_series(1, 2) AS g (n); SELECT ordinality FROM generate_series(1, 2) WITH ORDINALITY",
        "SELECT a FROM t JOIN u USING (a); SELECT t.a, u.a FROM t JOIN u USING (a); SELECT a, b, c FROM t NATURAL JOIN u",
        "SELECT j.a FROM t JOIN u USING (a) AS j; SELECT x.c FROM (t JOIN u ON t.a = u.t_id) AS x; SELECT * FROM t x JOIN u y ON x.a = y.a JOIN t z ON z.a = x.a AND y.c = 1",
        "SELECT * FROM t, LATERAL (SELECT t.a AS q) s WHERE q = 1; SELECT s.q FROM t CROSS JOIN LATERAL (SELECT b AS q FROM u WHERE u.a = t.a) s",
        "SELECT a AS q FROM t GROUP BY q ORDER BY q; SELECT count(*) n FROM t ORDER BY n; SELECT a + 1 AS q FROM t GROUP BY (q), a",
        "SELECT a, (SELECT max(c) FROM u WHERE u.a = b::int) FROM t; SELECT 1 FROM t WHERE a IN (SELECT b::int FROM u)",
        "WITH w AS (SELECT a AS x FROM t), v AS (SELECT x FROM w) SELECT x FROM v; WITH RECURSIVE w AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM w) SELECT n FROM w",
        "WITH RECURSIVE w (n) AS (SELECT 1 UNION ALL SELECT n FROM w) SEARCH DEPTH FIRST BY n SET ord SELECT ord FROM w",
        "WITH t AS (SELECT 1 AS zz) SELECT zz FROM t; SELECT \"?column?\" FROM (SELECT 1) s; SELECT int4, lower FROM (SELECT 1::int, lower('x')) s",
        "SELECT \"case\", coalesce, date, timezone FROM (SELECT CASE WHEN true THEN 1 END, coalesce(1), date '2020-01-01', now() AT TIME ZONE 'UTC') s",
        "INSERT INTO t VALUES (1); INSERT INTO t (a, b) SELECT u.a, u.c FROM u; INSERT INTO t (a, b) SELECT s.* FROM (SELECT 1, 'x') s; INSERT INTO u TABLE u",
        "INSERT INTO t AS x (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = x.b || excluded.b WHERE x.a > 1 RETURNING x.a, b",
        "INSERT INTO t (a) VALUES (1) RETURNING old.a; UPDATE t SET b = 'x' RETURNING new.b",
        "UPDATE t x SET b = y.c::text FROM u y WHERE x.a = y.a; UPDATE t SET (a, b) = (SELECT c, 'x' FROM u WHERE u.a = t.a); UPDATE t SET j['a'] = '1', f = DEFAULT",
        "DELETE FROM t x USING u WHERE x.a = u.a; DELETE FROM t WHERE t.a = 1; DELETE FROM public.t WHERE public.t.a = 1",
        "\n-- migrate:allow(needs-server): a test\nMERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN UPDATE SET b = c::text WHEN NOT MATCHED THEN INSERT (a, b) VALUES (t_id, 'x')",
        "CREATE TABLE g (a int, b int GENERATED ALWAYS AS (a) STORED); INSERT INTO g VALUES (1, DEFAULT); INSERT INTO g (a, b) VALUES (1, DEFAULT); UPDATE g SET b = DEFAULT",
        "CREATE TABLE g (b int GENERATED ALWAYS AS (a) STORED, a int)",
        "CREATE VIEW v AS SELECT *, 1 AS n FROM t; SELECT n, a FROM v; CREATE OR REPLACE VIEW v AS SELECT *, 1 AS n, 2 AS m FROM t; SELECT m FROM v",
        "CREATE VIEW v AS SELECT u.* FROM u; ALTER TABLE u ADD z int; SELECT v.a FROM v; ALTER VIEW v RENAME COLUMN a TO q; SELECT q FROM v",
        "CREATE VIEW v AS SELECT f(a) FROM t; SELECT f FROM v; CREATE VIEW w AS SELECT xmlelement(name a); SELECT xmlelement FROM w",
        "CREATE TABLE n AS SELECT a, b FROM t WITH NO DATA; SELECT a FROM n; CREATE TABLE IF NOT EXISTS n AS SELECT 1 AS x; SELECT b FROM n",
        "CREATE RECURSIVE VIEW v (n) AS SELECT 1 UNION ALL SELECT n + 1 FROM v WHERE n < 5; SELECT n FROM v",
        "CREATE FUNCTION g(x int, OUT y int) LANGUAGE sql AS 'SELECT x + g.x + (SELECT a FROM t WHERE a = x LIMIT 1)'",
        "CREATE FUNCTION g(r t) RETURNS text LANGUAGE sql AS 'SELECT r.b || (r).b'; CREATE FUNCTION h(x anyelement) RETURNS anyelement LANGUAGE sql AS 'SELECT zz FROM t'",
        "CREATE FUNCTION g() RETURNS TABLE (p int, q text) LANGUAGE sql AS 'SELECT a, b FROM t'; SELECT p, q FROM g()",
        "SET check_function_bodies = false; CREATE FUNCTION g() RETURNS bigint LANGUAGE sql AS 'SELECT bb FROM t'",
        "SELECT set_config('check_function_bodies', 'off', false); CREATE FUNCTION g() RETURNS bigint LANGUAGE sql AS 'SELECT bb FROM t'",
        "CREATE FUNCTION g() RETURNS bigint LANGUAGE sql SET search_path = other AS 'SELECT bb FROM t'",
        "CREATE FUNCTION g() RETURNS int LANGUAGE plpgsql AS 'BEGIN SELECT bb FROM t; RETURN zz; END'",
        "DO $$ BEGIN IF false THEN SELECT bb FROM t; END IF; UPDATE t SET bb = 1; END $$",
        "CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER x BEFORE UPDATE OF a, b ON t FOR EACH ROW WHEN (OLD.a IS DISTINCT FROM NEW.a AND OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION g()",
        "CREATE RULE r AS ON UPDATE TO t DO ALSO (INSERT INTO u (a) VALUES (NEW.a); DELETE FROM u WHERE a = OLD.a)",
        "CREATE POLICY p ON t USING (a IN (SELECT a FROM u WHERE t_id = t.a) AND b = current_user AND current_setting('x') = '1') WITH CHECK (true)",
        "CREATE TEMP TABLE tmp (x int); SELECT y FROM tmp; ALTER TABLE t ADD COLUMN IF NOT EXISTS q int; SELECT q FROM t; UPDATE t SET q = 1",
        "CREATE TABLE p (a int); CREATE TABLE c (x int) INHERITS (p); SELECT a, x FROM c; SELECT * FROM p, c WHERE x = 1",
        "CREATE TYPE y AS (q int); CREATE TABLE k (v y); SELECT (v).q, (k.v).q FROM k; INSERT INTO k (v.q) VALUES (1); UPDATE k SET v.q = 2",
        "GRANT SELECT (a), UPDATE (b) ON t TO public; GRANT SELECT ON nosuch TO public; GRANT ALL ON SCHEMA public TO public",
        "SELECT last_value FROM u_seq; CREATE SEQUENCE q; SELECT last_value, is_called FROM q",
        "EXPLAIN SELECT zz FROM t; PREPARE x AS SELECT zz FROM t",
    ] {
        let found: Vec<String> = errors(&[(&format!("{TABLES}{sql}"), "")]);
        let real: Vec<&String> = found.iter().filter(|text| !text.contains("u_seq")).collect();
        assert!(real.is_empty(), "{sql}\n{real:#?}");
    }
    accepted("");
}

#[test]
fn one_mistake_is_said_once_and_deployed_ones_never() {
    refused("SELECT bb, bb + 1 FROM t WHERE bb > 1", "there is no column `t.bb`");
    check("SELECT zz FROM nosuch, nosuch x", &["there is no table `nosuch`"]);
    check("INSERT INTO nosuch (a) VALUES (1)", &["there is no table `nosuch`"]);
}

#[test]
fn what_was_meant_is_proposed() {
    let found = errors(&[(&format!("{TABLES}SELECT t.t_idd FROM u AS t"), "")]);
    assert!(found[0].ends_with("= did you mean `t_id`?"), "{found:#?}");
    let found = errors(&[(&format!("{TABLES}SELECT usr.a FROM u AS users"), "")]);
    assert!(found[0].contains("`usr`"), "{found:#?}");
    let found = errors(&[(&format!("{TABLES}ALTER TABLE u DROP COLUMN c; SELECT c FROM u"), "")]);
    assert!(found[0].contains("dropped or renamed here"), "{found:#?}");
}
