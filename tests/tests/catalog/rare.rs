//! The rare kinds: each is made, changed, commented and dropped by statements.

use migrate_testkit::Server;

use crate::pairs::Pairs;

/// What a database has and what it becomes, both ways.
pub(crate) fn check_all(hint: &str, since: u32, ways: &[(&str, &str)]) {
    let mut pairs = Pairs::new(hint);
    if pairs.version >= since {
        for (one, other) in ways {
            pairs.check_script(one, other);
        }
    }
    pairs.done();
}

#[test]
fn collations_and_conversions() {
    check_all(
        "collations",
        14,
        &[
            ("", "CREATE COLLATION c (LOCALE = 'C'); COMMENT ON COLLATION c IS 'x'"),
            (
                "CREATE COLLATION c (LOCALE = 'C')",
                "CREATE COLLATION c (LC_COLLATE = 'C', LC_CTYPE = 'POSIX')",
            ),
            (
                "",
                "CREATE COLLATION c (LOCALE = 'C'); CREATE TABLE t (a text COLLATE c); CREATE DOMAIN d AS text COLLATE c",
            ),
            (
                "",
                "CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8; COMMENT ON CONVERSION c IS 'x'",
            ),
            (
                "",
                "CREATE LANGUAGE l HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator; COMMENT ON LANGUAGE l IS 'x'",
            ),
            (
                "",
                "CREATE ACCESS METHOD m TYPE TABLE HANDLER heap_tableam_handler; CREATE TABLE t (a int) USING m",
            ),
        ],
    );
    let mut pairs = Pairs::new("icu");
    let database = Server::shared().unwrap().database("icu").unwrap();
    let icu = "SELECT FROM pg_collation WHERE collprovider = 'i'";
    if !database.connect().unwrap().query(icu, &[]).unwrap().is_empty() {
        pairs.check_script("", "CREATE COLLATION n (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false)");
    }
    pairs.done();
}

#[test]
fn operators_and_casts() {
    let f = "CREATE TYPE k AS (a int); CREATE FUNCTION eq(k, k) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
        CREATE FUNCTION ne(k, k) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true'";
    let op = format!(
        "{f}; CREATE OPERATOR === (FUNCTION = eq, LEFTARG = k, RIGHTARG = k, COMMUTATOR = ===, NEGATOR = !==, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
         CREATE OPERATOR !== (FUNCTION = ne, LEFTARG = k, RIGHTARG = k, COMMUTATOR = !==, NEGATOR = ===)"
    );
    let compare = "CREATE TYPE k AS (a int);
        CREATE FUNCTION lt(k, k) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1.a < $2.a';
        CREATE FUNCTION cmp(k, k) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 0';
        CREATE OPERATOR <<< (FUNCTION = lt, LEFTARG = k, RIGHTARG = k)";
    check_all(
        "operators",
        14,
        &[
            (f, &op),
            (
                &op,
                &format!(
                    "{op}; ALTER OPERATOR === (k, k) SET (RESTRICT = NONE); COMMENT ON OPERATOR === (k, k) IS 'x'"
                ),
            ),
            (
                f,
                &format!(
                    "{f}; CREATE FUNCTION neg(k) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE OPERATOR !! (FUNCTION = neg, RIGHTARG = k)"
                ),
            ),
            (
                &format!("{f}; CREATE OPERATOR === (FUNCTION = eq, LEFTARG = k, RIGHTARG = k)"),
                &format!("{f}; CREATE OPERATOR === (FUNCTION = ne, LEFTARG = k, RIGHTARG = k)"),
            ),
            (
                "",
                "CREATE OPERATOR FAMILY o USING btree; ALTER OPERATOR FAMILY o USING btree ADD OPERATOR 1 < (int, int), FUNCTION 1 (int, int) btint4cmp(int, int); COMMENT ON OPERATOR FAMILY o USING btree IS 'x'",
            ),
            (
                "CREATE OPERATOR FAMILY o USING btree; ALTER OPERATOR FAMILY o USING btree ADD OPERATOR 1 < (int, int)",
                "CREATE OPERATOR FAMILY o USING btree; ALTER OPERATOR FAMILY o USING btree ADD OPERATOR 5 > (int, int)",
            ),
            (
                compare,
                &format!(
                    "{compare}; CREATE OPERATOR CLASS c DEFAULT FOR TYPE k USING btree AS OPERATOR 1 <<<, FUNCTION 1 cmp(k, k); COMMENT ON OPERATOR CLASS c USING btree IS 'x'"
                ),
            ),
            (
                "",
                &format!(
                    "{compare}; CREATE OPERATOR CLASS c FOR TYPE k USING btree AS OPERATOR 1 <<<, FUNCTION 1 cmp(k, k)"
                ),
            ),
            (
                f,
                &format!(
                    "{f}; CREATE CAST (k AS text) WITH INOUT AS ASSIGNMENT; COMMENT ON CAST (k AS text) IS 'x'"
                ),
            ),
            (
                f,
                &format!(
                    "{f}; CREATE FUNCTION to_k(int) RETURNS k LANGUAGE sql AS 'SELECT ROW($1)::k'; CREATE CAST (int AS k) WITH FUNCTION to_k(int) AS IMPLICIT"
                ),
            ),
            (
                &format!("{f}; CREATE CAST (k AS text) WITH INOUT"),
                &format!("{f}; CREATE CAST (k AS text) WITH INOUT AS IMPLICIT"),
            ),
            ("", "CREATE TYPE shell"),
        ],
    );
}

#[test]
fn text_search() {
    let c = "CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = snowball, LANGUAGE = english); CREATE TEXT SEARCH CONFIGURATION c (PARSER = \"default\");
        ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR asciiword, word WITH d, simple";
    check_all(
        "text_search",
        14,
        &[
            ("", "CREATE TEXT SEARCH CONFIGURATION c (COPY = simple)"),
            ("", c),
            (
                c,
                &format!(
                    "{c}; ALTER TEXT SEARCH CONFIGURATION c DROP MAPPING FOR word; ALTER TEXT SEARCH CONFIGURATION c ALTER MAPPING FOR asciiword WITH simple; ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR email WITH d"
                ),
            ),
            (
                c,
                &format!(
                    "{c}; ALTER TEXT SEARCH DICTIONARY d (LANGUAGE = german, StopWords = german); COMMENT ON TEXT SEARCH DICTIONARY d IS 'x'; COMMENT ON TEXT SEARCH CONFIGURATION c IS 'y'"
                ),
            ),
            (
                "",
                "CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline)",
            ),
            ("", "CREATE TEXT SEARCH TEMPLATE t (INIT = dsimple_init, LEXIZE = dsimple_lexize)"),
            (
                "",
                &format!(
                    "{c}; CREATE TABLE t (a text, v tsvector GENERATED ALWAYS AS (to_tsvector('c'::regconfig, a)) STORED)"
                ),
            ),
        ],
    );
}

#[test]
fn event_triggers() {
    let e = "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'";
    check_all(
        "event_triggers",
        14,
        &[
            (
                "",
                &format!(
                    "{e}; CREATE EVENT TRIGGER g ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') EXECUTE FUNCTION e(); COMMENT ON EVENT TRIGGER g IS 'x'"
                ),
            ),
            (
                &format!("{e}; CREATE EVENT TRIGGER g ON ddl_command_end EXECUTE FUNCTION e()"),
                &format!(
                    "{e}; CREATE EVENT TRIGGER g ON sql_drop EXECUTE FUNCTION e(); ALTER EVENT TRIGGER g DISABLE"
                ),
            ),
            (
                &format!(
                    "{e}; CREATE EVENT TRIGGER g ON sql_drop EXECUTE FUNCTION e(); ALTER EVENT TRIGGER g ENABLE ALWAYS"
                ),
                &format!("{e}; CREATE EVENT TRIGGER g ON sql_drop EXECUTE FUNCTION e()"),
            ),
        ],
    );
}

#[test]
fn aggregates_and_statistics() {
    let t = "CREATE TABLE t (a int, b int)";
    check_all(
        "aggregates_too",
        14,
        &[
            ("", "CREATE AGGREGATE smallest(int) (SFUNC = int4smaller, STYPE = int, SORTOP = <)"),
            (
                "",
                "CREATE AGGREGATE middle(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA)",
            ),
            (
                "",
                "CREATE AGGREGATE place(VARIADIC \"any\" ORDER BY VARIADIC \"any\") (SFUNC = ordered_set_transition_multi, STYPE = internal, FINALFUNC = rank_final, FINALFUNC_EXTRA, HYPOTHETICAL)",
            ),
            (
                t,
                &format!(
                    "{t}; CREATE STATISTICS s (mcv) ON a, b FROM t; ALTER STATISTICS s SET STATISTICS 7; COMMENT ON STATISTICS s IS 'x'"
                ),
            ),
            (
                t,
                &format!(
                    "{t}; CREATE MATERIALIZED VIEW v AS SELECT a FROM t; ALTER MATERIALIZED VIEW v ALTER a SET STATISTICS 7; ALTER MATERIALIZED VIEW v ALTER a SET (n_distinct = 3)"
                ),
            ),
            (
                "CREATE TYPE k AS (a int, b text); CREATE TABLE t OF k (PRIMARY KEY (a))",
                "CREATE TYPE k AS (a int, b text); CREATE TABLE t (a int PRIMARY KEY, b text)",
            ),
            (
                "CREATE TYPE k AS (a int, b text)",
                "CREATE TYPE k AS (a int, b text); CREATE TABLE t OF k (b DEFAULT 'x', PRIMARY KEY (a))",
            ),
        ],
    );
}

/// A name goes from one thing to another.
#[test]
fn names_move() {
    check_all(
        "names_move",
        14,
        &[
            (
                "CREATE TABLE a (id int CONSTRAINT k PRIMARY KEY)",
                "CREATE TABLE b (id int CONSTRAINT k PRIMARY KEY, n int)",
            ),
            (
                "CREATE TABLE a (id int); CREATE INDEX ix ON a (id)",
                "CREATE TABLE b (id bigint); CREATE INDEX ix ON b (id)",
            ),
            (
                "CREATE TABLE a (id serial)",
                "CREATE SEQUENCE a_id_seq; CREATE TABLE b (id bigint DEFAULT nextval('a_id_seq'))",
            ),
        ],
    );
}

/// The table that is partitioned by something else is one thing to do.
#[test]
fn another_partition_key_is_one_thing() {
    let mut pairs = Pairs::new("partition_key");
    let one = "CREATE TABLE t (a int NOT NULL, b int NOT NULL, PRIMARY KEY (a)) PARTITION BY LIST (a); CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1); CREATE INDEX ON t (b)";
    let other = "CREATE TABLE t (a int NOT NULL, b int NOT NULL, c text, PRIMARY KEY (b)) PARTITION BY RANGE (b); CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (1) TO (2)";
    let (from, to) = (pairs.catalog(one), pairs.catalog(other));
    let script = migrate_core::schema::diff::script(&from, &to);
    assert!(script.steps.is_empty(), "{script:#?}");
    assert_eq!(script.unwritten.len(), 1, "{script:#?}");
    pairs.done();
}
