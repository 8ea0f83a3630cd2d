//! Statements that fail: the error names the place, and the database is as after the revision
//! before.

use std::time::Duration;

use migrate_core::runner::StatementError;
use migrate_core::{Direction, Error, Runner};

use crate::support::{Way, both, done, line, upgrades, without_trace};

/// A revision that fails, between two that don't, and what is said of it.
struct Case {
    name: &'static str,
    /// The upgrade of `r2`; its first line is line 6 of its file.
    up: &'static str,
    code: &'static str,
    /// The statement's number, unless it is the commit that fails.
    statement: Option<usize>,
    /// The text, without the note and the help that they share.
    text: &'static str,
}

const NOTE: &str = "\n  = note: 1 revision before it stays done: `r1`";
const HELP: &str = "\n  = help: the revision was rolled back; fix its file and run it again";

const CASES: [Case; 12] = [
    Case {
        name: "a word that is none",
        up: "CREATE TABLE t2 ();\nCREATE TABEL t9 ();",
        code: "42601",
        statement: Some(2),
        text: "upgrade of `r2` failed: syntax error at or near \"TABEL\" (SQLSTATE 42601)
 --> migrations/r2.sql:7:8
  |
7 | CREATE TABEL t9 ();
  |        ^^^^^^^^^^^^ statement 2 of 2",
    },
    Case {
        name: "an end too early, without a semicolon",
        up: "CREATE TABLE t2 ();\nCREATE TABLE t9 (n int",
        code: "42601",
        statement: Some(2),
        text: "upgrade of `r2` failed: syntax error at or near \";\" (SQLSTATE 42601)
 --> migrations/r2.sql:7:23
  |
7 | CREATE TABLE t9 (n int
  |                       ^ statement 2 of 2",
    },
    Case {
        name: "a table that is not there, after text of several bytes a letter",
        up: "CREATE TABLE t2 (\"größe\" int);\n\
             -- 日本語 🦀\n\
             SELECT 'é日🦀' AS \"ü\", * FROM /* ñ */ missing;",
        code: "42P01",
        statement: Some(2),
        text: "upgrade of `r2` failed: relation \"missing\" does not exist (SQLSTATE 42P01)
 --> migrations/r2.sql:8:37
  |
8 | SELECT 'é日🦀' AS \"ü\", * FROM /* ñ */ missing;
  |                                       ^^^^^^^^ statement 2 of 2",
    },
    Case {
        name: "a number that can't be divided by",
        up: "CREATE TABLE t2 (n int);\nINSERT INTO t2 SELECT 1 / 0;\nSELECT 3;",
        code: "22012",
        statement: Some(2),
        text: "upgrade of `r2` failed: division by zero (SQLSTATE 22012)
 --> migrations/r2.sql:7:1
  |
7 | INSERT INTO t2 SELECT 1 / 0;
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ statement 2 of 3",
    },
    Case {
        name: "the same inside a block",
        up: "SELECT 1; CREATE TABLE t2 (); DO $$\nBEGIN\n  PERFORM 1 / 0;\nEND $$;",
        code: "22012",
        statement: Some(3),
        text: "upgrade of `r2` failed: division by zero (SQLSTATE 22012)
 --> migrations/r2.sql:6:31
  |
6 | SELECT 1; CREATE TABLE t2 (); DO $$
  |                               ^^^^^ statement 3 of 3",
    },
    Case {
        name: "a text that is no SQL, inside a block",
        up: "SELECT 1;\nDO $$ BEGIN EXECUTE 'SELEC 1'; END $$;",
        code: "42601",
        statement: Some(2),
        text: "upgrade of `r2` failed: syntax error at or near \"SELEC\" (SQLSTATE 42601)
 --> migrations/r2.sql:7:1
  |
7 | DO $$ BEGIN EXECUTE 'SELEC 1'; END $$;
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ statement 2 of 2",
    },
    Case {
        name: "an exception of the author's, in the first statement",
        up: "DO $$ BEGIN RAISE EXCEPTION 'not %', 'yet' \
             USING DETAIL = 'the why', HINT = 'the how'; END $$",
        code: "P0001",
        statement: Some(1),
        text: "upgrade of `r2` failed: not yet (SQLSTATE P0001)
 --> migrations/r2.sql:6:1
  |
6 | DO $$ BEGIN RAISE EXCEPTION 'not %', 'yet' USING DETAIL = 'the why', H…
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ statement 1 of 1
  = note: detail: the why
  = note: hint: the how",
    },
    Case {
        name: "a key that is there already",
        up: "CREATE TABLE t2 (n int PRIMARY KEY);\n\tINSERT INTO t2 VALUES (1), (1);",
        code: "23505",
        statement: Some(2),
        text: "upgrade of `r2` failed: duplicate key value violates unique constraint \"t2_pkey\" (SQLSTATE 23505)
 --> migrations/r2.sql:7:2
  |
7 |     INSERT INTO t2 VALUES (1), (1);
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ statement 2 of 2
  = note: detail: Key (n)=(1) already exists.",
    },
    Case {
        name: "a constraint that is looked at when the transaction ends",
        up: "CREATE TABLE t2 (n int UNIQUE DEFERRABLE INITIALLY DEFERRED);\n\
             INSERT INTO t2 VALUES (1), (1);\nSELECT 1;",
        code: "23505",
        statement: None,
        text: "upgrade of `r2` failed: duplicate key value violates unique constraint \"t2_n_key\" (SQLSTATE 23505)
 --> migrations/r2.sql:6:1
  |
6 | CREATE TABLE t2 (n int UNIQUE DEFERRABLE INITIALLY DEFERRED);
  | ^ when its transaction ended
  = note: detail: Key (n)=(1) already exists.",
    },
    Case {
        name: "a procedure that wants to end the transaction",
        up: "CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN COMMIT; END';\nCALL p();",
        code: "2D000",
        statement: Some(2),
        text: "upgrade of `r2` failed: invalid transaction termination (SQLSTATE 2D000)
 --> migrations/r2.sql:7:1
  |
7 | CALL p();
  | ^^^^^^^^^ statement 2 of 2",
    },
    Case {
        name: "savepoints that do not help",
        up: "CREATE TABLE t2 ();\nSAVEPOINT a;\nCREATE TABLE t9 ();\nROLLBACK TO a;\nRELEASE a;\nRELEASE a;",
        code: "3B001",
        statement: Some(6),
        text: "upgrade of `r2` failed: savepoint \"a\" does not exist (SQLSTATE 3B001)
  --> migrations/r2.sql:11:1
   |
11 | RELEASE a;
   | ^^^^^^^^^^ statement 6 of 6",
    },
    Case {
        name: "an old name of the server's",
        up: "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;",
        code: "25001",
        statement: Some(1),
        text: "upgrade of `r2` failed: SET TRANSACTION ISOLATION LEVEL must be called before any query (SQLSTATE 25001)
 --> migrations/r2.sql:6:1
  |
6 | SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ statement 1 of 1",
    },
];

fn refused(result: Result<migrate_core::Report, Error>) -> Box<StatementError> {
    match result {
        Err(Error::Statement(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_statement_that_fails_is_named_and_nothing_of_its_revision_stays() {
    let mended = upgrades(&["CREATE TABLE t1 ();", "CREATE TABLE t2 ();", "SELECT 3;"]);
    both("fails", |database, session| {
        for Case { name, up, code, statement, text } in CASES {
            let chain = upgrades(&["CREATE TABLE t1 ();", up, "CREATE TABLE t3 ();"]);
            for way in Way::ALL {
                println!("{name}, {way:?}");
                let runner = way.of(Runner::new(&chain));
                let error =
                    without_trace(session, database, |session| refused(session.upgrade(&runner)));
                assert_eq!(error.failure.code.as_deref(), Some(code));
                assert_eq!((error.revision.as_str(), error.direction), ("r2", Direction::Up));
                assert_eq!(error.statement, statement);
                // The gutter is as wide as the number of the line.
                let wide = if text.contains("\n   |") { "\n   =" } else { "\n  =" };
                let note = if way.is_single() { "" } else { NOTE };
                let ends = format!("{note}{HELP}").replace("\n  =", wide);
                assert_eq!(Error::Statement(error).to_string(), format!("{text}{ends}"));
                let left = if way.is_single() { ("", "") } else { ("r1", "t1") };
                assert_eq!((session.applied(), session.tables()), (left.0.into(), left.1.into()));
                let again = session.upgrade(&way.of(Runner::new(&mended))).unwrap();
                assert_eq!(done(&again), if way.is_single() { "+r1 +r2 +r3" } else { "+r2 +r3" });
                session.clear();
            }
        }
    });
}

#[test]
fn the_statement_is_found_in_any_message_of_a_long_run() {
    // The first message has 32 revisions; this one is in the second.
    let mut ups = vec!["SELECT 1;\nSELECT 2;"; 40];
    ups[35] = "SELECT 1;\nSELECT 1 / 0;";
    let chain = upgrades(&ups);
    both("long_run", |database, session| {
        let runner = Runner::new(&chain);
        let error = without_trace(session, database, |session| refused(session.upgrade(&runner)));
        assert_eq!((error.revision.as_str(), error.statement, error.total), ("r36", Some(2), 2));
        assert_eq!(error.done.len(), 35);
        assert_eq!(error.done[34].revision, "r35");
        assert_eq!(session.applied().split(' ').count(), 35);
    });
}

#[test]
fn a_downgrade_that_fails_stops_there() {
    let chain = line(&[
        ("CREATE TABLE t1 ();", "DROP TABLE t1;"),
        ("CREATE TABLE t2 ();", "DROP TABLE t2;\nDROP TABLE nowhere;"),
        ("CREATE TABLE t3 ();", "DROP TABLE t3;"),
    ]);
    both("downgrade", |database, session| {
        let runner = Runner::new(&chain);
        session.upgrade(&runner).unwrap();
        let error = without_trace(session, database, |session| {
            refused(session.downgrade_to(&runner, "base"))
        });
        let expected = "downgrade of `r2` failed: table \"nowhere\" does not exist (SQLSTATE 42P01)
  --> migrations/r2.sql:10:1
   |
10 | DROP TABLE nowhere;
   | ^^^^^^^^^^^^^^^^^^^ statement 2 of 2
   = note: 1 revision before it stays done: `r3`
   = help: the revision was rolled back; fix its file and run it again";
        assert_eq!(Error::Statement(error).to_string(), expected);
        assert_eq!((session.applied(), session.tables()), ("r1 r2".into(), "t1 t2".into()));
        let log = "SELECT action, revision FROM migrate_log WHERE action = 'downgrade'";
        assert_eq!(session.rows(log), ["downgrade|r3"]);
    });
}

#[test]
fn a_statement_that_takes_too_long_is_ended() {
    let chain = upgrades(&["SELECT 1;", "SELECT 1;\nSELECT pg_sleep(20);"]);
    both("too_long", |database, session| {
        let runner = Runner::new(&chain).statement_timeout(Duration::from_millis(500));
        let error = without_trace(session, database, |session| refused(session.upgrade(&runner)));
        assert_eq!(error.failure.code.as_deref(), Some("57014"));
        assert_eq!((error.revision.as_str(), error.statement), ("r2", Some(2)));
        let text = Error::Statement(error).to_string();
        assert!(text.contains("--> migrations/r2.sql:7:1\n"), "{text}");
        assert!(
            text.ends_with("allow more time: `-- migrate:up statement_timeout:10min`"),
            "{text}"
        );
        // Each statement has the time for itself.
        let short = upgrades(&[
            "SELECT 1;",
            "SELECT pg_sleep(0.4);\nSELECT pg_sleep(0.4);\nSELECT pg_sleep(0.4);",
        ]);
        let runner = Runner::new(&short).statement_timeout(Duration::from_millis(1000));
        assert_eq!(done(&session.upgrade(&runner).unwrap()), "+r2");
    });
}

#[test]
fn a_section_s_own_timeouts_go_first() {
    let (name, text) = crate::support::file("r1", "", "SELECT pg_sleep(20);", "SELECT 1;");
    let text = text.replace("-- migrate:up", "-- migrate:up statement_timeout:400ms");
    let chain = crate::support::chain_of(&[(name, text)]);
    both("own_timeout", |database, session| {
        let runner = Runner::new(&chain).statement_timeout(Duration::from_secs(60));
        let error = without_trace(session, database, |session| refused(session.upgrade(&runner)));
        assert_eq!(error.failure.code.as_deref(), Some("57014"));
    });
}

#[test]
fn timeouts_that_the_server_does_not_know() {
    let show = "DO $$ BEGIN RAISE EXCEPTION '% %', current_setting('lock_timeout'), \
                current_setting('statement_timeout'); END $$";
    let chain = upgrades(&[show]);
    both("odd_timeouts", |_, session| {
        let mut check = |timeout: Duration, expected: &str| {
            let runner = Runner::new(&chain).lock_timeout(timeout).statement_timeout(timeout);
            let error = refused(session.upgrade(&runner));
            assert_eq!(error.failure.message, expected, "{timeout:?}");
        };
        check(Duration::ZERO, "0 0");
        // A part of a millisecond counts as one. Not a short time: our own statements run under it, too.
        check(Duration::from_nanos(60_000_000_001), "60001ms 60001ms");
        check(Duration::MAX, "2147483647ms 2147483647ms");
    });
}
