//! Tests: what the parser understands, and where it stops.

use super::{read_expression, read_query};
use crate::analysis::statement::tokens;
use crate::syntax::cursor::Cursor;

fn is_read(sql: &str) -> bool {
    let tokens = tokens(sql);
    read_query(&Cursor::new(sql, &tokens, 0)).is_some()
}

#[test]
fn queries_are_read() {
    for sql in [
        "SELECT",
        "SELECT FROM t",
        "SELECT 1, 'a', E'\\n', $1, 1.5e3, $$x$$, NULL, true, x'ff'",
        "SELECT *, t.*, s.t.* FROM s.t, u AS v, ONLY w, x *",
        "SELECT ALL a b, c AS select, d \"E\" FROM t",
        "SELECT DISTINCT ON (a, lower(b)) a FROM t ORDER BY a DESC NULLS LAST, b USING <, 2",
        "SELECT a FROM t LIMIT 5 OFFSET 3 ROWS FOR UPDATE OF t SKIP LOCKED",
        "SELECT a FROM t FETCH FIRST 5 ROWS WITH TIES",
        "SELECT a FROM t FETCH NEXT ROW ONLY FOR NO KEY UPDATE NOWAIT",
        "SELECT count(*), sum(DISTINCT a ORDER BY b) FILTER (WHERE c) FROM t GROUP BY a, (b, c), (), \
         ROLLUP (a, (b, c)), CUBE (a), GROUPING SETS ((a), (), ROLLUP (b)) HAVING count(*) > 1",
        "SELECT rank() OVER w, sum(a) OVER (PARTITION BY b ORDER BY c ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) \
         FROM t WINDOW w AS (ORDER BY a), x AS (w RANGE UNBOUNDED PRECEDING)",
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) FROM t",
        "SELECT a FROM t UNION ALL SELECT b FROM u INTERSECT (SELECT c FROM v ORDER BY 1 LIMIT 1) ORDER BY 1",
        "((SELECT 1) UNION (SELECT 2)) EXCEPT DISTINCT VALUES (1), (2)",
        "SELECT ((SELECT 1) + 1), ((SELECT 2)), (((a)))",
        "TABLE t",
        "VALUES (1, DEFAULT), (2, 'a') ORDER BY 1",
        "WITH a AS (SELECT 1), b (x, y) AS MATERIALIZED (SELECT 1, 2), c AS NOT MATERIALIZED (TABLE a) SELECT * FROM a, b",
        "WITH RECURSIVE r (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < 5) SEARCH DEPTH FIRST BY n SET o \
         CYCLE n SET c TO 'Y' DEFAULT 'N' USING p SELECT * FROM r",
        "WITH d AS (DELETE FROM t WHERE a = 1 RETURNING *) INSERT INTO u SELECT * FROM d",
        "SELECT * FROM a JOIN b ON a.x = b.x LEFT OUTER JOIN c USING (x, y) AS j CROSS JOIN d NATURAL FULL JOIN e",
        "SELECT * FROM (a JOIN b JOIN c ON true ON false) AS j (x, y), LATERAL (SELECT 1) s, LATERAL f(a) WITH ORDINALITY AS g (v, n)",
        "SELECT * FROM f() AS t (a int, b numeric(10, 2)), json_to_recordset('[]') AS (c text), generate_series(1, 2) n",
        "SELECT * FROM ROWS FROM (f(1), g(2)) WITH ORDINALITY AS r, t TABLESAMPLE system (10) REPEATABLE (1), current_date",
        "SELECT * FROM xmltable('/a' PASSING x COLUMNS b int PATH 'b') AS x, unnest(ARRAY[1, 2]) AS u (e)",
        "SELECT -a + b * c ^ d, NOT a AND b OR c, a || b <> c, @ a, a !~~* b, a OPERATOR(pg_catalog.+) b",
        "SELECT a::int::text[], (a).b, (a).b.c, (a).*, a[1], a[1:2][:], (f(x)).y, a::numeric(10,2), a::s.mood",
        "SELECT a IS NULL, a IS NOT DISTINCT FROM b, a ISNULL, a IS NOT TRUE, a IS DOCUMENT, a IS NFC NORMALIZED, a IS JSON OBJECT",
        "SELECT a BETWEEN 1 AND 2 AND b NOT BETWEEN SYMMETRIC 3 AND 4, a IN (1, 2), a NOT IN (SELECT 1), a LIKE 'x' ESCAPE '!'",
        "SELECT a = ANY (b), a <> ALL (SELECT 1), a LIKE ANY (ARRAY['x']), a SIMILAR TO 'y', (a, b) OVERLAPS (c, d)",
        "SELECT CASE WHEN a THEN 1 ELSE 2 END, CASE a WHEN 1 THEN 'x' END, CAST(a AS int), EXISTS (SELECT 1), ARRAY(SELECT 1)",
        "SELECT ARRAY[[1, 2], [3, 4]], ARRAY[]::int[], ROW(), ROW(a, t.*), (a, b), coalesce(a, b), greatest(a, 1), nullif(a, b)",
        "SELECT extract(year FROM a), trim(BOTH 'x' FROM a), trim(a), substring(a FROM 1 FOR 2), substring(a, 1), \
         overlay(a PLACING b FROM 1), position('a' IN b), a AT TIME ZONE 'UTC', a COLLATE \"C\", normalize(a, NFC)",
        "SELECT date '2020-01-01', interval '1' day, timestamp with time zone 'x', interval '1 day', double precision '1', s.mood 'x'",
        "SELECT f(a => 1, b := 2), f(VARIADIC a), left(a, 1), current_schema(), current_user, s.f(1), \"F\"(1)",
        "SELECT date, time, timestamp, value, name, values, year FROM t",
        "SELECT xmlelement(name a), json_object('a': 1), json_array(1, 2)",
        "INSERT INTO t DEFAULT VALUES",
        "INSERT INTO s.t AS x (a, b.c, d[1]) OVERRIDING SYSTEM VALUE VALUES (1, 2, DEFAULT) ON CONFLICT (a, lower(b) text_pattern_ops) \
         WHERE c DO UPDATE SET a = excluded.a, (b, c) = (1, DEFAULT) WHERE x.a > 1 RETURNING *, a AS b",
        "INSERT INTO t (SELECT 1)",
        "INSERT INTO t (a) (SELECT 1) ON CONFLICT ON CONSTRAINT k DO NOTHING",
        "INSERT INTO t WITH x AS (SELECT 1) SELECT * FROM x ON CONFLICT DO NOTHING RETURNING WITH (OLD AS o, NEW AS n) o.a",
        "UPDATE ONLY t * AS x SET a = 1, (b, c) = (SELECT 1, 2), d.e[1] = 3 FROM u, v WHERE x.a = u.a RETURNING x.*",
        "UPDATE t SET a = 1 WHERE CURRENT OF c",
        "DELETE FROM t USING u JOIN v ON true WHERE t.a = u.a RETURNING a",
        "MERGE INTO t AS x USING (SELECT 1 AS a) s ON x.a = s.a WHEN MATCHED AND s.a > 1 THEN UPDATE SET b = 1 \
         WHEN MATCHED THEN DELETE WHEN NOT MATCHED BY SOURCE THEN DO NOTHING \
         WHEN NOT MATCHED THEN INSERT (a, b) OVERRIDING USER VALUE VALUES (1, DEFAULT) RETURNING merge_action()",
        "SELECT a INTO TEMP TABLE x FROM t",
    ] {
        assert!(is_read(sql), "{sql}");
    }
}

#[test]
fn what_is_no_query_is_not_read() {
    for sql in [
        "",
        "CALL f()",
        "SELECT 1 1",
        "SELECT FROM WHERE",
        "(SELECT 1",
        "SELECT a b c",
        "SELECT 1)",
        "TRUNCATE t",
        "UPDATE SET a = 1",
    ] {
        assert!(!is_read(sql), "{sql}");
    }
}

/// Runs with the small stack of a compiler thread, and without optimisation.
#[test]
fn nothing_takes_much_stack_or_time() {
    let many = |count: usize, text: &str| text.repeat(count);
    let texts = [
        format!("SELECT {}1{}", many(10_000, "("), many(10_000, ")")),
        format!("SELECT {}1{}", many(10_000, "("), many(9_000, ")")),
        format!("{}SELECT 1{}", many(10_000, "("), many(10_000, ")")),
        format!("SELECT {}1", many(10_000, "NOT ")),
        format!("SELECT {}1", many(10_000, "- ")),
        format!("SELECT 1{}", many(10_000, " + 1")),
        format!("SELECT 1{}", many(10_000, "::int")),
        format!("SELECT a{}", many(7_000, "[1]")),
        format!("SELECT * FROM t{}", many(5_000, " JOIN t ON true")),
        format!("SELECT * FROM t{}{}", many(3_000, " JOIN t"), many(3_000, " ON true")),
        format!("SELECT * FROM {}t{}", many(5_000, "("), many(5_000, ")")),
        format!("SELECT 1{}", many(5_000, " UNION SELECT 1")),
        format!("SELECT {}1{}", many(5_000, "(SELECT "), many(5_000, ")")),
        format!("SELECT {}1{}", many(5_000, "CASE WHEN a THEN "), many(5_000, " END")),
        format!("SELECT {}{}", many(5_000, "ARRAY["), many(5_000, "]")),
        format!("WITH {}a AS (SELECT 1) SELECT 1", many(3_000, "a AS (SELECT 1), ")),
        format!("INSERT INTO t VALUES (1){}", many(5_000, ", (1)")),
        format!("SELECT a FROM t GROUP BY {}a{}", many(5_000, "ROLLUP ("), many(5_000, ")")),
    ];
    let work = move || texts.iter().filter(|text| is_read(text)).count();
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(work);
    assert!(thread.is_ok_and(|thread| thread.join().is_ok_and(|read| read >= 6)));
}

#[test]
fn an_expression_ends_where_its_text_ends() {
    let read = |sql: &str| {
        let tokens = tokens(sql);
        read_expression(&Cursor::new(sql, &tokens, 0)).is_some()
    };
    assert!(read("a > 1 AND lower(b) = 'x'"));
    assert!(!read("a, b"));
    assert!(!read("a b"));
}
