//! Tests of the lints about what a chain leaves at its end.

use super::*;

fn finds(lint: Lint, ups: &[&str], expected: &[&str]) {
    let chain = chain(ups, None);
    let found = lint_of(&chain, lint);
    assert_eq!(found, expected, "{ups:?}");
}

/// The text that each finding in any revision points at.
fn lint_of(chain: &Chain<'_>, wanted: Lint) -> Vec<String> {
    let found = lint(chain, &only(&[wanted]), |_| true);
    let shown = |found: &Finding| {
        let label = found.diagnostic.primary.clone().unwrap_or_else(|| panic!("{found:?}"));
        chain.migrations()[label.source].source.slice(label.span).to_owned()
    };
    found.iter().map(shown).collect()
}

#[test]
fn tables_without_a_key() {
    let check = |ups: &[&str], expected: &[&str]| finds(Lint::NoPrimaryKey, ups, expected);
    check(&["CREATE TABLE n (a int UNIQUE);"], &["n"]);
    check(&["CREATE TABLE s.n (a int); CREATE TABLE x (a int PRIMARY KEY);"], &["s.n"]);
    check(&["CREATE TABLE n (a int, b int, PRIMARY KEY (a, b));"], &[]);
    check(&["CREATE TABLE n (a int);", "ALTER TABLE n ADD PRIMARY KEY (a);"], &[]);
    check(&["CREATE TABLE n (a int);", "ALTER TABLE n ADD b bigserial PRIMARY KEY;"], &[]);
    check(
        &[
            "CREATE TABLE n (a int);",
            "ALTER TABLE n RENAME TO x;",
            "ALTER TABLE x ADD PRIMARY KEY (a);",
        ],
        &[],
    );
    check(&["CREATE TABLE n (a int); DROP TABLE n;"], &[]);
    check(&["CREATE SCHEMA s; CREATE TABLE s.n (a int); DROP SCHEMA s CASCADE;"], &[]);
    check(
        &["CREATE TABLE n (a int);", "DO $$ BEGIN ALTER TABLE n ADD PRIMARY KEY (a); END $$;"],
        &[],
    );
    check(&["CREATE TABLE n (a int);", "DO $$ BEGIN EXECUTE x; END $$;"], &[]);
    check(&["CREATE TABLE n (a int);", "DO $$ BEGIN INSERT INTO n VALUES (1); END $$;"], &["n"]);
    check(
        &[
            "CREATE TEMP TABLE n (a int); CREATE TABLE x (LIKE n INCLUDING ALL); CREATE TABLE y AS SELECT 1;",
        ],
        &[],
    );
    check(
        &[
            "CREATE TABLE p (a int PRIMARY KEY) PARTITION BY LIST (a); CREATE TABLE n PARTITION OF p DEFAULT;",
        ],
        &[],
    );
    check(&["CREATE TABLE b (a int PRIMARY KEY); CREATE TABLE n (c int) INHERITS (b);"], &[]);
}

#[test]
fn indexes_that_another_makes_superfluous() {
    let check = |ups: &[&str], expected: &[&str]| {
        let ups: Vec<&str> = ["CREATE TABLE t (a int PRIMARY KEY, b int, c int);"]
            .into_iter()
            .chain(ups.iter().copied())
            .collect();
        finds(Lint::DuplicateIndex, &ups, expected);
    };
    check(&["CREATE INDEX i ON t (b);", "CREATE INDEX j ON t (b);"], &["CREATE INDEX j ON t (b)"]);
    // The later one is reported, also if it is the longer one.
    check(
        &["CREATE INDEX i ON t (b);", "CREATE INDEX j ON t (b, c);"],
        &["CREATE INDEX j ON t (b, c)"],
    );
    check(
        &["CREATE INDEX j ON t (b, c);", "CREATE INDEX i ON t (b);"],
        &["CREATE INDEX i ON t (b)"],
    );
    check(&["CREATE INDEX i ON t (a);"], &["CREATE INDEX i ON t (a)"]);
    check(&["CREATE UNIQUE INDEX i ON t (a);"], &["CREATE UNIQUE INDEX i ON t (a)"]);
    check(
        &["CREATE UNIQUE INDEX i ON t (b); CREATE INDEX j ON t (b);"],
        &["CREATE INDEX j ON t (b)"],
    );
    check(
        &["CREATE INDEX i ON t (b);", "ALTER TABLE t ADD CONSTRAINT k UNIQUE (b);"],
        &["CONSTRAINT k UNIQUE (b)"],
    );
    // Each enforces, sorts or finds something that the other does not.
    check(&["CREATE UNIQUE INDEX i ON t (b); CREATE INDEX j ON t (b, c);"], &[]);
    check(&["CREATE INDEX i ON t (b); CREATE INDEX j ON t (c, b);"], &[]);
    check(&["CREATE INDEX i ON t (b); CREATE INDEX j ON t (b DESC);"], &[]);
    check(&["CREATE INDEX i ON t (b); CREATE INDEX j ON t USING hash (b);"], &[]);
    check(&["CREATE INDEX i ON t (b); CREATE INDEX j ON t (b int4_ops);"], &[]);
    check(&["CREATE INDEX i ON t (b); CREATE INDEX j ON t (b) INCLUDE (c);"], &[]);
    check(&["CREATE INDEX i ON t (b); CREATE INDEX j ON t (b) WHERE c > 0;"], &[]);
    check(&["CREATE INDEX i ON t (abs(b)); CREATE INDEX j ON t (abs(b));"], &[]);
    // One of the two is gone, or is the other one.
    check(&["CREATE INDEX i ON t (b);", "DROP INDEX i; CREATE INDEX j ON t (b, c);"], &[]);
    check(
        &[
            "CREATE INDEX i ON t (b); ALTER INDEX i RENAME TO k; DROP INDEX k; CREATE INDEX j ON t (b);",
        ],
        &[],
    );
    check(&["CREATE INDEX i ON t (b); CREATE INDEX IF NOT EXISTS i ON t (b);"], &[]);
    check(&["CREATE TABLE IF NOT EXISTS t (a int PRIMARY KEY);"], &[]);
    check(&["ALTER TABLE t DROP CONSTRAINT t_pkey; CREATE INDEX i ON t (a);"], &[]);
    check(
        &["ALTER TABLE t ADD CONSTRAINT k UNIQUE (b); ALTER TABLE t RENAME CONSTRAINT k TO l; \
           ALTER TABLE t DROP CONSTRAINT l; CREATE INDEX i ON t (b);"],
        &[],
    );
    check(
        &["CREATE UNIQUE INDEX i ON t (b); ALTER TABLE t ADD CONSTRAINT k UNIQUE USING INDEX i; \
           ALTER TABLE t DROP CONSTRAINT k; CREATE INDEX j ON t (b);"],
        &[],
    );
    check(
        &[
            "CREATE INDEX i ON t (b); DO $$ BEGIN DROP INDEX i; ALTER TABLE t ADD d int; END $$; CREATE INDEX j ON t (b);",
        ],
        &[],
    );
}

#[test]
fn policies_and_row_level_security() {
    let table = "CREATE TABLE t (a int);";
    let enable = "ALTER TABLE t ENABLE ROW LEVEL SECURITY;";
    let policy = "CREATE POLICY p ON t USING (true);";
    let ineffective =
        |ups: &[&str], expected: &[&str]| finds(Lint::PolicyWithoutRls, ups, expected);
    ineffective(&[table, policy], &["p"]);
    ineffective(&[table, policy, enable], &[]);
    ineffective(&[table, policy, "DROP POLICY p ON t;"], &[]);
    ineffective(&[table, enable, policy, "ALTER TABLE t DISABLE ROW LEVEL SECURITY;"], &["p"]);
    ineffective(&[policy], &[]);
    ineffective(&[table, policy, "DO $$ BEGIN EXECUTE 'ALTER TABLE t …'; END $$;"], &[]);
    let closed = |ups: &[&str], expected: &[&str]| finds(Lint::RlsWithoutPolicy, ups, expected);
    closed(&[table, enable], &[enable.trim_end_matches(';')]);
    closed(&[table, enable, policy], &[]);
    closed(&[table, "ALTER TABLE t FORCE ROW LEVEL SECURITY;"], &[]);
    closed(
        &[
            table,
            enable,
            "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN CREATE POLICY p ON t; END';",
        ],
        &[],
    );
}

#[test]
fn functions_with_the_rights_of_their_owner() {
    let check = |ups: &[&str], expected: &[&str]| finds(Lint::DefinerSearchPath, ups, expected);
    let open = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN 1; END';";
    check(&[open], &["f"]);
    check(
        &["CREATE FUNCTION s.f() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1';"],
        &["s.f"],
    );
    check(&["CREATE PROCEDURE f() SECURITY DEFINER LANGUAGE sql AS 'SELECT 1';"], &["f"]);
    check(&["CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';"], &[]);
    check(
        &[
            "CREATE FUNCTION f() RETURNS int SECURITY DEFINER SET search_path = app LANGUAGE sql AS 'SELECT 1';",
        ],
        &[],
    );
    check(
        &[
            "CREATE FUNCTION f() RETURNS int SECURITY DEFINER SET \"search_path\" TO '' LANGUAGE sql AS 'SELECT 1';",
        ],
        &[],
    );
    check(&["CREATE FUNCTION f() RETURNS int SECURITY DEFINER RETURN 1;"], &[]);
    check(&["CREATE FUNCTION f() RETURNS int SECURITY DEFINER LANGUAGE c AS 'x', 'y';"], &[]);
    check(&[open, "ALTER FUNCTION f() SET search_path = app;"], &[]);
    check(&[open, "ALTER FUNCTION f() SECURITY INVOKER;"], &[]);
    check(&[open, "ALTER FUNCTION f() OWNER TO me;"], &["f"]);
    check(&[open, "DROP FUNCTION f();"], &[]);
    let replaced = "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';";
    check(&[open, replaced], &[]);
}
