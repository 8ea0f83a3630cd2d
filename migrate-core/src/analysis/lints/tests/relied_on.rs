//! Tests of the lints for what a running release may rely on, and for names and values.

use super::*;

fn finds(lint: Lint, up: &str, expected: &[&str]) {
    let found = codes(&[BEFORE, "CREATE FUNCTION f() RETURNS int RETURN 1;", up], &only(&[lint]));
    let expected: Vec<String> = expected.iter().map(|text| format!("{lint} {text}")).collect();
    assert_eq!(found, expected, "{up}");
}

#[test]
fn what_the_running_release_relies_on() {
    finds(Lint::DropNotNull, "ALTER TABLE t ALTER a DROP NOT NULL;", &["a"]);
    finds(Lint::DropNotNull, "ALTER TABLE t ADD n int; ALTER TABLE t ALTER n DROP NOT NULL;", &[]);
    finds(Lint::DropNotNull, "CREATE TABLE n (a int); ALTER TABLE n ALTER a DROP NOT NULL;", &[]);
    finds(Lint::DropDefault, "ALTER TABLE t ALTER a DROP DEFAULT;", &["a"]);
    finds(Lint::DropDefault, "ALTER TABLE t ALTER a DROP DEFAULT, ALTER a SET DEFAULT 1;", &[]);
    finds(
        Lint::DropDefault,
        "ALTER TABLE t ALTER a DROP DEFAULT; ALTER TABLE t ALTER a SET DEFAULT 1;",
        &[],
    );
    finds(
        Lint::DropDefault,
        "ALTER TABLE t ALTER a DROP DEFAULT; ALTER TABLE t ALTER a ADD GENERATED ALWAYS AS IDENTITY;",
        &[],
    );
    finds(
        Lint::DropDefault,
        "ALTER TABLE t ALTER a SET DEFAULT 1; ALTER TABLE t ALTER a DROP DEFAULT;",
        &["a"],
    );
    finds(Lint::DropConstraint, "ALTER TABLE t DROP CONSTRAINT k;", &["k"]);
    finds(
        Lint::DropConstraint,
        "ALTER TABLE t DROP CONSTRAINT k, ADD CONSTRAINT k CHECK (a > 1) NOT VALID;",
        &[],
    );
    finds(Lint::DropFunction, "DROP FUNCTION f();", &["f"]);
    finds(Lint::DropFunction, "DROP FUNCTION unknown, f(int);", &["unknown", "f"]);
    finds(
        Lint::DropFunction,
        "DROP FUNCTION f(); CREATE FUNCTION f() RETURNS text RETURN 'a';",
        &[],
    );
    finds(Lint::DropFunction, "CREATE FUNCTION n() RETURNS int RETURN 1; DROP FUNCTION n();", &[]);
}

#[test]
fn names_that_are_truncated() {
    let (fits, long) = ("a".repeat(63), "a".repeat(64));
    let quoted = format!("\"{}\"\"{}\"", "a".repeat(31), "a".repeat(31));
    finds(Lint::NameTooLong, &format!("CREATE TABLE {fits} (a int);"), &[]);
    finds(Lint::NameTooLong, &format!("CREATE TABLE {long} (a int);"), &[&long]);
    finds(
        Lint::NameTooLong,
        &format!("CREATE TABLE x (\"{long}\" int);"),
        &[&format!("\"{long}\"")],
    );
    finds(Lint::NameTooLong, &format!("CREATE TABLE {quoted} (a int);"), &[]);
    finds(Lint::NameTooLong, &format!("SELECT '{long}', $${long}$$;"), &[]);
    let escaped = format!("U&\"{}\"", "\\0061".repeat(20));
    finds(Lint::NameTooLong, &format!("CREATE TABLE {escaped} (a int);"), &[]);
}

#[test]
fn values_that_a_downgrade_leaves() {
    let undone = |down: &str, value: &str| {
        let text = format!(
            "-- revision: 1\n-- message: M\n-- migrate:up\nALTER TYPE mood ADD VALUE {value};\n-- migrate:down\n{down}\n"
        );
        let chain = check_chain(Folder::of_texts("m", [("1.sql", text.as_str())]));
        let chain = chain.unwrap_or_else(|wrong| panic!("{wrong}"));
        lint(&chain, &only(&[Lint::AddValueIfNotExists]), |_| true).len()
    };
    assert_eq!(undone("SELECT 1;", "'sad'"), 1);
    assert_eq!(undone("SELECT 1;", "IF NOT EXISTS 'sad'"), 0);
    assert_eq!(undone("ALTER TYPE mood RENAME TO old;", "'sad'"), 0);
    assert_eq!(undone("DO $$ BEGIN EXECUTE 'x'; END $$;", "'sad'"), 0);
    // It is never undone.
    finds(Lint::AddValueIfNotExists, "ALTER TYPE mood ADD VALUE 'sad';", &[]);
}
