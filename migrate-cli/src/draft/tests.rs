//! What is left to a person, and in which words.

use super::refused::{MissingKind, missing};
use super::*;

fn section(statements: &[&str]) -> DraftSection {
    let steps = statements.iter().map(|sql| Step::new(*sql)).collect();
    DraftSection::new(Section { transaction: true, steps })
}

/// Runs a section on a server that accepts a statement when what it needs has run. Of a function `in body` needs are
/// looked at only when bodies are checked. Gives the order of what was tried.
fn rehearsed(it: &mut DraftSection, needs: &[(&str, &str, &str, &str)]) -> Vec<String> {
    let mut tried: Vec<String> = Vec::new();
    let mut ran: Vec<String> = Vec::new();
    let mut rehearsal = it.rehearsal();
    while let Some(Attempt { sql, unchecked }) = rehearsal.next() {
        tried.push(sql.to_owned());
        let lacks = needs.iter().find(|(of, need, code, _)| {
            let is_seen = !unchecked || *code != "42883";
            *of == sql && is_seen && !ran.iter().any(|it| it == need)
        });
        let answer = match lacks {
            Some((_, _, code, message)) => {
                Err(Refusal { code: (*code).to_owned(), message: (*message).to_owned() })
            }
            None => {
                ran.push(sql.to_owned());
                Ok(())
            }
        };
        rehearsal.answer(answer);
    }
    it.statements = rehearsal.finish();
    tried
}

fn written(it: &DraftSection) -> Vec<&str> {
    it.written().map(|(_, sql)| sql).collect()
}

const VIEW: &str = "CREATE VIEW v AS SELECT f()";
const FUNCTION: &str = "CREATE FUNCTION f() RETURNS int";
const OTHER: &str = "CREATE FUNCTION g() RETURNS int";
const NO_F: &str = "function f() does not exist";
const NO_G: &str = "function g() does not exist";

#[test]
fn what_is_refused_waits_for_what_it_lacks() {
    let mut it = section(&[VIEW, "SELECT 1", FUNCTION, "SELECT 2"]);
    let tried = rehearsed(&mut it, &[(VIEW, FUNCTION, "42883", NO_F)]);
    assert_eq!(tried, [VIEW, "SELECT 1", FUNCTION, VIEW, "SELECT 2"]);
    assert_eq!(written(&it), ["SELECT 1", FUNCTION, VIEW, "SELECT 2"]);
}

#[test]
fn a_long_chain_is_tried_twice_at_most() {
    let names: Vec<String> = (0..40).map(|at| format!("CREATE VIEW v{at} AS SELECT")).collect();
    let messages: Vec<String> =
        (0..40).map(|at| format!("relation \"public.v{at}\" does not exist")).collect();
    let needs: Vec<(&str, &str, &str, &str)> =
        (0..39).map(|at| (&*names[at], &*names[at + 1], "42P01", &*messages[at + 1])).collect();
    let mut it = section(&names.iter().map(|it| &**it).collect::<Vec<_>>());
    assert_eq!(rehearsed(&mut it, &needs).len(), 79);
    let order: Vec<&str> = names.iter().rev().map(|it| &**it).collect();
    assert_eq!(written(&it), order);
}

#[test]
fn what_nobody_creates_is_left() {
    let mut it = section(&[VIEW, "SELECT 1", "SELEC 2"]);
    let needs = [(VIEW, "-", "42883", NO_F), ("SELEC 2", "-", "42601", "syntax error")];
    // It is tried again behind the others, and what another order does not help is not.
    assert_eq!(rehearsed(&mut it, &needs), [VIEW, "SELECT 1", "SELEC 2", VIEW]);
    assert_eq!(written(&it), ["SELECT 1"]);
    assert!(it.statements.iter().all(|it| !it.follows));
    // What the server refuses of a run is left, and there is no such statement.
    assert!(it.leave(1, "no".to_owned()) && written(&it).is_empty());
    assert!(!it.leave(1, String::new()) && !it.leave(0, String::new()));
}

#[test]
fn functions_that_call_each_other_are_not_checked() {
    let mut it = section(&[FUNCTION, OTHER, "SELECT 1"]);
    let needs = [(FUNCTION, OTHER, "42883", NO_G), (OTHER, FUNCTION, "42883", NO_F)];
    rehearsed(&mut it, &needs);
    assert_eq!(written(&it), [UNCHECKED, OTHER, CHECKED, FUNCTION, "SELECT 1"]);
    let text = it.text(&[], Words { todo: "-- migrate:todo", nothing: "" });
    assert_eq!(
        text,
        "SET LOCAL check_function_bodies = off;\n\n\
         -- The body is not checked here: function f() does not exist\n\
         CREATE FUNCTION g() RETURNS int;\n\n\
         SET LOCAL check_function_bodies = on;\n\n\
         CREATE FUNCTION f() RETURNS int;\nSELECT 1;\n"
    );
    // The number of a setting is no statement's.
    assert!(!it.leave(1, String::new()) && it.leave(2, "no".to_owned()));
    assert_eq!(written(&it), [FUNCTION, "SELECT 1"]);
}

#[test]
fn a_body_is_not_checked_in_a_transaction_alone() {
    let mut it = section(&[FUNCTION, OTHER, "SELECT 1"]);
    let needs = [(FUNCTION, "-", "42883", "function x() does not exist")];
    assert_eq!(rehearsed(&mut it, &needs), [FUNCTION, FUNCTION, OTHER, "SELECT 1"]);
    assert_eq!(written(&it), [UNCHECKED, FUNCTION, CHECKED, OTHER, "SELECT 1"]);
    // Again, as it is written.
    assert_eq!(rehearsed(&mut it, &needs).len(), 3);
    let steps = [FUNCTION, OTHER].map(Step::new).into();
    let mut it = DraftSection::new(Section { transaction: false, steps });
    rehearsed(&mut it, &needs);
    assert_eq!(written(&it), [OTHER]);
}

#[test]
fn a_function_is_no_type() {
    let (film, table) =
        ("CREATE FUNCTION film(director) RETURNS film", "CREATE TABLE film (id int)");
    let mirror = "CREATE FUNCTION director(film) RETURNS director";
    let no = "type public.film does not exist";
    let mut it = section(&[mirror, film, table]);
    rehearsed(&mut it, &[(mirror, table, "42704", no), (film, table, "42704", no)]);
    assert_eq!(written(&it), [table, mirror, film]);
}

#[test]
fn what_a_statement_creates() {
    let check = |sql: &str, message: &str, expected: bool| {
        let it = DraftStatement::new(Step::new(sql));
        let lacks = missing(message).unwrap();
        assert_eq!(it.creates(lacks), expected, "{sql}: {message}");
    };
    let (no_table, no_type) = ("relation \"app.t\" does not exist", "type app.t does not exist");
    for sql in [
        "CREATE TABLE t (a int)",
        "CREATE UNLOGGED TABLE app.t (a int)",
        "CREATE TABLE t PARTITION OF p FOR VALUES IN (1)",
        "CREATE OR REPLACE VIEW \"app\".\"t\" AS SELECT 1",
        "CREATE MATERIALIZED VIEW t AS SELECT 1",
        "CREATE FOREIGN TABLE t (a int) SERVER s",
        "ALTER TABLE u RENAME TO t",
    ] {
        check(sql, no_table, true);
        check(sql, no_type, true);
    }
    check("CREATE UNIQUE INDEX CONCURRENTLY t ON u (a)", no_table, true);
    check("CREATE SEQUENCE t", no_table, true);
    check("CREATE DOMAIN t AS int", no_type, true);
    check("CREATE DOMAIN t AS int", no_table, false);
    check("CREATE INDEX i ON t (a)", no_table, false);
    check("CREATE TABLE p1 PARTITION OF t DEFAULT", no_table, false);
    check("CREATE VIEW v AS SELECT * FROM t", no_table, false);
    check("CREATE FUNCTION t(u) RETURNS int", no_type, false);
    check("CREATE PROCEDURE app.t()", "procedure t() does not exist", true);
    check("CREATE SCHEMA app", "schema \"app\" does not exist", true);
    check("ALTER TABLE t ADD COLUMN a int", "column \"a\" does not exist", true);
    check("ALTER TABLE t DROP COLUMN a", "column \"a\" does not exist", false);
}

#[test]
fn what_follows_from_a_todo_is_a_part_of_it() {
    let mut it =
        section(&["CREATE TABLE t (a int)", "CREATE INDEX ix ON public.t (a)", "SELECT 1"]);
    let (table, index) = ("CREATE TABLE t (a int)", "CREATE INDEX ix ON public.t (a)");
    let no = "relation \"public.t\" does not exist";
    rehearsed(&mut it, &[(table, "-", "0LP01", "no"), (index, table, "42P01", no)]);
    let text = it.text(&[], Words { todo: "-- migrate:todo", nothing: "" });
    assert_eq!(text.matches("migrate:todo").count(), 1, "{text}");
    assert!(
        text.contains("-- Part of what is marked above: relation \"public.t\" does not exist"),
        "{text}"
    );
}

#[test]
fn messages_name_what_is_missing() {
    let check = |message: &str, expected: Option<(MissingKind, &str)>| {
        assert_eq!(missing(message).map(|it| (it.kind, it.name)), expected, "{message}");
    };
    check("relation \"public.t\" does not exist", Some((MissingKind::Relation, "t")));
    check("type public.film does not exist", Some((MissingKind::Type, "film")));
    check("column \"a\" of relation \"t\" does not exist", Some((MissingKind::Other, "a")));
    check("function app.f(integer) does not exist", Some((MissingKind::Routine, "f")));
    check("operator does not exist: public.t = public.t", None);
    check("syntax error at or near \"x\"", None);
}
