//! Tests: which pending revisions break a query of the deployed release.

use crate::chain::folder::{Folder, QUERIES_FILE};
use crate::chain::lockfile::LOCK_FILE;
use crate::chain::queries_lock::{ProgramQuery, QueriesLock};

const DEPLOYED: &str = "CREATE TYPE mood AS ENUM ('ok', 'bad'); \
    CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, age integer, mood mood, born date); \
    CREATE TABLE posts (id bigint PRIMARY KEY, user_id bigint REFERENCES users, title varchar(20), data json); \
    CREATE VIEW names AS SELECT id, name FROM users; \
    CREATE FUNCTION label(integer) RETURNS text LANGUAGE sql AS 'SELECT $1::text';";

/// What a build says of these pending upgrades, beside a deployed one, where the deployed release
/// has these queries.
fn window(pending: &[&str], queries: &[ProgramQuery]) -> Vec<String> {
    let file = |(at, up): (usize, &&str)| {
        let parent = if at == 0 { "--".to_owned() } else { format!("-- parent: r{at}") };
        let id = at + 1;
        let text = format!(
            "-- revision: r{id}\n{parent}\n-- message: M{id}\n-- irreversible: no\n-- migrate:up\n{up}\n"
        );
        (format!("r{id}.sql"), text)
    };
    let ups: Vec<&str> = [DEPLOYED].into_iter().chain(pending.iter().copied()).collect();
    let files: Vec<(String, String)> = ups.iter().enumerate().map(file).collect();
    let folder = Folder::of_texts("m", files.iter().map(|(a, b)| (a.as_str(), b.as_str())));
    let chain = crate::check(folder.clone()).unwrap();
    let lock = crate::chain::lock_text(&chain, "r1").unwrap();
    let queries = QueriesLock { head: "r1".to_owned(), queries: queries.to_vec() }.write();
    let folder = folder.with(LOCK_FILE, &lock).with(QUERIES_FILE, &queries);
    let Err(rejection) = crate::analysis::analyse(folder) else { return Vec::new() };
    let shown = |found: &crate::chain::Diagnostic| {
        let place = |label: &crate::chain::Label| {
            let source = &rejection.sources[label.source];
            let line = source.position(label.span.start).line;
            let path = source.path().trim_start_matches("m/");
            let text = source.slice(label.span).split_whitespace().collect::<Vec<_>>().join(" ");
            format!("{path}:{line} `{text}` {}", label.text)
        };
        let places: Vec<String> = found.primary.iter().chain(&found.related).map(place).collect();
        format!("{}: {}", found.problem, places.join("; "))
    };
    rejection.diagnostics.iter().map(shown).collect()
}

fn query(text: &str) -> ProgramQuery {
    ProgramQuery { path: "a.rs".to_owned(), line: 7, unchecked: None, text: text.to_owned() }
}

/// Checks the beginning of what is said of one query.
fn check(pending: &[&str], sql: &str, expected: &[&str]) {
    let found = window(pending, &[query(sql)]);
    let same = found.len() == expected.len()
        && found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected));
    assert!(same, "{pending:?} {sql}\nexpected {expected:#?}\nfound {found:#?}");
}

const ONE: &str = "this breaks a query of the deployed release at a.rs:7: ";

fn broken(pending: &str, sql: &str, expected: &str) {
    check(&[pending], sql, &[&format!("{ONE}{expected}")]);
}

#[test]
fn what_a_query_needs_must_stay() {
    let drop_age = "ALTER TABLE users DROP COLUMN age;";
    let no_age = "there is no column `users.age`: r2.sql:6 `age` the query fails after this; a.rs:7 `age` not there";
    for sql in [
        "SELECT id, age FROM users",
        "SELECT u.age FROM posts p JOIN users u ON u.id = p.user_id",
        "UPDATE users SET age = $1 WHERE id = $2",
        "INSERT INTO users (id, name, age) VALUES ($1, $2, $3)",
        "WITH old AS (SELECT age FROM users) SELECT max(age) FROM old",
        "DELETE FROM users WHERE age > 3 RETURNING id",
    ] {
        broken(drop_age, sql, no_age);
    }
    broken(
        "ALTER TABLE users RENAME COLUMN age TO years;",
        "SELECT age FROM users",
        "there is no column `users.age`",
    );
    broken(
        "ALTER TABLE posts RENAME TO articles;",
        "SELECT title FROM posts",
        "there is no table `posts`",
    );
    broken("DROP TABLE posts;", "SELECT count(*) FROM posts", "there is no table `posts`");
    broken("DROP VIEW names;", "SELECT name FROM names WHERE id = $1", "there is no table `names`");
    broken(
        "ALTER TYPE mood RENAME VALUE 'bad' TO 'sad';",
        "SELECT id FROM users WHERE mood = 'bad'",
        "there is no value `bad`",
    );
}

#[test]
fn an_insert_needs_its_values() {
    let insert = "INSERT INTO users (id, name) VALUES ($1, $2)";
    let message = "`email` is NOT NULL and has no default, but gets no value";
    broken("ALTER TABLE users ADD email text NOT NULL;", insert, message);
    broken(
        "ALTER TABLE users ADD email text; ALTER TABLE users ALTER email SET NOT NULL;",
        insert,
        message,
    );
    for harmless in [
        "ALTER TABLE users ADD email text;",
        "ALTER TABLE users ADD email text NOT NULL DEFAULT '';",
        "ALTER TABLE users ADD email text NOT NULL; ALTER TABLE users ALTER email SET DEFAULT '';",
    ] {
        check(&[harmless], insert, &[]);
    }
}

#[test]
fn results_keep_their_types() {
    let to_bigint = "ALTER TABLE users ALTER age TYPE bigint;";
    broken(
        to_bigint,
        "SELECT name, age FROM users",
        "column `age` of its result becomes `bigint`, and was `integer`",
    );
    broken(
        to_bigint,
        "SELECT max(age) AS oldest FROM users",
        "column `oldest` of its result becomes `bigint`",
    );
    for (pending, sql) in [
        (to_bigint, "SELECT name FROM users WHERE age = $1"),
        ("ALTER TABLE posts ALTER title TYPE text;", "SELECT title FROM posts"),
        ("ALTER TABLE posts ALTER data TYPE jsonb;", "SELECT data FROM posts"),
        ("ALTER TABLE users ALTER name TYPE citext;", "SELECT name FROM users"),
    ] {
        check(&[pending], sql, &[]);
    }
    broken(
        "ALTER TABLE users ALTER mood TYPE text;",
        "SELECT mood FROM users",
        "column `mood` of its result becomes `text`, and was `mood`",
    );
    broken(
        "ALTER TABLE users ALTER born TYPE text;",
        "SELECT id FROM users WHERE born < current_date",
        "there is no operator `text < date`",
    );
}

/// What is not certain, and what is right again at the end of the revision.
#[test]
fn what_breaks_nothing() {
    for (pending, sql) in [
        ("ALTER TABLE users DROP age;", "SELECT name FROM users"),
        ("ALTER TABLE users DROP age;", "SELECT * FROM users"),
        ("ALTER TABLE users DROP age;", "SELECT age FROM posts"),
        ("ALTER TABLE users DROP age;", "SELECT age FROM elsewhere.users"),
        ("ALTER TABLE users ADD COLUMN zip text;", "SELECT zip FROM users"),
        (
            "DROP VIEW names; CREATE VIEW names AS SELECT id, name, age FROM users;",
            "SELECT name FROM names",
        ),
        ("ALTER TABLE users DROP age; ALTER TABLE users ADD age integer;", "SELECT age FROM users"),
        (
            "ALTER TABLE posts RENAME TO articles; CREATE VIEW posts AS SELECT * FROM articles;",
            "SELECT title FROM posts",
        ),
        ("DO $$ BEGIN EXECUTE current_setting('a.b'); END $$; DROP TABLE posts;", "TABLE users"),
        (
            "-- migrate:allow(breaks-deployed): no release reads it\nALTER TABLE users DROP age;",
            "SELECT age FROM users",
        ),
        ("ALTER TABLE users DROP age;", "SET search_path = x; SELECT age FROM users"),
        ("ALTER TABLE users DROP age;", "SELECT age FROM"),
    ] {
        check(&[pending], sql, &[]);
    }
    let unchecked = ProgramQuery { unchecked: Some("x".into()), ..query("SELECT age FROM users") };
    assert_eq!(window(&["ALTER TABLE users DROP age;"], &[unchecked]), Vec::<String>::new());
}

#[test]
fn it_is_said_once_at_the_statement_that_did_it() {
    let pending = [
        "ALTER TABLE users ADD years integer;",
        "UPDATE users SET years = age;\nALTER TABLE users DROP age;",
        "DROP TABLE posts; ALTER TABLE users DROP years;",
    ];
    let message = "there is no column `users.age`: r3.sql:7 `age` the query fails after this";
    check(&pending, "SELECT age FROM users", &[&format!("{ONE}{message}")]);
    let queries: Vec<ProgramQuery> =
        (1..=5).map(|line| ProgramQuery { line, ..query("SELECT\n  age FROM users") }).collect();
    let found = window(&pending, &queries);
    assert_eq!(
        found,
        ["this breaks 5 queries of the deployed release, the first at a.rs:1: there is no column \
          `users.age`: r3.sql:7 `age` the queries fail after this; a.rs:2 `age` not there; a.rs:3 `age` not there; \
          a.rs:4 `age` not there"]
    );
}
