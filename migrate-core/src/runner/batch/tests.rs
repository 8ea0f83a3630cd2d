//! Messages: what goes in one, and the way back from a place in it to the file.

use std::time::Duration;

use super::*;
use crate::chain::chain::Chain;
use crate::plan::history::History;
use crate::plan::planner::{self};
use crate::plan::samples::{chain, chain_of, file, history, long_chain};
use crate::plan::step::Step;
use crate::plan::target::Target;

/// The first message of an upgrade.
fn message(chain: &Chain<'static>, settings: &Settings, tracks_progress: bool) -> Batch {
    message_of(chain, settings, tracks_progress, true)
}

/// The same, where the database has constraints that can wait, or has none.
fn message_of(
    chain: &Chain<'static>,
    settings: &Settings,
    tracks_progress: bool,
    defers: bool,
) -> Batch {
    with_steps(chain, |steps| {
        let (tables, session) = (Tables::new("public", "migrate_"), Session::default());
        let (tables, session) = (&tables, &session);
        let context = BatchContext {
            tables,
            settings,
            session,
            first_marker: 100,
            tracks_progress,
            defers,
            half_done: &[],
        };
        Batch::new(steps, context)
    })
}

fn with_steps<T>(chain: &Chain<'static>, run: impl FnOnce(&[Step<'_>]) -> T) -> T {
    let planned = planner::upgrade(chain, &History::default(), &Target::Head);
    run(&planned.unwrap_or_default().steps)
}

/// A chain of one revision with this upgrade, which begins on line 6 of its file.
fn of(up: &str) -> Chain<'static> {
    chain_of([("r1.sql", file("r1", "", up, "SELECT 'down';").as_str())])
}

/// The position of a text in a message, as the server counts.
fn position(message: &Batch, text: &str) -> usize {
    let before = message.sql.split(text).next().unwrap_or_default();
    assert!(before.len() < message.sql.len(), "{text:?} is not in the message");
    before.chars().count() + 1
}

/// Where the file says that a text of a message is: `line:column`, and the statement's number.
fn place(chain: &Chain<'static>, message: &Batch, text: &str) -> Option<(String, usize)> {
    let (statement_ref, span) = message.at_position(position(message, text))?;
    let source = &chain.migrations()[statement_ref.step].source;
    let place = source.position(span.start);
    assert!(source.slice(span).starts_with(text), "{text:?}");
    Some((format!("{}:{}", place.line, place.column), statement_ref.number))
}

#[test]
fn a_place_in_the_message_is_a_place_in_the_file() {
    let check = |up: &str, text: &str, expected: (&str, usize)| {
        let chain = of(up);
        for tracks_progress in [true, false] {
            let found =
                place(&chain, &message(&chain, &Settings::default(), tracks_progress), text);
            assert_eq!(found, Some((expected.0.to_owned(), expected.1)), "{text:?} in {up:?}");
        }
    };
    check("SELECT here;", "here", ("6:8", 1));
    check("SELECT 1;\n\n  SELECT here;", "here", ("8:10", 2));
    check("SELECT 1; SELECT 2; SELECT here", "here", ("6:28", 3));
    // The server counts characters, the file's column too.
    check("SELECT 'é日🦀', here;", "here", ("6:15", 1));
    check("SELECT 'é日🦀';\nSELECT '🦀', here;", "here", ("7:13", 2));
    check("-- 日本語 🦀\nSELECT here;", "here", ("7:8", 1));
    check("/* é; */ SELECT /* 日 */ here -- 🦀;\n;", "here", ("6:25", 1));
    // Tabs and empty statements.
    check(";;\tSELECT here;;", "here", ("6:11", 1));
    // Over several lines, and inside quotes.
    check("DO $$\nBEGIN\n  here;\nEND $$", "here", ("8:3", 1));
}

#[test]
fn a_place_that_is_not_in_a_statement_is_ours() {
    let chain = of("SELECT 1;\nSELECT 2");
    let message = message(&chain, &Settings::default(), true);
    for ours in
        ["BEGIN ISOLATION", "pg_catalog.concat", "INSERT INTO", "COMMIT", "pg_catalog.setval"]
    {
        assert_eq!(place(&chain, &message, ours), None, "{ours}");
    }
    for nowhere in [0, message.sql.len() + 1, usize::MAX] {
        assert!(message.at_position(nowhere).is_none(), "{nowhere}");
    }
}

#[test]
fn a_statement_without_a_semicolon_gets_one_and_its_place_is_the_end() {
    let check = |up: &str, sent: &str| {
        let chain = of(up);
        let message = message(&chain, &Settings::default(), true);
        assert!(message.sql.contains(sent), "{up:?}: {}", message.sql);
        let at = position(&message, sent) + sent.chars().count() - 2;
        let found = message.at_position(at);
        let source = &chain.migrations()[0].source;
        let text = found.map(|(statement_ref, span)| (statement_ref.number, source.slice(span)));
        assert_eq!(text, Some((2, if up.ends_with(';') { ";" } else { "" })), "{up:?}");
    };
    check("SELECT 1;\nSELECT (2", "SELECT (2;\n");
    check("SELECT 1;\nSELECT 2 -- no end", "SELECT 2;\n");
    check("SELECT 1;\nSELECT 2 /* no end */", "SELECT 2;\n");
    check("SELECT 1;\nSELECT 2;", "SELECT 2;\n");
}

#[test]
fn comments_stay_in_statements_and_go_around_them() {
    let chain = of("-- first\nSELECT /* in */ 1; -- last\n-- and a comment without an end");
    let message = message(&chain, &Settings::default(), true);
    assert!(message.sql.contains("\nSELECT /* in */ 1;\n"), "{}", message.sql);
    assert!(!message.sql.contains("first") && !message.sql.contains("without an end"));
}

#[test]
fn the_down_section_is_where_it_is_in_the_file() {
    let chain = of("SELECT 1;");
    let planned = planner::downgrade(&chain, &history(&chain, "r1"), &Target::Base);
    let (tables, session) = (Tables::new("public", "migrate_"), Session::default());
    let settings = Settings::default();
    let (tables, session) = (&tables, &session);
    let context = BatchContext {
        tables,
        settings: &settings,
        session,
        first_marker: 1,
        tracks_progress: true,
        defers: true,
        half_done: &[],
    };
    let message = Batch::new(&planned.unwrap_or_default().steps, context);
    assert_eq!(place(&chain, &message, "'down'"), Some(("9:8".to_owned(), 1)));
}

#[test]
fn several_steps_each_with_their_own_file() {
    let files: Vec<_> = [("a", ""), ("b", "a"), ("c", "b")]
        .map(|(id, parent)| {
            let up = format!("SELECT 'é', in_{id};\nSELECT last_{id}");
            (format!("{id}.sql"), file(id, parent, &up, "SELECT 1;"))
        })
        .into();
    let chain = chain_of(files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let message = message(&chain, &Settings::default(), true);
    assert_eq!(message.steps, 3);
    for (step, id) in ["a", "b", "c"].into_iter().enumerate() {
        for (text, expected, number) in
            [(format!("in_{id}"), "6:13", 1), (format!("last_{id}"), "7:8", 2)]
        {
            let found = message.at_position(position(&message, &text));
            assert_eq!(
                found.map(|(statement_ref, _)| (statement_ref.step, statement_ref.number)),
                Some((step, number))
            );
            assert_eq!(place(&chain, &message, &text), Some((expected.to_owned(), number)));
        }
    }
}

/// The marks in a message, in the order in which they are set.
fn markers(message: &Batch) -> Vec<u64> {
    let numbers = message.sql.split("setval(E'\"public\".\"migrate_statement\"', ").skip(1);
    numbers.filter_map(|rest| rest.split(')').next()?.parse().ok()).collect()
}

#[test]
fn marks_tell_how_far_a_message_has_got() {
    let files = [
        ("a.sql", file("a", "", "SELECT 1; SELECT 2; SELECT 3", "SELECT 1;")),
        ("b.sql", file("b", "a", "SELECT 4; SELECT 5", "SELECT 1;")),
    ];
    let chain = chain_of(files.iter().map(|(name, text)| (*name, text.as_str())));
    let shown = |message: &Batch, number: u64| match message.at_marker(number) {
        Some(ProgressMarker::Statement(statement_ref)) => {
            format!("{}.{}", statement_ref.step, statement_ref.number)
        }
        Some(ProgressMarker::End(step)) => format!("{step}.end"),
        None => "none".to_owned(),
    };
    let check = |tracks_progress: bool, expected: &[&str]| {
        let message = message(&chain, &Settings::default(), tracks_progress);
        let numbers = markers(&message);
        let first_and_last = (numbers.first().copied(), numbers.last().copied());
        assert_eq!(first_and_last, (Some(100), Some(message.next_marker() - 1)));
        let found: Vec<_> = numbers.iter().map(|number| shown(&message, *number)).collect();
        assert_eq!(found, expected, "marked: {tracks_progress}");
        for stranger in [0, 99, message.next_marker(), u64::MAX] {
            assert_eq!(shown(&message, stranger), "none");
        }
    };
    check(true, &["0.1", "0.2", "0.3", "0.end", "1.1", "1.2", "1.end"]);
    check(false, &["0.1", "0.end", "1.1", "1.end"]);
}

#[test]
fn a_section_of_very_many_statements_is_not_marked() {
    let check = |count: usize, tracks_progress: usize| {
        let chain = of(&"a;".repeat(count));
        assert_eq!(
            markers(&message(&chain, &Settings::default(), true)).len(),
            tracks_progress,
            "{count}"
        );
    };
    check(MAX_TRACKED, MAX_TRACKED + 1);
    check(MAX_TRACKED + 1, 2);
}

#[test]
fn an_empty_merge_is_a_step_like_any_other() {
    let merge = file("m", "b, c", "", "").replace("-- migrate:up\n\n", "-- migrate:up\n");
    let table = |id: &str, parent: &str| file(id, parent, "SELECT 1;", "SELECT 1;");
    let files =
        [("a", table("a", "")), ("b", table("b", "a")), ("c", table("c", "a")), ("m", merge)];
    let files: Vec<_> = files.map(|(id, text)| (format!("{id}.sql"), text)).into();
    let chain = chain_of(files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let message = message(&chain, &Settings::default(), true);
    assert_eq!((message.steps, message.sql.matches("\nCOMMIT;\n").count()), (4, 4));
    assert!(matches!(message.at_marker(message.next_marker() - 1), Some(ProgressMarker::End(3))));
}

#[test]
fn a_message_is_limited() {
    let check = |chain: &Chain<'static>, settings: &Settings, steps: usize| {
        assert_eq!(message(chain, settings, true).steps, steps);
    };
    let settings = Settings::default();
    check(&long_chain(5), &settings, 5);
    check(&long_chain(100), &settings, MAX_STEPS);
    check(&long_chain(5), &Settings { revision_at_a_time: true, ..Settings::default() }, 1);
    // What runs outside a transaction ends a message, or begins none.
    check(&chain("a b:a c~:b d:c"), &settings, 2);
    check(&chain("a~ b:a"), &settings, 0);
    // The one that makes it large still goes in.
    let large = format!("SELECT '{}';", "x".repeat(MAX_BYTES / 2));
    let files: Vec<_> = [("a", ""), ("b", "a"), ("c", "b")]
        .map(|(id, parent)| (format!("{id}.sql"), file(id, parent, &large, "SELECT 1;")))
        .into();
    let chain = chain_of(files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    check(&chain, &settings, 2);
}

#[test]
fn each_step_is_a_whole_transaction_with_its_record() {
    let files = [
        ("a.sql", file("a", "", "CREATE TABLE a ();", "DROP TABLE a;")),
        ("b.sql", file("b", "a", "CREATE TABLE b ();", "DROP TABLE b;")),
    ];
    let chain = chain_of(files.iter().map(|(name, text)| (*name, text.as_str())));
    let lock_timeout = Some(Duration::from_secs(2));
    let settings = Settings { lock_timeout, ..Settings::default() };
    let sql = message(&chain, &settings, true).sql;
    let mut parts = sql.split_inclusive("COMMIT;\n");
    for (count, id, last) in [(0, "a", ""), (1, "b", "bool_or(revision = E'a') IS NOT TRUE")] {
        let part = parts.next().unwrap_or_default();
        let order = [
            "BEGIN ISOLATION LEVEL READ COMMITTED;\n",
            "pg_try_advisory_xact_lock(",
            "set_config('lock_timeout', '2000', true)",
            // What is checked is what was committed before the lock was had.
            ";\nSELECT CASE WHEN ",
            &format!("count(*) <> {count}"),
            last,
            "FROM \"public\".\"migrate_history\")",
            &format!("\nCREATE TABLE {id} ();\n"),
            "INSERT INTO \"public\".\"migrate_history\" (revision, position, ",
            &format!(") VALUES (E'{id}', {}, ", count + 1),
            "INSERT INTO \"public\".\"migrate_log\"",
            "COMMIT;\n",
        ];
        let mut rest = part;
        for text in order {
            let at = rest.find(text);
            assert!(at.is_some(), "{text:?} is missing, or too early, in {part}");
            rest = &rest[at.unwrap_or(0) + text.len()..];
        }
        assert_eq!(rest, "");
    }
    assert_eq!(parts.next(), None);
}

#[test]
fn constraints_that_wait_are_looked_for_only_where_there_may_be_some() {
    let chain = |first: &str| {
        let files = [("a", "", first), ("b", "a", "CREATE TABLE b ();")];
        let files =
            files.map(|(id, parent, up)| (format!("{id}.sql"), file(id, parent, up, "SELECT 1;")));
        chain_of(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
    };
    let check = |first: &str, defers: bool, expected: usize| {
        let settings = Settings { single_transaction: true, ..Settings::default() };
        let sql = message_of(&chain(first), &settings, true, defers).sql;
        assert_eq!(sql.matches("pg_constraint").count(), expected, "{first}");
    };
    check("CREATE TABLE a ();", false, 0);
    check("CREATE TABLE a ();", true, 3);
    check("CREATE TABLE a (n int UNIQUE DEFERRABLE);", false, 3);
    check("SELECT f();", false, 3);
}

#[test]
fn sections_that_may_return_many_rows() {
    let check = |sql: &str, expected: bool| assert_eq!(returns_rows(sql), expected, "{sql}");
    check("CREATE TABLE t (); INSERT INTO t SELECT * FROM u; DELETE FROM t", false);
    check("SELECT set_config('search_path', '', false); SELECT setval('s', 7); SELECT 1", false);
    check("CREATE TABLE t (); SELECT * FROM generate_series(1, 1000000)", true);
    check("(SELECT n FROM t)", true);
    check("SELECT generate_series(1, 9)", true);
    check("WITH gone AS (DELETE FROM t RETURNING *) SELECT 1", true);
    check("UPDATE t SET a = 1 RETURNING a; TABLE t", true);
    check("TABLE t", true);
    check("", false);
}

/// What it returns is in a part that has no record, so that nobody keeps it.
#[test]
fn what_returns_rows_is_a_part_of_its_own() {
    let files = [
        ("r1.sql", file("r1", "", "CREATE TABLE t ();", "DROP TABLE t;")),
        ("r2.sql", file("r2", "r1", "SELECT * FROM t;", "SELECT 1;")),
        ("r3.sql", file("r3", "r2", "CREATE TABLE u ();", "DROP TABLE u;")),
    ];
    let chain = chain_of(files.iter().map(|(name, text)| (*name, text.as_str())));
    let parts = |mut message: Batch| {
        let steps = message.steps;
        let mut parts = Vec::new();
        while let Some(part) = message.next_part() {
            parts.push((message.tells(), part.contains("SELECT * FROM t;")));
        }
        (steps, parts)
    };
    // The first message ends before the step, which has one of its own.
    let (tables, session) = (Tables::new("public", "migrate_"), Session::default());
    let (steps, found) = parts(message(&chain, &Settings::default(), true));
    assert_eq!((steps, found), (1, vec![(true, false)]));
    let settings = Settings::default();
    let context = BatchContext {
        tables: &tables,
        settings: &settings,
        session: &session,
        first_marker: 100,
        tracks_progress: true,
        defers: true,
        half_done: &[],
    };
    let (steps, found) = with_steps(&chain, |steps| parts(Batch::new(&steps[1..], context)));
    assert_eq!((steps, found), (1, vec![(false, true), (true, false)]));
    // In one transaction it is one message, in parts.
    let single = Settings { single_transaction: true, ..Settings::default() };
    let (steps, found) = parts(message(&chain, &single, true));
    assert_eq!((steps, found), (3, vec![(true, false), (false, true), (true, false)]));
}
