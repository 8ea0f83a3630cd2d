//! What is recreated, or leaves its place, takes along what belongs to it, and releases it in time.

use migrate_core::schema::diff::script;

use crate::pairs::Pairs;

/// Changes with the same SQL around both states.
fn check_all(hint: &str, cases: &[(&str, &str, &str)]) {
    let mut pairs = Pairs::new(hint);
    for (rest, one, other) in cases {
        pairs.check_script(&format!("{one}; {rest}"), &format!("{other}; {rest}"));
    }
    pairs.done();
}

#[test]
fn a_function_gets_another_signature_under_all_that_calls_it() {
    let one = "CREATE TABLE t (a int); CREATE FUNCTION f(a int, b text DEFAULT 'x') RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'";
    let other = one.replace("DEFAULT 'x'", "DEFAULT 'x', c int DEFAULT 2");
    let cases: Vec<(&str, &str, &str)> = [
        "CREATE VIEW v AS SELECT f(a) q FROM t",
        "ALTER TABLE t ADD CONSTRAINT ck CHECK (f(a) > 0)",
        "ALTER TABLE t ALTER a SET DEFAULT f(1)",
        "CREATE INDEX i ON t (f(a))",
        "ALTER TABLE t ADD g int GENERATED ALWAYS AS (f(a)) STORED",
        "CREATE POLICY po ON t USING (f(a) > 0)",
        "CREATE FUNCTION g() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT f(1); END",
        "CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
         CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW WHEN (f(new.a) > 0) EXECUTE FUNCTION tf()",
        "CREATE MATERIALIZED VIEW v AS SELECT f(a) q FROM t; CREATE INDEX mi ON v (q)",
        "CREATE DOMAIN d AS int CHECK (f(VALUE) > 0); ALTER TABLE t ADD d d",
        "CREATE RULE r AS ON UPDATE TO t WHERE f(new.a) > 0 DO INSTEAD NOTHING",
    ]
    .into_iter()
    .map(|rest| (rest, one, &*other))
    .collect();
    check_all("signatures", &cases);
    let of = |kind: &str| {
        format!(
            "CREATE TABLE t (a int); CREATE FUNCTION f({kind}) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'"
        )
    };
    let view = "CREATE VIEW v AS SELECT f(a) q FROM t";
    check_all(
        "argument types",
        &[(view, &of("int"), &of("bigint")), (view, &of("int, b int DEFAULT 1"), &of("int"))],
    );
}

#[test]
fn a_type_changes_below_partitions_and_children() {
    let parted = |kind: &str| {
        format!(
            "{kind}; CREATE TABLE o (id int, s e DEFAULT 'a') PARTITION BY RANGE (id); CREATE TABLE o1 PARTITION OF o (s DEFAULT 'b') DEFAULT;
             CREATE INDEX oi ON o (s)"
        )
    };
    let child = |kind: &str| {
        format!(
            "{kind}; CREATE TABLE o (id int, s e); CREATE TABLE o1 (k int) INHERITS (o); CREATE TABLE o2 (x e) INHERITS (o1)"
        )
    };
    let kinds = [
        ("CREATE TYPE e AS ENUM ('a', 'b')", "CREATE TYPE e AS ENUM ('b', 'a')"),
        ("CREATE TYPE e AS ENUM ('a', 'b')", "CREATE TYPE e AS ENUM ('a', 'b', 'c')"),
        ("CREATE DOMAIN e AS varchar(5)", "CREATE DOMAIN e AS varchar(9)"),
    ];
    for (one, other) in kinds {
        check_all("below", &[("", &parted(one), &parted(other)), ("", &child(one), &child(other))]);
    }
}

#[test]
fn settings_come_back_with_what_is_made_anew() {
    let index = |key: &str| {
        format!(
            "CREATE TABLE t (a int NOT NULL, b int NOT NULL); CREATE UNIQUE INDEX i ON t ({key})"
        )
    };
    let pk =
        |key: &str| format!("CREATE TABLE t (a int NOT NULL, b int NOT NULL, PRIMARY KEY ({key}))");
    let table = |kind: &str| format!("CREATE TABLE t (a {kind}, b int)");
    let deferred = |how: &str| format!("CREATE TABLE t (a int CONSTRAINT u UNIQUE {how})");
    check_all(
        "settings",
        &[
            ("ALTER TABLE t REPLICA IDENTITY USING INDEX i", &index("a"), &index("a, b")),
            (
                "ALTER TABLE t REPLICA IDENTITY USING INDEX t_pkey; ALTER TABLE t CLUSTER ON t_pkey",
                &pk("a"),
                &pk("a, b"),
            ),
            ("ALTER TABLE t CLUSTER ON u", &deferred(""), &deferred("DEFERRABLE")),
            (
                "CREATE STATISTICS st ON a, b FROM t; ALTER STATISTICS st SET STATISTICS 50; COMMENT ON STATISTICS st IS 'c'",
                &table("int"),
                &table("bigint"),
            ),
            (
                "CREATE INDEX i ON t ((a + b)); ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 50",
                &table("int"),
                &table("bigint"),
            ),
            (
                "",
                "CREATE TABLE t (a int); CREATE INDEX i ON t ((a + 1), (a + 2)); ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 7",
                "CREATE TABLE t (a int); CREATE INDEX i ON t ((a + 1), (a + 2)); ALTER INDEX i ALTER COLUMN 2 SET STATISTICS 8",
            ),
            (
                "CREATE STATISTICS st ON x, y FROM m",
                "CREATE MATERIALIZED VIEW m AS SELECT 1 AS x, 2 AS y",
                "CREATE MATERIALIZED VIEW m AS SELECT 3 AS x, 4 AS y",
            ),
            (
                "ALTER TABLE t REPLICA IDENTITY USING INDEX i",
                "CREATE TABLE t (a int NOT NULL, b int); CREATE UNIQUE INDEX i ON t (a)",
                "CREATE TABLE t (a int NOT NULL, b int NOT NULL); CREATE UNIQUE INDEX i ON t (b)",
            ),
            (
                "",
                "CREATE TABLE t (a int, b int); CREATE UNIQUE INDEX i ON t (a)",
                "CREATE TABLE t (a int NOT NULL, b int); CREATE UNIQUE INDEX i ON t (a); ALTER TABLE t REPLICA IDENTITY USING INDEX i",
            ),
        ],
    );
}

#[test]
fn tables_become_partitioned_and_partitions_leave() {
    let part = "CREATE TABLE o (id int, k int) PARTITION BY RANGE (id); CREATE TABLE o1 PARTITION OF o FOR VALUES FROM (1) TO (5)";
    let check = "CREATE TABLE a (x int CONSTRAINT c CHECK (x > 0))";
    check_all(
        "partitions",
        &[
            (
                "",
                "CREATE TABLE o (id int PRIMARY KEY)",
                "CREATE TABLE o (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE o1 PARTITION OF o DEFAULT",
            ),
            (
                "",
                part,
                &format!("{part} PARTITION BY LIST (k); CREATE TABLE o11 PARTITION OF o1 DEFAULT"),
            ),
            (
                "",
                &format!(
                    "{check}; CREATE TABLE c (x int CONSTRAINT c CHECK (x > 0)); ALTER TABLE c INHERIT a"
                ),
                &format!("{check}; CREATE TABLE c (x int)"),
            ),
            (
                "CREATE INDEX ia ON o (k)",
                "CREATE TABLE o (id int, k int) PARTITION BY LIST (id); CREATE TABLE o1 (id int, k int); CREATE INDEX mine ON o1 (k)",
                "CREATE TABLE o (id int, k int) PARTITION BY LIST (id); CREATE TABLE o1 PARTITION OF o FOR VALUES IN (1, 2)",
            ),
            (
                "CREATE TABLE o OF ct (PRIMARY KEY (a))",
                "CREATE TYPE ct AS (a int, b text)",
                "CREATE TYPE ct AS (a int, b text, c date)",
            ),
            (
                "CREATE TABLE o OF ct (PRIMARY KEY (a))",
                "CREATE TYPE ct AS (a int, b text)",
                "CREATE TYPE ct AS (a int, b varchar(9))",
            ),
        ],
    );
}

/// It becomes the table's own when the table leaves.
#[test]
fn a_check_of_a_parent_goes_behind_it() {
    let mut pairs = Pairs::new("leaves");
    let parent = "CREATE TABLE a (x int CONSTRAINT c CHECK (x > 0))";
    let one = pairs.catalog(&format!("{parent}; CREATE TABLE c () INHERITS (a)"));
    let other = pairs.catalog(&format!("{parent}; CREATE TABLE c (x int)"));
    let steps = script(&one, &other).steps;
    let steps: Vec<&str> = steps.iter().map(|it| &*it.sql).collect();
    assert_eq!(steps, ["ALTER TABLE c NO INHERIT a", "ALTER TABLE c DROP CONSTRAINT c"]);
    pairs.done();
}

#[test]
fn comments_of_checks_and_extensions_are_compared() {
    let domain = |kind: &str| {
        format!("CREATE DOMAIN d AS {kind} CONSTRAINT c CHECK (VALUE <> ''); CREATE TABLE t (a d)")
    };
    let comment = "COMMENT ON CONSTRAINT c ON DOMAIN d IS 'x'";
    check_all(
        "comments",
        &[
            ("", &domain("text"), &format!("{}; {comment}", domain("text"))),
            (comment, &domain("varchar(5)"), &domain("varchar(9)")),
        ],
    );
    let mut pairs = Pairs::new("extension comments");
    let made = "CREATE EXTENSION hstore";
    for other in ["'mine'", "NULL"] {
        let change = format!("COMMENT ON EXTENSION hstore IS {other}");
        let (one, other) = (pairs.catalog(made), pairs.catalog(&format!("{made}; {change}")));
        assert_eq!(one.differences(&other).len(), 1, "{change}");
        let there = script(&one, &other);
        assert_eq!(there.steps.iter().map(|it| &*it.sql).collect::<Vec<_>>(), [&*change]);
        let back = script(&other, &one);
        assert!(
            back.steps[0].sql.starts_with("COMMENT ON EXTENSION hstore IS 'data type"),
            "{back:?}"
        );
    }
    pairs.done();
}

/// Its class goes with it, so its index can't be dropped later.
#[test]
fn an_extension_lets_its_indexes_go_first() {
    let server = migrate_testkit::Server::shared().unwrap();
    if !server.offers_extension("pg_trgm").unwrap() {
        return;
    }
    let trigrams = "CREATE EXTENSION pg_trgm; CREATE TABLE t (a text); CREATE INDEX i ON t USING gin (a gin_trgm_ops)";
    check_all(
        "trigrams",
        &[
            ("", trigrams, "CREATE TABLE t (a text)"),
            ("", trigrams, "CREATE TABLE t (a text); CREATE INDEX i ON t (a)"),
        ],
    );
}

/// What names something of an extension follows it to another schema: nothing is recreated.
#[test]
fn an_extension_moves_alone() {
    let server = migrate_testkit::Server::shared().unwrap();
    if !server.offers_extension("citext").unwrap() {
        return;
    }
    let with = |schema: &str| {
        format!(
            "CREATE SCHEMA x; CREATE EXTENSION citext SCHEMA {schema}; SET search_path TO public, x;
             CREATE TABLE t (a citext DEFAULT 'a', CONSTRAINT c CHECK (a <> 'b')); CREATE INDEX i ON t (a); CREATE VIEW v AS SELECT a FROM t; SET search_path TO public"
        )
    };
    let mut pairs = Pairs::new("citext");
    let found = script(&pairs.catalog(&with("public")), &pairs.catalog(&with("x")));
    let found: Vec<&str> = found.steps.iter().map(|it| &*it.sql).collect();
    assert_eq!(found, ["ALTER EXTENSION citext SET SCHEMA x"]);
    pairs.done();
}

#[test]
fn what_reads_rows_under_a_lock_says_so() {
    let mut pairs = Pairs::new("scans");
    let parted = "CREATE TABLE o (id int, x int) PARTITION BY RANGE (id)";
    let plain = "CREATE TABLE n (id int, x int)";
    for (one, other, expected) in [
        (
            format!("{parted}; {plain}"),
            format!("{parted}; CREATE TABLE n PARTITION OF o FOR VALUES FROM (1) TO (2)"),
            "all rows of n are read while nobody can use it",
        ),
        (
            format!("{parted}; CREATE TABLE d PARTITION OF o DEFAULT"),
            format!(
                "{parted}; CREATE TABLE d PARTITION OF o DEFAULT; CREATE TABLE n PARTITION OF o FOR VALUES FROM (1) TO (2)"
            ),
            "all rows of d are read while nobody can use it",
        ),
        (
            format!("{parted}; CREATE TABLE n PARTITION OF o FOR VALUES FROM (1) TO (9)"),
            format!("{parted}; CREATE TABLE n PARTITION OF o FOR VALUES FROM (1) TO (3)"),
            "all rows of n are read while nobody can use it",
        ),
        (
            plain.to_owned(),
            format!("{plain}; ALTER TABLE n ADD EXCLUDE (id WITH =)"),
            "all rows of n are read while nobody can write to it",
        ),
        (
            format!("CREATE TABLE r (id int PRIMARY KEY); {parted}"),
            format!(
                "CREATE TABLE r (id int PRIMARY KEY); {parted}; ALTER TABLE o ADD FOREIGN KEY (x) REFERENCES r"
            ),
            "all rows of o are read while nobody can write to it",
        ),
    ] {
        let script = script(&pairs.catalog(&one), &pairs.catalog(&other));
        let said: Vec<&str> = script.steps.iter().filter_map(|it| it.scans.as_deref()).collect();
        assert_eq!(said, [expected], "{script:#?}");
        let step = script.steps.iter().find(|it| it.scans.is_some()).unwrap();
        assert!(step.caution.as_ref().unwrap().starts_with("fails if "), "{step:?}");
    }
    pairs.done();
}
