//! Tests: types in queries, and the rules for aggregates, grouping and positions.

use super::check;

const TABLES: &str = "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE color AS ENUM ('red'); \
    CREATE TABLE t (a int PRIMARY KEY, b text, f bool, j jsonb, k json, m mood, d timestamptz, n numeric(9, 2), \
    tags text[], u uuid); CREATE TABLE p (a int, q text, v varchar(20)); \
    CREATE VIEW w AS SELECT a, b, count(*) AS c FROM t GROUP BY a; ";

fn refused(sql: &str, expected: &str) {
    check(&format!("{TABLES}{sql}"), &[expected]);
}

fn accepted(sql: &str) {
    check(&format!("{TABLES}{sql}"), &[]);
}

#[test]
fn types_that_do_not_fit() {
    for (sql, expected) in [
        ("SELECT 1 FROM t WHERE a = b", "there is no operator `integer = text`"),
        ("SELECT a + f FROM t", "there is no operator `integer + boolean`"),
        ("SELECT 1 FROM t JOIN p ON t.u = p.q", "there is no operator `uuid = text`"),
        ("SELECT 1 FROM t WHERE m = b", "there is no operator `mood = text`"),
        ("SELECT 1 FROM t WHERE m = 'bad'", "there is no value `bad` of type `mood`"),
        ("SELECT 1 FROM t WHERE a IN (1, true)", "there is no operator `integer = boolean`"),
        ("SELECT 1 FROM t WHERE a IN (SELECT b FROM t)", "there is no operator `integer = text`"),
        ("SELECT 1 FROM t WHERE a = ANY (tags)", "there is no operator `integer = text`"),
        ("SELECT 1 FROM t WHERE a = ANY (b)", "the right side of `ANY` or `ALL` is of type `text`"),
        ("SELECT 1 FROM t WHERE a BETWEEN 1 AND b", "there is no operator `integer <= text`"),
        ("SELECT 1 FROM t WHERE k = '{}'", "there is no operator `json = unknown`"),
        ("SELECT 1 FROM t WHERE u LIKE 'a%'", "there is no operator `uuid ~~ unknown`"),
        ("SELECT b ->> 'x' FROM t", "there is no operator `text ->> unknown`"),
        ("SELECT 1 FROM t WHERE a = 'abc'", "`'abc'` is not a valid value of type `integer`"),
        (
            "SELECT 1 FROM t WHERE d > 'soon'",
            "`'soon'` is not a valid value of type `timestamp with time zone`",
        ),
        ("SELECT 1 FROM t WHERE a", "the condition of WHERE is of type `integer`, not `boolean`"),
        ("SELECT 1 FROM t WHERE f AND b", "an operand of `AND` is of type `text`, not `boolean`"),
        (
            "SELECT 1 FROM t JOIN p ON p.a",
            "the condition of ON is of type `integer`, not `boolean`",
        ),
        (
            "SELECT CASE WHEN a THEN 1 END FROM t",
            "the condition of WHEN is of type `integer`, not `boolean`",
        ),
        (
            "SELECT CASE WHEN f THEN 1 ELSE b END FROM t",
            "the results of a `CASE` are of types `integer` and `text`",
        ),
        (
            "SELECT coalesce(a, b) FROM t",
            "the arguments of `coalesce` are of types `integer` and `text`",
        ),
        ("SELECT coalesce(a, 'x') FROM t", "`'x'` is not a valid value of type `integer`"),
        (
            "SELECT a FROM t UNION SELECT b FROM t",
            "the parts of a `UNION`, `INTERSECT` or `EXCEPT` are of types `integer` and `text`",
        ),
        ("SELECT sum(b) FROM t", "there is no function `sum(text)`"),
        ("SELECT lower(a) FROM t", "there is no function `lower(integer)`"),
        ("SELECT lower(b, b) FROM t", "there is no function `lower(text, text)`"),
        ("SELECT jsonb_array_length(k) FROM t", "there is no function `jsonb_array_length(json)`"),
        (
            "SELECT length(x.c) FROM (SELECT count(*) AS c FROM t) x",
            "there is no function `length(bigint)`",
        ),
        ("SELECT u::int FROM t", "type `uuid` can't be cast to `integer`"),
        ("SELECT 'abc'::int", "`'abc'` is not a valid value of type `integer`"),
        ("SELECT 'bad'::mood", "there is no value `bad` of type `mood`"),
        ("UPDATE t SET a = b", "column `a` is of type `integer`, and the value of type `text`"),
        ("UPDATE t SET m = b", "column `m` is of type `mood`, and the value of type `text`"),
        ("UPDATE t SET a = 'abc'", "`'abc'` is not a valid value of type `integer`"),
        (
            "UPDATE t SET (a, f) = (1, 2)",
            "column `f` is of type `boolean`, and the value of type `integer`",
        ),
        (
            "INSERT INTO t (a, f) VALUES (1, 0)",
            "column `f` is of type `boolean`, and the value of type `integer`",
        ),
        (
            "INSERT INTO t (a, f) VALUES (1, 'maybe')",
            "`'maybe'` is not a valid value of type `boolean`",
        ),
        (
            "INSERT INTO p (a) SELECT q FROM p",
            "column `a` is of type `integer`, and the value of type `text`",
        ),
        ("INSERT INTO p VALUES ('x')", "`'x'` is not a valid value of type `integer`"),
        ("INSERT INTO t (a, m) VALUES (1, 'bad')", "there is no value `bad` of type `mood`"),
        (
            "ALTER TABLE t ALTER a SET DEFAULT now()",
            "the default of column `t.a` is of type `timestamp with time zone`, not `integer`",
        ),
        (
            "CREATE TABLE x (u uuid DEFAULT md5('a'))",
            "the default of column `x.u` is of type `text`, not `uuid`",
        ),
        (
            "ALTER TABLE t ALTER b TYPE uuid USING b || 'x'",
            "the result of `USING` for column `b` is of type `text`, not `uuid`",
        ),
        ("ALTER TABLE t ALTER j TYPE int USING j + 1", "there is no operator `jsonb + integer`"),
        ("ALTER TABLE t ADD CHECK (b > 5)", "there is no operator `text > integer`"),
        (
            "ALTER TABLE t ADD CHECK (a + 1)",
            "the condition of CHECK is of type `integer`, not `boolean`",
        ),
        ("CREATE INDEX i ON t (lower(a))", "there is no function `lower(integer)`"),
        ("CREATE VIEW x AS SELECT a FROM t WHERE b = 5", "there is no operator `text = integer`"),
        ("CREATE POLICY o ON t USING (a = current_user)", "there is no operator `integer = name`"),
        (
            "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT a FROM t WHERE b = 5'",
            "there is no operator `text = integer`",
        ),
        ("SELECT c FROM w WHERE c = b", "there is no operator `bigint = text`"),
        ("SELECT a FROM t LIMIT true", "`LIMIT` and `OFFSET` take a number, not `boolean`"),
    ] {
        refused(sql, expected);
    }
}

#[test]
fn rules_of_queries() {
    for (sql, expected) in [
        ("SELECT a FROM t WHERE count(*) > 1", "aggregates such as `count` can't be used in WHERE"),
        ("SELECT a FROM t WHERE max(a) = 1", "aggregates such as `max` can't be used in WHERE"),
        (
            "SELECT a FROM t WHERE row_number() OVER () = 1",
            "window functions such as `row_number` can't be used in WHERE",
        ),
        ("UPDATE t SET a = max(a)", "aggregates such as `max` can't be used in UPDATE"),
        ("SELECT row_number() FROM t", "the window function `row_number` needs `OVER`"),
        (
            "SELECT lower(b) OVER () FROM t",
            "`lower` is neither a window function nor an aggregate, so it takes no `OVER`",
        ),
        ("SELECT q, count(*) FROM p", "column `q` is neither in `GROUP BY` nor in an aggregate"),
        (
            "SELECT q, v, count(*) FROM p GROUP BY q",
            "column `v` is neither in `GROUP BY` nor in an aggregate",
        ),
        (
            "SELECT b, max(a) FROM t GROUP BY f",
            "column `b` is neither in `GROUP BY` nor in an aggregate",
        ),
        (
            "SELECT q FROM p GROUP BY q HAVING v = 'x'",
            "column `v` is neither in `GROUP BY` nor in an aggregate",
        ),
        (
            "SELECT q FROM p GROUP BY q ORDER BY v",
            "column `v` is neither in `GROUP BY` nor in an aggregate",
        ),
        ("SELECT a FROM t ORDER BY 2", "`ORDER BY 2`: there are 1 columns"),
        ("SELECT a FROM t ORDER BY 'a'", "`ORDER BY` a constant that is no position"),
        ("ALTER TABLE t ALTER b SET DEFAULT word", "a default can't refer to a column: `word`"),
        ("CREATE TABLE x (a int, b int DEFAULT a)", "a default can't refer to a column: `a`"),
        ("SELECT a FROM t GROUP BY 3", "`GROUP BY 3`: there are 1 columns"),
        ("SELECT (SELECT a, b FROM t)", "a subquery in an expression has 2 columns, not 1"),
        (
            "SELECT a, b FROM t UNION SELECT a FROM t",
            "the parts of a `UNION`, `INTERSECT` or `EXCEPT` have 2 and 1 columns",
        ),
        ("SELECT * FROM (VALUES (1, 2), (3)) v", "the rows of `VALUES` have 2 and 1 values"),
        ("INSERT INTO t (b) VALUES ('x')", "`a` is NOT NULL and has no default, but gets no value"),
        (
            "INSERT INTO t (a) VALUES (1), (NULL)",
            "`a` is NOT NULL and has no default, but gets NULL",
        ),
        ("INSERT INTO t DEFAULT VALUES", "`a` is NOT NULL and has no default, but gets no value"),
        (
            "CREATE OR REPLACE VIEW w AS SELECT a, b FROM t",
            "view `w` can't be replaced: its column `c` would be dropped",
        ),
        (
            "CREATE OR REPLACE VIEW w AS SELECT a, b AS x, 1 AS c FROM t",
            "view `w` can't be replaced: its column `b` would be renamed to `x`",
        ),
        (
            "CREATE OR REPLACE VIEW w AS SELECT a, b, 1 AS c FROM t",
            "view `w` can't be replaced: its column `c` would be of type `integer` instead of `bigint`",
        ),
    ] {
        refused(sql, expected);
    }
}

#[test]
fn what_a_server_accepts() {
    for sql in [
        "SELECT 1 FROM t WHERE a = 1.5 AND n > a AND b = 'x' AND m = 'ok' AND a = '7' AND d > '2020-01-01'",
        "SELECT 1 FROM t, p WHERE t.b = p.v AND u = '00000000-0000-0000-0000-000000000000' AND d > now() - interval '1 day'",
        "SELECT b || a, a || b, j -> 'x' ->> 'y', j #>> '{a}', tags || b, tags || 'x'::text, a::text || b FROM t",
        "SELECT m::text = b, b::mood, m::text::color, j::text, a::bool, tags::varchar[], '1'::int FROM t",
        "SELECT sum(a), avg(n), max(m), min(d), count(*), count(DISTINCT b), string_agg(b, ', ' ORDER BY a), array_agg(a), bool_or(f) FROM t",
        "SELECT q, count(*), lower(q), q || 'x' FROM p GROUP BY q HAVING count(*) > 1 ORDER BY count(*), q",
        "SELECT lower(q) AS l, max(v) FROM p GROUP BY lower(q)",
        "SELECT lower(q) AS l, max(v) FROM p GROUP BY l ORDER BY l, 2",
        "SELECT t.*, count(*) FROM t JOIN p ON p.a = t.a GROUP BY t.a",
        "SELECT a, b, max(n) FROM t GROUP BY a",
        "SELECT (SELECT max(p.a) FROM p WHERE p.a = t.a) FROM t GROUP BY t.a",
        "SELECT a, sum(n) OVER (PARTITION BY b), row_number() OVER w FROM t WINDOW w AS (ORDER BY a)",
        "SELECT CASE a WHEN 1 THEN 'x' ELSE b END, CASE WHEN f THEN a ELSE n END, coalesce(b, 'x'), coalesce(a, 0, '5') FROM t",
        "SELECT a FROM t UNION SELECT n FROM t UNION SELECT '5' ORDER BY 1 LIMIT 5 OFFSET '2'",
        "SELECT NULL UNION SELECT a FROM t",
        "INSERT INTO t (a, b, f, m, d, n, tags, j) VALUES ('1', 5, 't', 'ok', now(), 1, '{x}', '{}'), (2, NULL, true, NULL, '2020-01-01', 2.5, ARRAY['x'], DEFAULT)",
        "INSERT INTO t (a, b, m) SELECT a, q, 'ok' FROM p",
        "INSERT INTO p (a, v) SELECT count(*), 5 FROM t",
        "UPDATE t SET a = n, b = a, j = to_jsonb(b), d = d::date, tags = array_append(tags, b), n = n * 1.1",
        "UPDATE t SET a = (SELECT max(p.a) FROM p)",
        "UPDATE t SET f = NOT f WHERE a IN (SELECT a FROM p) AND a = ANY (ARRAY[1, 2]) AND NOT EXISTS (SELECT 1)",
        "SELECT extract(epoch FROM d)::int + 1, date_trunc('day', d) AT TIME ZONE 'UTC', d::date - 7, now()::date + a FROM t",
        "SELECT jsonb_build_object('a', a, 'b', b), jsonb_agg(t), row_to_json(t), to_char(d, 'YYYY'), coalesce(j, '{}') FROM t GROUP BY a, t.*",
        "SELECT generate_series(1, a), unnest(tags), greatest(a, n), nullif(b, ''), abs(-a), round(n, 2), left(b, 3) FROM t",
        "SELECT * FROM t WHERE (a, b) = (1, 'x') AND (a, b) IN (SELECT a, q FROM p) AND b IS NOT DISTINCT FROM 'y'",
        "WITH RECURSIVE r AS (SELECT 1 AS n, 'x'::text AS s UNION ALL SELECT n + 1, s || 'y' FROM r WHERE n < 5) SELECT n + 1, lower(s) FROM r",
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) FROM t",
        "SELECT text(a), int4(n), date(d) FROM t",
        "CREATE OR REPLACE VIEW w AS SELECT a, b, count(*) AS c, 1 AS more FROM t GROUP BY a",
        "CREATE FUNCTION lower(int) RETURNS text LANGUAGE sql AS 'SELECT ''x''::text'; SELECT lower(a) FROM t",
        "CREATE TABLE s (a serial NOT NULL, b int GENERATED ALWAYS AS IDENTITY, c int NOT NULL DEFAULT 1, d int NOT NULL GENERATED ALWAYS AS (c) STORED); INSERT INTO s DEFAULT VALUES",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.a := 1; RETURN NEW; END$$; CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); INSERT INTO t (b) VALUES ('x')",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$INSERT INTO t (b) VALUES ('x')$$",
        "INSERT INTO t (b) SELECT 'x' WHERE false",
        "CREATE AGGREGATE max(bool) (sfunc = boolor_statefunc, stype = bool); SELECT max(f) FROM t",
        "CREATE OPERATOR = (leftarg = int, rightarg = text, function = f); SELECT 1 FROM t WHERE a = b",
        "CREATE CAST (text AS int) WITH INOUT AS IMPLICIT; SELECT 1 FROM t WHERE a = b",
        "CREATE EXTENSION orafce; SELECT 1 FROM t WHERE a = b",
        "CREATE DOMAIN email AS text; CREATE TABLE e (x email); SELECT x || 'y', lower(x) FROM e WHERE x = 'z'",
        "CREATE TABLE x (u uuid DEFAULT gen_random_uuid(), b text DEFAULT now(), c text[] DEFAULT ARRAY[]::text[], d date DEFAULT now(), e int DEFAULT 1 + 1, f varchar(9) DEFAULT md5('a'), g mood DEFAULT 'ok'::mood, h jsonb DEFAULT '{}'::jsonb, i bigint DEFAULT extract(epoch FROM now()) * 1000)",
        "ALTER TABLE t ALTER b TYPE int USING CASE WHEN b = '' THEN 0 ELSE b::int END, DROP tags, ALTER u TYPE text USING array_to_string(tags, ','), ALTER n TYPE bigint USING n * 100",
        "ALTER TABLE t ALTER b TYPE int USING length(b), ALTER j TYPE text USING lower(b)",
        "ALTER TABLE t ALTER f DROP DEFAULT, ALTER f TYPE int USING f::int, ALTER m TYPE color USING m::text::color",
        "ALTER TABLE t ADD CHECK (a > 0 AND b <> '' AND (j ->> 'x')::int > 5 AND d > '2020-01-01' AND tags <> '{}')",
    ] {
        accepted(sql);
    }
}

#[test]
fn long_and_deep_queries_take_little() {
    let many = |one: &str, sign: &str, count: usize| vec![one; count].join(sign);
    let queries = [
        format!("SELECT {} FROM t", many("a", " + ", 12_000)),
        format!("SELECT 1 FROM t WHERE a IN ({})", many("'7'", ", ", 12_000)),
        format!(
            "SELECT {} FROM t GROUP BY {}",
            many("max(a)", ", ", 3_000),
            many("lower(b)", ", ", 3_000)
        ),
        format!("SELECT {}a{} FROM t", "abs(".repeat(10_000), ")".repeat(10_000)),
        format!("SELECT {}1{}", "(SELECT ".repeat(10_000), ")".repeat(10_000)),
        format!("SELECT 1 FROM t {}", many("JOIN p USING (a)", " ", 5_000)),
        format!("SELECT a FROM t {}", many("UNION SELECT a FROM t", " ", 3_000)),
        format!("SELECT CASE {} END FROM t", many("WHEN f THEN a", " ", 5_000)),
        "WITH RECURSIVE x AS (SELECT * FROM x) SELECT a + b FROM x".to_owned(),
        format!("INSERT INTO p (a, q) VALUES {}", many("(1, 'x')", ", ", 4_000)),
    ];
    for query in &queries {
        let said = super::errors(&[(&format!("{TABLES}{query}"), "")]);
        assert!(said.is_empty(), "{}: {said:?}", &query[..60]);
    }
}
