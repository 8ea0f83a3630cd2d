//! Tests: what is said of a program's queries, and what is known of them.

use super::*;
use crate::chain::folder::Folder;

const UP: &str = "CREATE SCHEMA app;\n\
    CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL, age integer, role varchar(9));\n\
    CREATE TABLE app.jobs (id integer, user_id bigint);\n\
    CREATE TABLE old (id integer);\nDROP TABLE old;\n";

fn schema() -> Schema {
    let text = format!(
        "-- revision: 1\n-- message: M\n-- irreversible: no\n-- migrate:up\n{UP}ALTER TABLE users DROP role;\n"
    );
    Schema::of(&crate::check(Folder::of_texts("m", [("1.sql", text.as_str())])).unwrap())
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (sql, expected) in [
        (
            "SELECT id,\n  emial FROM users",
            "there is no column `users.emial`\n --> query:2:3\n  |\n2 |   emial FROM users\n  |   ^^^^^ not there\n \
             ::: m/1.sql:6:14\n  |\n6 | CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL, age integer, role varchar(9));\n  \
             |              ----- the table is created here\n  = help: did you mean `email`?",
        ),
        ("SELECT role FROM users", "there is no column `users.role`\n"),
        ("SELECT 1 FROM old", "there is no table `old`\n"),
        ("SELECT 1 FROM usrs", "there is no table `usrs`\n"),
        ("SELECT id FROM users WHERE email = 1", "there is no operator `text = integer`\n"),
        ("INSERT INTO users (id) VALUES ($1)", "`email` is NOT NULL and has no default"),
        ("INSERT INTO users (id, email) VALUES ($1)", "INSERT has 2 columns and 1 value\n"),
        ("UPDATE users SET agee = 1", "there is no column `users.agee`\n"),
        ("SELCT 1", "syntax error at `SELCT`\n"),
        ("SELECT 'a", "a string is never closed\n"),
        ("SELECT 1;\nSELECT x FROM users", "there is no column `users.x`\n"),
        ("COPY users (id, mail) FROM STDIN", "there is no column `users.mail`\n"),
        ("TRUNCATE userss", "there is no table `userss`\n"),
    ] {
        let report = schema().check(sql);
        let [error] = report.errors.as_slice() else { panic!("{sql}: {report:?}") };
        assert!(error.message.starts_with(expected), "{sql}\n{}", error.message);
    }
}

/// An unknown is never an error.
#[test]
fn what_is_not_known_is_no_error() {
    for (sql, why) in [
        ("SELECT id, email AS e FROM users WHERE id = $1 AND email LIKE $2 || '%'", None),
        ("SELECT * FROM users FOR UPDATE SKIP LOCKED LIMIT $1 OFFSET $2", None),
        ("INSERT INTO users VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING *", None),
        ("SELECT $1::int + 1, coalesce($2, 5), $3", None),
        // The program may have another search_path.
        ("SELECT id FROM jobs", Some("`jobs` is not known: the chain does not create it")),
        (
            "SELECT x FROM pg_stat_activity",
            Some("`pg_stat_activity` is not known: the chain does not create it"),
        ),
        (
            "SELECT x FROM auth.users",
            Some("`auth.users` is not known: the chain does not create it"),
        ),
        (
            "SELECT revision FROM migrate_history",
            Some("`migrate_history` is not known: the chain does not create it"),
        ),
        ("BEGIN", Some("only queries and changes of data are checked")),
        ("CREATE TEMP TABLE x (a int)", Some("only queries and changes of data are checked")),
        (
            "CREATE TEMP TABLE x (a int); SELECT a FROM x",
            Some("it has several statements, and not all are queries or changes of data"),
        ),
        ("", Some("it is empty")),
        ("-- nothing", Some("it is empty")),
    ] {
        let report = schema().check(sql);
        assert_eq!(report.errors, [], "{sql}");
        assert_eq!(report.not_checked.as_deref(), why, "{sql}");
    }
    let query = ProgramQuery {
        path: "a.rs".to_owned(),
        line: 1,
        unchecked: Some("a table of sessions".to_owned()),
        text: "SELECT x FROM sessions".to_owned(),
    };
    let report = schema().check_at(&query);
    assert_eq!(report.errors, []);
    assert_eq!(report.not_checked.as_deref(), Some("its author says: a table of sessions"));
}

#[test]
fn what_a_query_uses_and_returns() {
    let uses = |sql: &str| {
        let shown = |one: &UsedName| {
            let column = one.column.as_ref().map_or(String::new(), |column| format!(".{column}"));
            format!("{}{column}{}", one.relation, if one.writes { "!" } else { "" })
        };
        schema().check(sql).uses.iter().map(shown).collect::<Vec<_>>().join(" ")
    };
    for (sql, expected) in [
        ("SELECT email FROM users u WHERE u.age > 3", "users users.age users.email"),
        ("SELECT * FROM app.jobs", "app.jobs app.jobs.id app.jobs.user_id"),
        ("UPDATE users SET age = age + 1", "users! users.age users.age!"),
        (
            "INSERT INTO users (id, email) SELECT id, 'x' FROM app.jobs",
            "app.jobs app.jobs.id users! users.email! users.id!",
        ),
        ("DELETE FROM users", "users!"),
        ("SELECT 1", ""),
    ] {
        assert_eq!(uses(sql), expected, "{sql}");
    }
    let columns = |sql: &str| {
        let shown = |column: &ResultColumn| {
            let show = |part: &Option<String>| part.clone().unwrap_or_else(|| "?".to_owned());
            format!("{} {}", show(&column.name), show(&column.kind))
        };
        let columns = schema().check(sql).columns;
        columns.map(|columns| columns.iter().map(shown).collect::<Vec<_>>().join(", "))
    };
    for (sql, expected) in [
        (
            "SELECT id, age AS years, count(*), $1 AS p FROM users GROUP BY id",
            Some("id bigint, years integer, count bigint, p ?"),
        ),
        ("SELECT * FROM app.jobs", Some("id integer, user_id bigint")),
        ("INSERT INTO users (id, email) VALUES (1, 'x') RETURNING id", Some("id bigint")),
        ("DELETE FROM users", None),
        ("SELECT * FROM elsewhere.users", None),
    ] {
        assert_eq!(columns(sql).as_deref(), expected, "{sql}");
    }
}

#[test]
fn a_check_leaves_no_trace() {
    let mut schema = schema();
    for _ in 0..3 {
        assert_eq!(schema.check("SELECT x FROM nothing.at_all, usrs").errors.len(), 1);
        assert_eq!(schema.check("SELECT id FROM users").errors, []);
        assert_eq!(schema.check("SELECT 1 FROM usrs").errors.len(), 1);
    }
}
