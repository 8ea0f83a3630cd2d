//! What is left to a person, and in which words.

use super::refused::missed;
use super::*;

fn section(statements: &[&str]) -> DraftSection {
    let steps = statements.iter().map(|sql| Step::new(*sql)).collect();
    DraftSection::new(Section { transaction: true, steps })
}

#[test]
fn what_is_refused_comes_later_or_is_left() {
    let mut it = section(&["CREATE VIEW v AS SELECT f()", "CREATE FUNCTION f()", "SELECT 1"]);
    let missing = || "function f() does not exist".to_owned();
    assert!(it.refuse(1, "42883", missing()));
    let order = ["CREATE FUNCTION f()", "CREATE VIEW v AS SELECT f()", "SELECT 1"];
    assert_eq!(it.runnable().collect::<Vec<_>>(), order);
    // Nothing creates it now: it comes last, and then it is left.
    assert!(it.refuse(2, "42883", missing()));
    assert_eq!(it.runnable().last(), Some("CREATE VIEW v AS SELECT f()"));
    assert!(it.refuse(3, "42883", missing()));
    assert_eq!(it.runnable().count(), 2);
    // Another order does not help, and there is no such statement.
    assert!(it.refuse(1, "42601", "syntax error".to_owned()));
    assert_eq!(it.runnable().collect::<Vec<_>>(), ["SELECT 1"]);
    assert!(!it.refuse(2, "42601", String::new()) && !it.refuse(0, "42601", String::new()));
}

#[test]
fn what_follows_from_a_todo_is_a_part_of_it() {
    let mut it =
        section(&["CREATE TABLE t (a int)", "CREATE INDEX ix ON public.t (a)", "SELECT 1"]);
    assert!(it.refuse(1, "0LP01", "no".to_owned()));
    assert!(it.refuse(1, "42P01", "relation \"public.t\" does not exist".to_owned()));
    let text = it.text(&[], Words { todo: "-- migrate:todo", nothing: "" });
    assert_eq!(text.matches("migrate:todo").count(), 1, "{text}");
    assert!(
        text.contains("-- Part of what is marked above: relation \"public.t\" does not exist"),
        "{text}"
    );
}

#[test]
fn messages_name_what_is_missing() {
    let check = |message: &str, expected: Option<&str>| assert_eq!(missed(message), expected);
    check("relation \"public.t\" does not exist", Some("t"));
    check("column \"a\" of relation \"t\" does not exist", Some("a"));
    check("function app.f(integer) does not exist", Some("f"));
    check("syntax error at or near \"x\"", None);
}
