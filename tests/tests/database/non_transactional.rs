//! Revisions outside a transaction: statement by statement, and after a failure on from the right
//! one.

mod copies;
mod doubt;
mod evidence;
mod half_done;
mod interrupted;
mod leftovers;
mod session_state;
mod spelling;

use std::time::Duration;

use migrate_core::{Chain, Error, PlanError, Runner};

use crate::support::{Session, both, chain_of, done, file, without_trace};

/// A chain of these upgrades and downgrades; what begins with `!` runs outside a transaction.
fn sections(sections: &[(&str, &str)]) -> Chain<'static> {
    let mut files = Vec::new();
    for (at, (up, down)) in sections.iter().enumerate() {
        let parent = if at == 0 { String::new() } else { format!("r{at}") };
        let plain = |text: &str| text.trim_start_matches('!').to_owned();
        let (name, mut text) = file(&format!("r{}", at + 1), &parent, &plain(up), &plain(down));
        for (section, marker) in [(up, "-- migrate:up"), (down, "-- migrate:down")] {
            if section.starts_with('!') {
                text = text.replace(marker, &format!("{marker} transaction:false"));
            }
        }
        files.push((name, text));
    }
    chain_of(&files)
}

pub(crate) fn upgrades(ups: &[&str]) -> Chain<'static> {
    sections(&ups.iter().map(|up| (*up, "SELECT 'not undone';")).collect::<Vec<_>>())
}

/// A table with rows, and an index of it.
const TABLE: &str = "CREATE TABLE t1 AS SELECT n, n % 10 AS m FROM generate_series(1, 100) n;";
const INDEX: &str = "!CREATE INDEX CONCURRENTLY ix ON t1 (n);";

/// The indexes of `t1`: name, and whether it can be used.
pub(crate) fn indexes(session: &mut Session) -> Vec<String> {
    session.rows(
        "SELECT indexrelid::regclass, indisvalid FROM pg_index \
         WHERE indrelid = 't1'::regclass ORDER BY 1",
    )
}

/// Nothing is kept of a step that is done.
pub(crate) fn no_progress(session: &mut Session) {
    assert_eq!(session.value("SELECT count(*) FROM migrate_progress"), "0");
}

#[test]
fn an_index_is_built_beside_the_application_and_dropped_again() {
    let chain = sections(&[
        (TABLE, "DROP TABLE t1;"),
        (INDEX, "!DROP INDEX CONCURRENTLY ix;"),
        ("CREATE TABLE t3 ();", "DROP TABLE t3;"),
    ]);
    both("index", |database, session| {
        let runner = Runner::new(&chain);
        without_trace(session, database, |session| {
            assert_eq!(done(&session.upgrade(&runner).unwrap()), "+r1 +r2 +r3");
            assert_eq!(session.upgrade(&runner).unwrap().round_trips, 1);
        });
        assert_eq!(indexes(session), ["ix|t"]);
        let how =
            "SELECT revision, transactional, down_transactional FROM migrate_history ORDER BY 1";
        assert_eq!(session.rows(how), ["r1|t|t", "r2|f|f", "r3|t|t"]);
        assert_eq!(session.value("SELECT count(*) FROM migrate_log WHERE duration_ms >= 0"), "3");
        no_progress(session);
        without_trace(session, database, |session| {
            assert_eq!(done(&session.downgrade_to(&runner, "r1").unwrap()), "-r3 -r2");
        });
        assert_eq!((indexes(session).len(), session.applied()), (0, "r1".into()));
        no_progress(session);
    });
}

#[test]
fn statements_that_no_transaction_takes() {
    let chain = upgrades(&[
        "CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE t1 (m mood); \
         CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t1 VALUES ('ok'); COMMIT; \
         INSERT INTO t1 VALUES ('ok'); END $$;",
        "!ALTER TYPE mood ADD VALUE 'happy'; INSERT INTO t1 VALUES ('happy'); VACUUM t1; CALL p(); \
         DO $$ BEGIN INSERT INTO t1 VALUES ('ok'); COMMIT; END $$; REINDEX TABLE CONCURRENTLY t1",
        "INSERT INTO t1 VALUES ('happy');",
    ]);
    both("statements", |database, session| {
        without_trace(session, database, |session| {
            assert_eq!(done(&session.upgrade(&Runner::new(&chain)).unwrap()), "+r1 +r2 +r3");
        });
        assert_eq!(
            session.value("SELECT m, count(*) FROM t1 GROUP BY m ORDER BY m"),
            "ok|3 happy|2"
        );
    });
}

/// What a session is given for the statements outside a transaction, and what they change
/// themselves, ends with the step.
#[test]
fn the_session_is_as_it_was() {
    let chain = upgrades(&[
        TABLE,
        "!SET search_path = pg_catalog; SET work_mem = '1MB'; SET ROLE pg_monitor; RESET ROLE; \
         CREATE INDEX CONCURRENTLY ix ON public.t1 (n); SET ROLE pg_monitor;",
        "CREATE TABLE t3 ();",
    ]);
    let fails =
        upgrades(&[TABLE, "!SET search_path = pg_catalog; SET work_mem = '1MB'; SELECT 1 / 0;"]);
    both("session", |database, session| {
        for own in ["", "SET work_mem = '7MB'; SET lock_timeout = '3s'; SET search_path = public"] {
            session.execute(own);
            let runner = Runner::new(&fails).statement_timeout(Duration::from_secs(7));
            without_trace(session, database, |session| session.upgrade(&runner).unwrap_err());
            session.execute("DELETE FROM migrate_progress");
            let runner = Runner::new(&chain).statement_timeout(Duration::from_secs(7));
            without_trace(session, database, |session| session.upgrade(&runner).unwrap());
            assert_eq!(session.tables(), "t1 t3");
            session.clear();
        }
    });
}

#[test]
fn a_statement_that_fails_is_where_the_next_run_goes_on() {
    let with = |third: &str| {
        upgrades(&[
            TABLE,
            &format!("!INSERT INTO t1 VALUES (0, 0);\nVACUUM t1;\n{third}\nCREATE TABLE t9 ();"),
            "CREATE TABLE t3 ();",
        ])
    };
    let (broken, mended) = (with("SELECT 'é', missing;"), with("INSERT INTO t1 VALUES (0, 1);"));
    both("resumes", |database, session| {
        for _ in 0..2 {
            let error = without_trace(session, database, |session| {
                session.upgrade(&Runner::new(&broken)).unwrap_err()
            });
            let expected =
                "upgrade of `r2` failed: column \"missing\" does not exist (SQLSTATE 42703)
 --> migrations/r2.sql:8:13
  |
8 | SELECT 'é', missing;
  |             ^^^^^^^^ statement 3 of 4";
            assert!(error.to_string().starts_with(expected), "{error}");
            assert!(error.to_string().contains("the statements before it are done"), "{error}");
            assert_eq!((session.applied(), session.tables()), ("r1".into(), "t1".into()));
        }
        assert_eq!(
            session.status(&Runner::new(&broken)).unwrap().to_string(),
            "partial: the upgrade of `r2` stopped at statement 3 of 4"
        );
        without_trace(session, database, |session| {
            assert_eq!(done(&session.upgrade(&Runner::new(&mended)).unwrap()), "+r2 +r3");
        });
        // The first statement ran once.
        assert_eq!(session.value("SELECT n, m FROM t1 WHERE n = 0 ORDER BY m"), "0|0 0|1");
        no_progress(session);
    });
}

#[test]
fn what_is_done_must_not_be_edited_before_the_rest() {
    let with = |first: &str| upgrades(&[TABLE, &format!("!{first}; SELECT 1 / 0;")]);
    both("edited", |database, session| {
        let runs = with("INSERT INTO t1 VALUES (0, 0)");
        session.upgrade(&Runner::new(&runs)).unwrap_err();
        let edited = with("INSERT INTO t1 VALUES (0, 1)");
        let error = without_trace(session, database, |session| {
            session.upgrade(&Runner::new(&edited)).unwrap_err()
        });
        let is_refused = matches!(&error, Error::Plan(PlanError::Interrupted { done: 1, .. }));
        assert!(is_refused, "{error:?}");
        let expected = "the upgrade of `r2` stopped after statement 1, and its file was then edited \
                        before that place\n = help: restore the original text of the first \
                        statement of its section";
        assert!(error.to_string().starts_with(expected), "{error}");
        // White space is no edit.
        let respaced = with("INSERT  INTO t1 /* as before */ VALUES (0,0)");
        let error = session.upgrade(&Runner::new(&respaced)).unwrap_err();
        assert!(error.to_string().contains("division by zero"), "{error}");
        assert_eq!(session.value("SELECT count(*) FROM t1 WHERE n = 0"), "1");
    });
}

/// What can't be in a transaction with its progress is noted before the next statement can fail.
#[test]
fn a_statement_that_runs_alone_runs_once() {
    let with = |last: &str| {
        upgrades(&[
            "CREATE TABLE t1 (n int); CREATE PROCEDURE p(n int) LANGUAGE plpgsql AS \
             $$ BEGIN INSERT INTO t1 VALUES (n); COMMIT; END $$;",
            &format!("!CALL p(1); DO $$ BEGIN INSERT INTO t1 VALUES (2); COMMIT; END $$; {last}"),
        ])
    };
    both("alone", |database, session| {
        for broken in ["SELECT 1 / 0;", "SELECT 1; SELECT 1 / 0;", "CALL nothing();"] {
            let chain = with(broken);
            for _ in 0..2 {
                let runner = Runner::new(&chain);
                without_trace(session, database, |session| session.upgrade(&runner).unwrap_err());
            }
            assert_eq!(session.value("TABLE t1"), "1 2", "{broken}");
            session.upgrade(&Runner::new(&with("SELECT 1;"))).unwrap();
            assert_eq!(session.value("TABLE t1"), "1 2", "{broken}");
            session.clear();
        }
    });
}

/// A run that goes on does so in the session that the statements before have made.
#[test]
fn what_the_session_was_set_to_is_set_again() {
    let with = |last: &str| {
        upgrades(&[
            "CREATE SCHEMA app; CREATE TABLE app.t1 (n int); CREATE TABLE t1 (n int);",
            &format!(
                "!SET search_path = app; SELECT set_config('work_mem', '3MB', false); \
                 INSERT INTO t1 VALUES (1); {last}"
            ),
        ])
    };
    both("set_again", |database, session| {
        let runs = with("INSERT INTO t1 SELECT 1 / 0;");
        session.upgrade(&Runner::new(&runs)).unwrap_err();
        let mended =
            with("INSERT INTO t1 SELECT CASE current_setting('work_mem') WHEN '3MB' THEN 2 END;");
        without_trace(session, database, |session| {
            session.upgrade(&Runner::new(&mended)).unwrap();
        });
        assert_eq!(session.value("TABLE app.t1; SELECT 'none'; TABLE public.t1"), "1 2 none");
    });
}

#[test]
fn an_index_that_was_left_invalid_is_made_anew() {
    let chain = upgrades(&[TABLE, "!CREATE UNIQUE INDEX CONCURRENTLY ix ON t1 (m);"]);
    both("invalid", |database, session| {
        let runner = Runner::new(&chain);
        for _ in 0..2 {
            let error =
                without_trace(session, database, |session| session.upgrade(&runner).unwrap_err());
            assert!(error.to_string().contains("could not create unique index \"ix\""), "{error}");
            assert_eq!(indexes(session), ["ix|f"]);
        }
        session.execute("UPDATE t1 SET m = n");
        assert_eq!(done(&session.upgrade(&runner).unwrap()), "+r2");
        assert_eq!(indexes(session), ["ix|t"]);
    });
}
