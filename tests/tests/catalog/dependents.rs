//! What is recreated, with what depends on it: views and the functions between them, operators, servers, keys.

use migrate_testkit::Server;

use crate::pairs::Pairs;

fn check(hint: &str, pairs: &[(&str, &str)]) {
    let mut all = Pairs::new(hint);
    for (one, other) in pairs {
        all.check_script(one, other);
    }
    all.done();
}

#[test]
fn functions_stand_between_views() {
    let t = "CREATE TABLE t (id int PRIMARY KEY, a int, b text)";
    let f = "CREATE FUNCTION f(v) RETURNS int LANGUAGE sql AS 'select $1.a'; CREATE VIEW w AS SELECT v.f FROM v";
    check(
        "between_views",
        &[
            (
                &format!("{t}; CREATE VIEW v AS SELECT a FROM t; {f}"),
                &format!("{t}; CREATE VIEW v AS SELECT a, b FROM t; {f}"),
            ),
            (
                &format!(
                    "{t}; CREATE VIEW v AS SELECT id, a FROM t; CREATE VIEW w AS SELECT * FROM v; \
                     CREATE FUNCTION f() RETURNS SETOF v LANGUAGE sql BEGIN ATOMIC SELECT id, a FROM v; END"
                ),
                &format!(
                    "{t}; CREATE VIEW v AS SELECT a, id FROM t; CREATE VIEW w AS SELECT * FROM v; \
                     CREATE FUNCTION f() RETURNS SETOF v LANGUAGE sql BEGIN ATOMIC SELECT a, id FROM v; END"
                ),
            ),
            (
                "CREATE TABLE t (id int PRIMARY KEY, b text, a int); CREATE VIEW v AS SELECT id, a, b FROM t; CREATE VIEW w AS SELECT id, b FROM v; \
                     CREATE FUNCTION g() RETURNS SETOF w LANGUAGE sql AS 'select * from w'; COMMENT ON FUNCTION g() IS 'g'",
                "CREATE TABLE t (id int PRIMARY KEY, b text); CREATE VIEW v AS SELECT id, b FROM t; \
                 CREATE VIEW w AS SELECT id, b FROM v; \
                 CREATE FUNCTION g() RETURNS SETOF w LANGUAGE sql AS 'select * from w'; COMMENT ON FUNCTION g() IS 'g'",
            ),
            ("", &format!("{t}; CREATE VIEW v AS SELECT a FROM t; {f}")),
            (
                "CREATE TABLE v (a int); CREATE FUNCTION f(v) RETURNS int LANGUAGE sql AS 'select $1.a'",
                "CREATE VIEW v AS SELECT 1 AS a; CREATE FUNCTION f(v) RETURNS int LANGUAGE sql AS 'select $1.a'",
            ),
        ],
    );
}

#[test]
fn a_view_that_grows_is_replaced() {
    let mut pairs = Pairs::new("view_grows");
    let t = "CREATE TABLE t (a int, b int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'begin return null; end'";
    let rest = "COMMENT ON COLUMN v.a IS 'a'; ALTER VIEW v ALTER a SET DEFAULT 1; CREATE VIEW w AS SELECT a FROM v; \
                CREATE TRIGGER tr INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f()";
    let one = format!("{t}; CREATE VIEW v AS SELECT a FROM t; {rest}");
    let other = format!(
        "{t}; CREATE VIEW v WITH (security_barrier = true) AS SELECT a, b FROM t; {rest}; COMMENT ON COLUMN v.b IS 'b'"
    );
    pairs.check_script(&one, &other);
    let (from, to) = (pairs.catalog(&one), pairs.catalog(&other));
    let script = migrate_core::schema::diff::script(&from, &to);
    let found: Vec<&str> = script.steps.iter().map(|it| it.sql.lines().next().unwrap()).collect();
    assert_eq!(
        found,
        [
            "CREATE OR REPLACE VIEW v WITH (security_barrier = 'true') AS",
            "COMMENT ON COLUMN v.b IS 'b'"
        ]
    );
    // Options alone need no query.
    let m = "CREATE TABLE t (a int); CREATE MATERIALIZED VIEW m AS SELECT a FROM t";
    pairs.check_script(m, &format!("{m}; ALTER MATERIALIZED VIEW m SET (fillfactor = 50)"));
    let v = "CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t";
    pairs.check_script(v, &format!("{v}; ALTER VIEW v SET (security_barrier = true)"));
    pairs.done();
}

#[test]
fn rows_are_grouped_by_a_key_that_changes() {
    let t = "CREATE TABLE t (id int, a int NOT NULL, b text)";
    let v = "CREATE VIEW v AS SELECT id, b, count(*) FROM t GROUP BY id";
    check(
        "grouped",
        &[(
            &format!("{t}; ALTER TABLE t ADD CONSTRAINT tp PRIMARY KEY (id); {v}"),
            &format!("{t}; ALTER TABLE t ADD CONSTRAINT tp PRIMARY KEY (id) INCLUDE (a); {v}"),
        )],
    );
}

#[test]
fn what_uses_an_operator_or_a_server_makes_way() {
    let functions = "CREATE FUNCTION o1(int, int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'select true'; \
                     CREATE FUNCTION o2(int, int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'select false'";
    let users = "COMMENT ON OPERATOR @=@ (int, int) IS 'x'; \
                 CREATE TABLE t (a int DEFAULT (1 @=@ 2)::int, b bool GENERATED ALWAYS AS (a @=@ 7) STORED, CONSTRAINT oc CHECK (a @=@ 3)); \
                 COMMENT ON CONSTRAINT oc ON t IS 'oc'; CREATE INDEX ti ON t (a) WHERE a @=@ 4; \
                 CREATE VIEW v AS SELECT a @=@ 5 AS x FROM t; CREATE POLICY p ON t USING (a @=@ 6)";
    let operator = |function: &str| {
        format!(
            "{functions}; CREATE OPERATOR @=@ (leftarg = int, rightarg = int, function = {function}, commutator = @=@); {users}"
        )
    };
    let server = |kind: &str| {
        format!(
            "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s TYPE '{kind}' FOREIGN DATA WRAPPER w OPTIONS (host 'h'); \
             COMMENT ON SERVER s IS 's'; CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (\"user\" 'u'); \
             CREATE FOREIGN TABLE ft (a int) SERVER s; CREATE VIEW v AS SELECT a FROM ft"
        )
    };
    check(
        "operators_and_servers",
        &[(&operator("o1"), &operator("o2")), (&server("x"), &server("y"))],
    );
}

#[test]
fn logged_tables_refer_to_logged_ones() {
    let tables = |unlogged: &str| {
        format!(
            "CREATE {unlogged} TABLE z (id int PRIMARY KEY); CREATE {unlogged} TABLE b (id int PRIMARY KEY REFERENCES z); \
             CREATE {unlogged} TABLE s (id int REFERENCES b REFERENCES z)"
        )
    };
    check("logged", &[(&tables("UNLOGGED"), &tables(""))]);
}

#[test]
fn what_goes_with_an_extension() {
    if !Server::shared().unwrap().offers_extension("hstore").unwrap() {
        return;
    }
    let mut pairs = Pairs::new("depends");
    let all = "CREATE EXTENSION hstore; CREATE TABLE t (id int PRIMARY KEY); CREATE INDEX ti ON t (id); \
               CREATE MATERIALIZED VIEW m AS SELECT id FROM t; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'select 1'; \
               CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'begin return null; end'; \
               CREATE PROCEDURE p() LANGUAGE sql AS 'select 1'; \
               CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION g()";
    let on = format!(
        "{all}; ALTER FUNCTION f() DEPENDS ON EXTENSION hstore; ALTER INDEX ti DEPENDS ON EXTENSION hstore; \
         ALTER MATERIALIZED VIEW m DEPENDS ON EXTENSION hstore; ALTER TRIGGER tr ON t DEPENDS ON EXTENSION hstore; \
         ALTER PROCEDURE p() DEPENDS ON EXTENSION hstore"
    );
    pairs.check_script(all, &on);
    pairs.check_script("", &on);
    // What stays does not go with the extension.
    pairs.check_script(&on, &all.replace("CREATE EXTENSION hstore; ", ""));
    // What is recreated depends on it again.
    pairs.check_script(
        &on,
        &on.replace("ti ON t (id)", "ti ON t (id DESC)")
            .replace("int LANGUAGE sql AS 'select 1'; C", "bigint LANGUAGE sql AS 'select 1'; C"),
    );
    pairs.check(
        all,
        "ALTER INDEX ti DEPENDS ON EXTENSION hstore",
        &["~ index ti: CREATE INDEX ti ON public.t USING btree (id) -> CREATE INDEX ti ON public.t USING btree (id) depends on extension (hstore)"],
    );
    pairs.done();
}
