//! Tests: what each lint reports, and what it ignores.

use super::*;
use crate::chain::check::check as check_chain;
use crate::chain::folder::Folder;
use crate::syntax::source::Source;

mod columns;
mod empty;
mod endings;
mod locks;
mod relied_on;
mod rules;

/// Existing objects: a table that is in use.
const BEFORE: &str = "CREATE TABLE t (id bigint PRIMARY KEY, a int NOT NULL, b varchar(20), c numeric(8, 2), \
                      d timestamp(3), e jsonb, f int[]);\n\
                      CREATE TABLE o (id bigint PRIMARY KEY, t bigint);\n\
                      CREATE INDEX ot ON o (t);\n\
                      CREATE TABLE p (id int, at date) PARTITION BY RANGE (at);\n\
                      CREATE VIEW v AS SELECT 1;\n\
                      CREATE MATERIALIZED VIEW m AS SELECT 1;";

/// Builds a chain from these upgrades.
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
        let undone = match up.contains("-- migrate:down") {
            true => "",
            false => "-- irreversible: test\n",
        };
        let text = format!(
            "-- revision: {id}\n{parent}\n-- message: M{id}\n{undone}{header}{marker}\n{up}\n"
        );
        files.push((format!("{id}.sql"), text));
    }
    files.extend(lock.map(|lock| ("chain.lock".to_owned(), lock.to_owned())));
    let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    check_chain(Folder::of_texts("m", files)).unwrap_or_else(|wrong| panic!("{wrong}"))
}

/// Enables all lints, including those that are off by default, and a rule and a pattern.
fn strict() -> Config {
    let rules =
        "[[rule]]\ntype = \"money\"\nmessage = \"no money\"\n[naming]\ntables = \"{snake}\"\n";
    let rules =
        Config::read(Source::new("migrate.toml", rules)).unwrap_or_else(|wrong| panic!("{wrong}"));
    Lint::ALL.into_iter().fold(rules, |config, lint| config.with_level(lint, Level::Warn))
}

/// The findings in the last of these upgrades, as `code line:column`.
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

/// Lints with tables of their own, which would be found in most statements of the others.
const APART: [Lint; 7] = [
    Lint::DropConstraint,
    Lint::DropDefault,
    Lint::DropFunction,
    Lint::DropNotNull,
    Lint::LocksTwoTables,
    Lint::NoPrimaryKey,
    Lint::WorkBehindLock,
];

/// Enables only these lints.
fn only(lints: &[Lint]) -> Config {
    Lint::ALL.into_iter().fold(Config::default(), |config, lint| {
        config.with_level(lint, if lints.contains(&lint) { Level::Warn } else { Level::Allow })
    })
}

/// Checks the findings after [`BEFORE`], each as its code and the text that it points at.
fn check(up: &str, expected: &[&str]) {
    let config =
        APART.into_iter().fold(strict(), |config, lint| config.with_level(lint, Level::Allow));
    assert_eq!(codes(&[BEFORE, up], &config), expected, "{up}");
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
    // IF NOT EXISTS did not create a table that already existed.
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
    // A later revision creates the index.
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
    let domain = "ALTER DOMAIN y ADD CONSTRAINT k CHECK (VALUE > 0)";
    check(domain, &[&format!("constraint-scans {domain}")]);
    check("ALTER DOMAIN y SET NOT NULL;", &["constraint-scans ALTER DOMAIN y SET NOT NULL"]);
    check(&format!("{domain} NOT VALID;"), &[]);
    check("ALTER DOMAIN y VALIDATE CONSTRAINT k;", &[]);
    check("ALTER DOMAIN y DROP NOT NULL; ALTER DOMAIN y SET DEFAULT 1;", &[]);
    check(&format!("CREATE DOMAIN y AS int; {domain};"), &[]);
}

/// The tables where the runner records what is applied.
#[test]
fn the_tables_of_migrate() {
    check("DROP SCHEMA public CASCADE;", &["drops-history public", "drop-cascade CASCADE"]);
    check("DROP SCHEMA IF EXISTS app, public;", &["drops-history public"]);
    check("DROP SCHEMA app;", &[]);
    check("DROP OWNED BY app;", &["drops-history app"]);
    check(
        "DROP TABLE migrate_history;",
        &["drop-table migrate_history", "drops-history migrate_history"],
    );
    check("DROP SEQUENCE public.migrate_statement;", &["drops-history public.migrate_statement"]);
    check("DROP TABLE app.migrate_history;", &["drop-table app.migrate_history"]);
    check(
        "ALTER TABLE migrate_log SET SCHEMA app;",
        &["rename-breaks migrate_log", "drops-history migrate_log"],
    );
    check("ALTER TABLE migrate_log ADD a int;", &[]);
    // In a downgrade only this lint runs, and it can be allowed there.
    let undone = |down: &str| {
        let text = format!(
            "-- revision: 1\n-- message: M\n-- migrate:up\nSELECT 1;\n-- migrate:down\n{down}\n"
        );
        let chain = check_chain(Folder::of_texts("m", [("1.sql", text.as_str())]));
        let chain = chain.unwrap_or_else(|wrong| panic!("{wrong}"));
        let found = lint(&chain, &strict(), |_| true);
        found.iter().map(|found| found.lint).collect::<Vec<_>>()
    };
    assert_eq!(undone("DROP SCHEMA public CASCADE;"), [Lint::DropsHistory]);
    assert_eq!(undone("DROP TABLE t CASCADE;"), []);
    let allow = "-- migrate:allow(drops-history): they are elsewhere";
    assert_eq!(undone(&format!("{allow}\nDROP SCHEMA public CASCADE;")), []);
    assert_eq!(undone(&format!("{allow}\nSELECT 1;\nDROP SCHEMA public;")), [Lint::DropsHistory]);
}

#[test]
fn not_null() {
    check("ALTER TABLE t ALTER b SET NOT NULL;", &["not-null-scans b"]);
    check("ALTER TABLE t ALTER a SET NOT NULL;", &[]);
    check("ALTER TABLE t ALTER id SET NOT NULL;", &[]);
    let added = "ALTER TABLE t ADD CONSTRAINT b_set CHECK ((b IS NOT NULL)) NOT VALID;";
    let set = "ALTER TABLE t ALTER b SET NOT NULL;";
    assert_eq!(codes(&[BEFORE, added, set], &only(&[Lint::NotNullScans])), ["not-null-scans b"]);
    let validated = "ALTER TABLE t VALIDATE CONSTRAINT b_set;";
    let empty: [&str; 0] = [];
    assert_eq!(codes(&[BEFORE, added, validated], &strict()), empty);
    assert_eq!(codes(&[BEFORE, added, validated, set], &strict()), empty);
    // Only a few nested parentheses are looked through.
    for (depth, expected) in [(3, &empty[..]), (9, &["not-null-scans b"])] {
        let (open, close) = ("(".repeat(depth), ")".repeat(depth));
        let checked = format!("ALTER TABLE t ADD CHECK ({open}b IS NOT NULL{close});");
        assert_eq!(codes(&[BEFORE, &checked, set], &strict()), expected, "{checked}");
    }
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
    check("ALTER SCHEMA s RENAME TO x;", &["rename-breaks s"]);
    check("CREATE SCHEMA s; ALTER SCHEMA s RENAME TO x; ALTER SCHEMA x RENAME TO y;", &[]);
    check("CREATE SCHEMA s; CREATE TABLE s.n (); ALTER SCHEMA s RENAME TO x; DROP TABLE x.n;", &[]);
    check("ALTER TYPE y RENAME TO x;", &["rename-breaks y"]);
    check("ALTER DOMAIN s.y RENAME TO x;", &["rename-breaks s.y"]);
    check("ALTER TYPE y SET SCHEMA s;", &["rename-breaks y"]);
    check("ALTER TYPE y RENAME VALUE 'a' TO 'b';", &["rename-breaks 'a'"]);
    check("ALTER TYPE y RENAME ATTRIBUTE a TO b;", &["rename-breaks a"]);
    check(
        "CREATE TYPE y AS ENUM ('a'); ALTER TYPE y RENAME VALUE 'a' TO 'b'; ALTER TYPE y RENAME TO x;",
        &[],
    );
    check("ALTER TYPE y RENAME TO old; CREATE TYPE y AS ENUM ('a'); DROP TYPE old;", &[]);
    check("ALTER TYPE y ADD VALUE 'b'; ALTER TYPE y OWNER TO me;", &[]);
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
    check(
        "OUTSIDE CREATE INDEX CONCURRENTLY ON t (a);",
        &["unnamed-index CREATE INDEX CONCURRENTLY ON t (a)"],
    );
    check("OUTSIDE CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);", &[]);
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
    // Without a lock file, it is unknown which revisions were deployed: each may have been.
    assert_eq!(count(None), 2);
    let lock = crate::chain::lock_text(&chain(&ups, None), "1").unwrap_or_default();
    assert_eq!(count(Some(&lock)), 1);
}

#[test]
fn what_the_author_allows() {
    let allow = "-- migrate:allow(index-blocks-writes): it is small";
    let index = "CREATE INDEX ON t (a);";
    check(&format!("{allow}\n{index}"), &[]);
    check(
        &format!("{allow}\n{index}\nCREATE INDEX ON t (b);"),
        &["index-blocks-writes CREATE INDEX ON t (b)"],
    );
    check(&format!("CREATE INDEX {allow}\nON t (a);"), &[]);
    check(&format!("{allow}\nHEADER\n{index}\nCREATE INDEX ON t (b);"), &[]);
    check(
        &format!("-- migrate:allow(drop-column): x\n{index}"),
        &["index-blocks-writes CREATE INDEX ON t (a)"],
    );
}

/// The messages as users read them.
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
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';\nALTER TABLE t ADD n int DEFAULT f();",
        "CREATE DOMAIN y AS int CHECK (VALUE > 0);\nALTER TABLE t ADD n y;",
        "ALTER DOMAIN y ADD CHECK (VALUE > 0);",
        "CREATE INDEX tb ON t (b);\nALTER TABLE t ALTER b TYPE text COLLATE \"C\";",
        "ALTER TABLE t ADD CHECK (b <> '');\nALTER TABLE t ALTER b TYPE text;",
        "ALTER SCHEMA s RENAME TO x;",
        "ALTER TYPE y RENAME TO x;",
        "ALTER TYPE y RENAME VALUE 'a' TO 'b';",
        "-- later",
        "DROP SCHEMA public; DROP OWNED BY app;",
        "ALTER TABLE t DROP a CASCADE;",
        "DROP TABLE t;",
        "ALTER TABLE t RENAME a TO n;",
        "ALTER TABLE t RENAME TO n;",
        "CREATE TABLE n (x bigint REFERENCES t);",
        "ALTER TABLE t ADD n int;\nUPDATE t SET n = 1;",
        "TRUNCATE t;",
        "OUTSIDE CREATE INDEX CONCURRENTLY i ON t (a);\nALTER TABLE t ADD n int;",
        "OUTSIDE CREATE INDEX CONCURRENTLY ON t (a);",
        "CLUSTER t USING i;",
        "REINDEX INDEX ot;",
        "CREATE TABLE n (a serial, b timestamp, c json);",
        "ALTER TYPE y ADD VALUE 'a';\n-- migrate:down\nSELECT 1;",
        "REFRESH MATERIALIZED VIEW m;",
        "ALTER TABLE t ADD EXCLUDE USING gist (f WITH &&);",
        "ALTER TABLE p ATTACH PARTITION o FOR VALUES FROM (MINVALUE) TO (MAXVALUE);",
        "ALTER TABLE p DETACH PARTITION o;",
        "LOCK t IN SHARE MODE;",
        "ALTER TABLE t ADD n int CHECK (n > 0);",
        "ALTER TABLE t ALTER a SET EXPRESSION AS (id + 1);",
        "CREATE UNIQUE INDEX n ON o (t);\nALTER TABLE o ADD PRIMARY KEY USING INDEX n;",
        "ALTER TABLE o ADD n int;\nDELETE FROM t WHERE a = 5;",
        "ALTER TABLE o ADD n int;\nREFRESH MATERIALIZED VIEW CONCURRENTLY m;",
        "ALTER TABLE o ADD n int;\nALTER TABLE t ADD n int;",
        "CREATE FUNCTION f() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1';",
        "ALTER TABLE t ALTER a DROP NOT NULL;",
        "ALTER TABLE t ALTER a DROP DEFAULT;",
        "ALTER TABLE t DROP CONSTRAINT k;",
        "DROP FUNCTION f();",
        "CREATE INDEX n ON o (t);",
        "CREATE INDEX n ON o (t, id);",
        "CREATE TABLE of_a_very_long_name_of_which_the_server_keeps_only_63_of_65_bytes (a int);",
        "CREATE TABLE n (a int);",
        "CREATE POLICY y ON o;",
        "ALTER TABLE t ADD n money;",
        "CREATE TABLE \"N\" (id bigint PRIMARY KEY);",
        "ALTER TABLE o ENABLE ROW LEVEL SECURITY;",
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
