//! What each lint finds, and what it leaves alone.

use super::*;
use crate::check::check as check_chain;
use crate::folder::Folder;

/// What is there before: a table that is in use.
const BEFORE: &str = "CREATE TABLE t (id bigint PRIMARY KEY, a int NOT NULL, b varchar(20), c numeric(8, 2), \
                      d timestamp(3), e jsonb, f int[]);\n\
                      CREATE TABLE o (id bigint PRIMARY KEY, t bigint);\n\
                      CREATE INDEX ot ON o (t);\n\
                      CREATE TABLE p (id int, at date) PARTITION BY RANGE (at);\n\
                      CREATE VIEW v AS SELECT 1;\n\
                      CREATE MATERIALIZED VIEW m AS SELECT 1;";

/// A chain of these upgrades.
fn chain(upgrades: &[&str], lock: Option<&str>) -> Chain<'static> {
    let mut files: Vec<(String, String)> = Vec::new();
    for (at, up) in upgrades.iter().enumerate() {
        let (id, marker) = match up.strip_prefix("OUTSIDE ") {
            Some(_) => (at + 1, "-- migrate:up transaction:false"),
            None => (at + 1, "-- migrate:up"),
        };
        let parent = if at == 0 { "--".to_owned() } else { format!("-- parent: {at}") };
        let up = up.strip_prefix("OUTSIDE ").unwrap_or(up);
        let (header, up) = match up.split_once("\nHEADER\n") {
            Some((header, up)) => (format!("{header}\n"), up),
            None => (String::new(), up),
        };
        let text = format!(
            "-- revision: {id}\n{parent}\n-- message: M{id}\n-- irreversible: test\n{header}{marker}\n{up}\n"
        );
        files.push((format!("{id}.sql"), text));
    }
    files.extend(lock.map(|lock| ("chain.lock".to_owned(), lock.to_owned())));
    let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    check_chain(Folder::of_texts("m", files)).unwrap_or_else(|wrong| panic!("{wrong}"))
}

/// All lints, also those that are off.
fn strict() -> Config {
    Lint::ALL
        .into_iter()
        .fold(Config::default(), |config, lint| config.with_level(lint, Level::Warn))
}

/// What is found in the last of these upgrades: `code line:column`.
fn codes(upgrades: &[&str], config: &Config) -> Vec<String> {
    let chain = chain(upgrades, None);
    let last = chain.head().id.clone();
    let found = lint(&chain, config, |migration| migration.id == last);
    let shown = |found: &Finding| {
        let label = found.diagnostic.primary.clone().unwrap_or_else(|| panic!("{found:?}"));
        let source = &chain.migrations()[label.source].source;
        format!("{} {}", found.lint, source.slice(label.span))
    };
    found.iter().map(shown).collect()
}

/// Checks what is found after [`BEFORE`], each as its code and the text that it points at.
fn check(up: &str, expected: &[&str]) {
    assert_eq!(codes(&[BEFORE, up], &strict()), expected, "{up}");
}

#[test]
fn indexes() {
    let create = "CREATE INDEX i ON t (a)";
    check(create, &["index-blocks-writes CREATE INDEX i ON t (a)"]);
    check(
        "CREATE UNIQUE INDEX ON public.t (a);",
        &["index-blocks-writes CREATE UNIQUE INDEX ON public.t (a)"],
    );
    check("CREATE INDEX ON elsewhere (a);", &["index-blocks-writes CREATE INDEX ON elsewhere (a)"]);
    check("OUTSIDE CREATE INDEX CONCURRENTLY i ON t (a);", &[]);
    check("CREATE INDEX ON p (id);", &["index-blocks-writes CREATE INDEX ON p (id)"]);
    check("CREATE INDEX ON ONLY p (id);", &[]);
    check("CREATE INDEX ON m (id);", &[]);
    check("CREATE TABLE n (a int); CREATE INDEX ON n (a);", &[]);
    check("CREATE TABLE s.n (a int); CREATE INDEX ON s.n (a);", &[]);
    check("CREATE TEMP TABLE n AS SELECT 1 AS a; CREATE INDEX ON n (a);", &[]);
    check("CREATE TABLE n (a int); ALTER TABLE n RENAME TO x; CREATE INDEX ON x (a);", &[]);
    check("CREATE TABLE n (a int); ALTER TABLE n SET SCHEMA s; CREATE INDEX ON s.n (a);", &[]);
    // What was there already is not made by this.
    check(
        "CREATE TABLE IF NOT EXISTS t (a int); CREATE INDEX ON t (a);",
        &["index-blocks-writes CREATE INDEX ON t (a)"],
    );
    check("DROP INDEX ot;", &["drop-index-blocks DROP INDEX ot"]);
    check("OUTSIDE DROP INDEX CONCURRENTLY ot;", &[]);
}

#[test]
fn foreign_keys_want_an_index() {
    let key = "ALTER TABLE o ADD FOREIGN KEY (t) REFERENCES t NOT VALID;";
    check(key, &[]);
    check(
        "CREATE TABLE n (a int, x bigint REFERENCES t);",
        &["foreign-key-without-index REFERENCES t"],
    );
    check("CREATE TABLE n (a int, x bigint REFERENCES t, UNIQUE (x, a));", &[]);
    check("CREATE TABLE n (x bigint PRIMARY KEY REFERENCES t);", &[]);
    check(
        "CREATE TABLE n (x bigint REFERENCES t); CREATE INDEX ON n (x) WHERE x IS NOT NULL;",
        &[],
    );
    check(
        "CREATE TABLE n (x bigint REFERENCES t); CREATE INDEX ON n (x) WHERE x > 1;",
        &["foreign-key-without-index REFERENCES t"],
    );
    check(
        "CREATE TABLE n (x int, y int, FOREIGN KEY (x, y) REFERENCES t (a, id)); CREATE INDEX ON n (y, x);",
        &[],
    );
    check("CREATE TABLE n (x bigint REFERENCES t); ALTER TABLE n DROP CONSTRAINT n_x_fkey;", &[]);
    check("CREATE TABLE n (x bigint REFERENCES t); DROP TABLE n;", &[]);
    check("CREATE TABLE n (LIKE o INCLUDING ALL, FOREIGN KEY (t) REFERENCES t);", &[]);
    // A later revision makes the index.
    let chain = chain(&["CREATE TABLE n (x bigint REFERENCES t);", "CREATE INDEX ON n (x);"], None);
    assert_eq!(lint(&chain, &Config::default(), |migration| migration.id.as_str() == "1"), []);
}

#[test]
fn constraints() {
    check(
        "ALTER TABLE o ADD CONSTRAINT k FOREIGN KEY (t) REFERENCES t;",
        &["constraint-scans CONSTRAINT k FOREIGN KEY (t) REFERENCES t"],
    );
    check("ALTER TABLE t ADD CHECK (a > 0);", &["constraint-scans CHECK (a > 0)"]);
    check("ALTER TABLE t ADD CHECK (a > 0) NOT VALID;", &[]);
    check("ALTER TABLE t ADD CHECK (a > 0) NOT ENFORCED;", &[]);
    check("ALTER TABLE p ADD FOREIGN KEY (id) REFERENCES t; CREATE INDEX ON ONLY p (id);", &[]);
    check("CREATE TABLE n (a int); ALTER TABLE n ADD CHECK (a > 0), ADD UNIQUE (a);", &[]);
    check("ALTER TABLE t ADD UNIQUE (a);", &["unique-builds-index UNIQUE (a)"]);
    check("ALTER TABLE p ADD PRIMARY KEY (id);", &["unique-builds-index PRIMARY KEY (id)"]);
    check("ALTER TABLE ONLY p ADD PRIMARY KEY (id);", &[]);
    check("ALTER TABLE t ADD COLUMN n int UNIQUE;", &["unique-builds-index UNIQUE"]);
    check("ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX i;", &[]);
}

#[test]
fn not_null() {
    check("ALTER TABLE t ALTER b SET NOT NULL;", &["not-null-scans b"]);
    check("ALTER TABLE t ALTER a SET NOT NULL;", &[]);
    check("ALTER TABLE t ALTER id SET NOT NULL;", &[]);
    let added = "ALTER TABLE t ADD CONSTRAINT b_set CHECK ((b IS NOT NULL)) NOT VALID;";
    let set = "ALTER TABLE t ALTER b SET NOT NULL;";
    assert_eq!(codes(&[BEFORE, added, set], &strict()), ["not-null-scans b"]);
    let validated = "ALTER TABLE t VALIDATE CONSTRAINT b_set;";
    let empty: [&str; 0] = [];
    assert_eq!(codes(&[BEFORE, added, validated], &strict()), empty);
    assert_eq!(codes(&[BEFORE, added, validated, set], &strict()), empty);
    let gone = "ALTER TABLE t DROP CONSTRAINT b_set;";
    assert_eq!(codes(&[BEFORE, added, validated, gone, set], &strict()), ["not-null-scans b"]);
}

#[test]
fn what_is_validated_under_a_lock() {
    let add = "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID;";
    let validate = "ALTER TABLE t VALIDATE CONSTRAINT k;";
    check(&format!("{add}\n{validate}"), &["validates-under-lock k"]);
    check(&format!("OUTSIDE {add}\n{validate}"), &[]);
    check(validate, &[]);
    check(&format!("CREATE TABLE n (); DROP TABLE n;\n{validate}"), &[]);
    check(&format!("COMMENT ON TABLE o IS 'x';\n{validate}"), &[]);
    check(&format!("{add}\nALTER TABLE t ALTER CONSTRAINT k DEFERRABLE;"), &[]);
}

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

#[test]
fn what_the_running_release_uses() {
    check("ALTER TABLE t DROP COLUMN a;", &["drop-column a"]);
    check("ALTER TABLE t DROP a CASCADE;", &["drop-column a", "drop-cascade CASCADE"]);
    check("ALTER TABLE t ADD n int; ALTER TABLE t DROP n;", &[]);
    check("ALTER TABLE t RENAME a TO n;", &["rename-breaks a"]);
    check("ALTER TABLE t RENAME TO n;", &["rename-breaks t"]);
    check("ALTER TABLE t RENAME TO n; CREATE VIEW t AS SELECT * FROM n;", &[]);
    check("ALTER TABLE t SET SCHEMA s;", &["rename-breaks t"]);
    check("ALTER TABLE t RENAME CONSTRAINT k TO l;", &[]);
    check("ALTER INDEX ot RENAME TO x;", &[]);
    check("DROP TABLE t, o;", &["drop-table t", "drop-table o"]);
    check("DROP TABLE IF EXISTS unknown CASCADE;", &["drop-table unknown", "drop-cascade CASCADE"]);
    check("DROP VIEW v;", &["drop-table v"]);
    check("DROP VIEW v; CREATE VIEW v AS SELECT 2;", &[]);
    check("DROP TABLE t; CREATE TABLE t (a int);", &["drop-table t"]);
    check("CREATE TABLE n (); DROP TABLE n CASCADE;", &[]);
    check("DROP TYPE y CASCADE;", &["drop-cascade CASCADE"]);
    check("DROP FUNCTION f() CASCADE;", &["drop-cascade CASCADE"]);
    check("ALTER TABLE t DROP CONSTRAINT k CASCADE;", &["drop-cascade CASCADE"]);
}

#[test]
fn all_rows() {
    check("UPDATE t SET a = 1;", &["update-all-rows t"]);
    check("UPDATE ONLY public.t SET a = 1;", &["update-all-rows public.t"]);
    check("UPDATE t SET a = (SELECT 1 FROM o WHERE o.id = 1);", &["update-all-rows t"]);
    check("UPDATE t SET a = 1 WHERE id < 1000;", &[]);
    check("UPDATE t SET a = o.id FROM o WHERE o.t = t.id;", &[]);
    check("DELETE FROM t;", &["delete-all-rows t"]);
    check("DELETE FROM t WHERE a = 1;", &[]);
    check("DELETE FROM t USING o;", &[]);
    check("TRUNCATE TABLE t, ONLY o;", &["delete-all-rows t", "delete-all-rows o"]);
    check("CREATE TABLE n (a int); UPDATE n SET a = 1; DELETE FROM n; TRUNCATE n;", &[]);
    check("INSERT INTO t SELECT 1;", &[]);
}

#[test]
fn outside_a_transaction() {
    let index = "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a);";
    check(
        &format!("OUTSIDE {index}\nALTER TABLE t ADD n int;"),
        &["mixed-outside ALTER TABLE t ADD n int"],
    );
    check(
        &format!("OUTSIDE SET lock_timeout = '1s';\nDROP INDEX CONCURRENTLY IF EXISTS i;\n{index}"),
        &[],
    );
    check(&format!("OUTSIDE {index}\nALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX i;"), &[]);
    check("OUTSIDE ALTER TABLE t ADD n int; UPDATE t SET n = 1 WHERE id < 9;", &[]);
}

#[test]
fn tables_that_are_written_anew() {
    check("CLUSTER t USING t_pkey;", &["rewrites-table CLUSTER t USING t_pkey"]);
    check("OUTSIDE VACUUM FULL t;", &["rewrites-table VACUUM FULL t"]);
    check("OUTSIDE VACUUM (FULL, ANALYZE) t;", &["rewrites-table VACUUM (FULL, ANALYZE) t"]);
    check("OUTSIDE VACUUM t;", &[]);
    check("REINDEX TABLE t;", &["rewrites-table REINDEX TABLE t"]);
    check("REINDEX INDEX ot;", &["rewrites-table REINDEX INDEX ot"]);
    check("OUTSIDE REINDEX TABLE CONCURRENTLY t;", &[]);
    check("ALTER TABLE t SET UNLOGGED;", &["rewrites-table ALTER TABLE t SET UNLOGGED"]);
    check("ALTER TABLE t SET (fillfactor = 70), OWNER TO me;", &[]);
}

#[test]
fn better_types() {
    check(
        "CREATE TABLE n (a serial, b timestamp, c json, d timestamptz, e jsonb, f \"json\");",
        &["serial serial", "timestamp-without-zone timestamp", "json json", "json \"json\""],
    );
    assert_eq!(
        codes(&["CREATE TABLE n (a serial, b timestamp);"], &Config::default()),
        Vec::<String>::new()
    );
}

#[test]
fn what_is_not_deployed_is_nobodys_yet() {
    let ups = [
        "CREATE TABLE t (a int);",
        "CREATE TABLE n (a int);",
        "CREATE INDEX ON n (a); CREATE INDEX ON t (a);",
    ];
    let count = |lock: Option<&str>| {
        let chain = chain(&ups, lock);
        lint(&chain, &Config::default(), |migration| !migration.deployed).len()
    };
    // Without a lock file nobody knows: each revision may have been somewhere.
    assert_eq!(count(None), 2);
    let lock = crate::lock_text(&chain(&ups, None), "1").unwrap_or_default();
    assert_eq!(count(Some(&lock)), 1);
}

#[test]
fn what_the_author_allows() {
    let allow = "-- migrate:allow(index-blocks-writes): it is small";
    let index = "CREATE INDEX ON t (a);";
    check(&format!("{allow}\n{index}"), &[]);
    check(&format!("{allow}\n{index}\n{index}"), &["index-blocks-writes CREATE INDEX ON t (a)"]);
    check(&format!("CREATE INDEX {allow}\nON t (a);"), &[]);
    check(&format!("{allow}\nHEADER\n{index}\n{index}"), &[]);
    check(
        &format!("-- migrate:allow(drop-column): x\n{index}"),
        &["index-blocks-writes CREATE INDEX ON t (a)"],
    );
}

/// What people read.
#[test]
fn texts() {
    let mut page = String::new();
    for up in [
        "CREATE INDEX i ON t (a);",
        "CREATE INDEX i ON p (id);",
        "DROP INDEX ot;",
        "ALTER TABLE o ADD CONSTRAINT k FOREIGN KEY (t) REFERENCES t;",
        "ALTER TABLE t ADD CHECK (a > 0);",
        "ALTER TABLE t ADD PRIMARY KEY (a);",
        "ALTER TABLE t ALTER b SET NOT NULL;",
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID;\nALTER TABLE t VALIDATE CONSTRAINT k;",
        "ALTER TABLE t ADD n int NOT NULL;",
        "ALTER TABLE t ADD n uuid DEFAULT gen_random_uuid();",
        "ALTER TABLE t ADD n bigserial;",
        "ALTER TABLE t ADD n int GENERATED ALWAYS AS (a + 1) STORED;",
        "ALTER TABLE t ALTER a TYPE bigint;",
        "ALTER TABLE x ALTER a TYPE bigint;",
        "ALTER TABLE t DROP a CASCADE;",
        "DROP TABLE t;",
        "ALTER TABLE t RENAME a TO n;",
        "ALTER TABLE t RENAME TO n;",
        "CREATE TABLE n (x bigint REFERENCES t);",
        "ALTER TABLE t ADD n int;\nUPDATE t SET n = 1;",
        "TRUNCATE t;",
        "OUTSIDE CREATE INDEX CONCURRENTLY i ON t (a);\nALTER TABLE t ADD n int;",
        "CLUSTER t USING i;",
        "REINDEX INDEX ot;",
        "CREATE TABLE n (a serial, b timestamp, c json);",
    ] {
        let chain = chain(&[BEFORE, up], None);
        let sources: Vec<_> = chain.migrations().iter().map(|m| m.source.clone()).collect();
        for found in lint(&chain, &strict(), |migration| migration.id.as_str() == "2") {
            page.push_str(&format!("{}: {}\n\n", found.lint, found.diagnostic.render(&sources)));
        }
    }
    for lint in Lint::ALL {
        assert!(page.contains(&format!("{lint}: ")), "no text of {lint}");
    }
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("lints", page);
    });
}
