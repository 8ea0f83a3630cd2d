//! Half done revisions show, and nothing goes below them unasked.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use migrate_core::{Direction, Error, Event, PlanError, Runner, Status};

use super::{TABLE, indexes, no_progress, sections};
use crate::support::{ClientKind, Session, aside, both, chain_of, done, eventually, file};

fn chain() -> migrate_core::Chain<'static> {
    sections(&[
        (TABLE, "DROP TABLE t1;"),
        ("CREATE TABLE t2 ();", "DROP TABLE t2;"),
        (
            "!CREATE INDEX CONCURRENTLY ix ON t1 (n); SELECT 1 / (SELECT count(*) FROM t1 WHERE n = 777); \
             CREATE INDEX CONCURRENTLY iy ON t1 (m);",
            "!DROP INDEX CONCURRENTLY iy; DROP INDEX CONCURRENTLY ix;",
        ),
    ])
}

fn refused(error: Error) -> String {
    let Error::Plan(PlanError::HalfDone(half_done)) = error else { panic!("{error}") };
    half_done.to_string()
}

#[test]
fn nothing_goes_below_a_half_done_upgrade() {
    let chain = chain();
    both("below", |_, session| {
        let runner = Runner::new(&chain);
        session.upgrade(&runner).unwrap_err();
        let stopped = "the upgrade of `r3` stopped at statement 2 of 3";
        let status = session.status(&runner).unwrap();
        assert_eq!(status.to_string(), format!("partial: {stopped}"));
        let Status::Partial(half_done) = status else { panic!() };
        assert_eq!((half_done.done, half_done.total), (Some(1), Some(3)));
        assert_eq!((half_done.in_doubt, half_done.is_running), (false, false));
        assert_eq!(half_done.direction, Direction::Up);
        for target in ["base", "r1", "-1"] {
            assert_eq!(refused(session.downgrade_to(&runner, target).unwrap_err()), stopped);
            assert_eq!(refused(session.stamp(&runner, target, false).unwrap_err()), stopped);
        }
        assert_eq!(refused(session.command(&runner, "verify").unwrap_err()), stopped);
        assert_eq!(session.applied(), "r1 r2");
        // One way on is to finish it.
        session.execute("INSERT INTO t1 VALUES (777, 0)");
        assert_eq!(done(&session.upgrade(&runner).unwrap()), "+r3");
        assert_eq!(indexes(session), ["ix|t", "iy|t"]);
        no_progress(session);
    });
    both("undone_by_hand", |_, session| {
        // The other is to undo it by hand, and to say so.
        session.upgrade(&Runner::new(&chain)).unwrap_err();
        session.execute("DROP INDEX ix");
        let runner = Runner::new(&chain).forget_progress();
        assert_eq!(done(&session.downgrade_to(&runner, "r1").unwrap()), "-r2");
        no_progress(session);
        session.execute("INSERT INTO t1 VALUES (777, 0)");
        assert_eq!(done(&session.upgrade(&Runner::new(&chain)).unwrap()), "+r2 +r3");
        assert_eq!(indexes(session), ["ix|t", "iy|t"]);
    });
    both("recorded_by_hand", |_, session| {
        // Or to finish it by hand, and to record it.
        session.upgrade(&Runner::new(&chain)).unwrap_err();
        session.execute("CREATE INDEX iy ON t1 (m)");
        session.stamp(&Runner::new(&chain), "head", false).unwrap();
        no_progress(session);
        assert_eq!(session.status(&Runner::new(&chain)).unwrap(), Status::AtHead);
        assert_eq!(done(&session.downgrade_to(&Runner::new(&chain), "r2").unwrap()), "-r3");
    });
}

/// Somebody begins a revision, and stops in it, after a downgrade has read the history and before it sends anything.
#[test]
fn a_revision_that_is_begun_while_a_downgrade_plans() {
    let chain = chain();
    both("begun", |database, session| {
        session.upgrade_to(&Runner::new(&chain), "r2").unwrap();
        let is_begun = AtomicBool::new(false);
        let runner = Runner::new(&chain).observe(|event| {
            let goes_down = matches!(event, Event::Started { direction: Direction::Down, .. });
            if goes_down && !is_begun.swap(true, Ordering::Relaxed) {
                aside(|| {
                    Session::new(database).upgrade(&Runner::new(&chain)).unwrap_err();
                });
            }
        });
        let stopped = "the upgrade of `r3` stopped at statement 2 of 3";
        assert_eq!(refused(session.downgrade_to(&runner, "base").unwrap_err()), stopped);
        assert_eq!((session.applied(), session.tables()), ("r1 r2".into(), "t1 t2".into()));
    });
}

/// A step of somebody else that merely runs is waited for.
#[test]
fn a_step_that_is_running_is_waited_for() {
    let chain = chain();
    both("running", |database, session| {
        session.upgrade_to(&Runner::new(&chain), "r2").unwrap();
        session.execute("INSERT INTO t1 VALUES (777, 0)");
        let [mut writer, mut reader] = [(); 2].map(|()| {
            let mut session = Session::new(database);
            // A test that fails here must not wait for it for ever.
            session.execute("SET idle_in_transaction_session_timeout = '45s'");
            session
        });
        writer.execute("BEGIN; INSERT INTO t1 VALUES (0, 0)");
        let undone = thread::scope(|scope| {
            let running = |like: &str| {
                format!(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                     AND query LIKE '{like}%' AND wait_event_type = 'Lock'"
                )
            };
            let up = scope.spawn(|| {
                Session::open(ClientKind::Blocking, database.url()).upgrade(&Runner::new(&chain))
            });
            eventually("the index waits", || session.value(&running("CREATE INDEX")) == "1");
            let status = session.status(&Runner::new(&chain)).unwrap().to_string();
            assert_eq!(status, "partial: the upgrade of `r3` is running, at statement 1 of 3");
            // It would be refused, were that not running.
            let down = scope.spawn(|| {
                let waited = std::sync::Mutex::new(0);
                let runner = Runner::new(&chain).observe(|event| {
                    *waited.lock().unwrap() += usize::from(matches!(event, Event::Waiting { .. }));
                });
                let report =
                    Session::open(ClientKind::Blocking, database.url()).downgrade_to(&runner, "r1");
                drop(runner);
                (report, waited.into_inner().unwrap())
            });
            thread::sleep(Duration::from_millis(300));
            // Before the index is built: it also waits for whoever has a snapshot at its end.
            reader.execute("BEGIN; SELECT * FROM t1 LIMIT 1");
            writer.execute("ROLLBACK");
            assert_eq!(done(&up.join().unwrap().unwrap()), "+r3");
            eventually("the index is dropped", || {
                session.value("SELECT undoing FROM migrate_history WHERE revision = 'r3'") == "t"
            });
            let up = scope.spawn(|| {
                Session::open(ClientKind::Blocking, database.url())
                    .upgrade_to(&Runner::new(&chain), "r3")
            });
            thread::sleep(Duration::from_millis(300));
            reader.execute("ROLLBACK");
            let (report, waited) = down.join().unwrap();
            assert!(waited > 0);
            // It waited for the downgrade of r3, and began when that was over.
            up.join().unwrap().unwrap();
            done(&report.unwrap())
        });
        // Who gets the lock then is left to chance: the upgrade may come in before the downgrade of r2.
        let expected = match undone.as_str() {
            "-r3 -r3 -r2" => "r1",
            undone => {
                assert_eq!(undone, "-r3 -r2");
                "r1 r2 r3"
            }
        };
        assert_eq!(session.applied(), expected);
        no_progress(session);
    });
}

/// What is done was done by a section that has since been given a transaction, another name, or another text.
#[test]
fn a_half_done_revision_that_was_edited() {
    let ups = |second: &str| sections(&[(TABLE, "DROP TABLE t1;"), (second, "SELECT 1;")]);
    let half = ups("!INSERT INTO t1 VALUES (0, 0); VACUUM nothere;");
    both("half_edited", |_, session| {
        session.upgrade(&Runner::new(&half)).unwrap_err();
        for edited in
            ["INSERT INTO t1 VALUES (0, 0);", "!INSERT INTO t1 VALUES (0, 1);", "!VACUUM t1;"]
        {
            let error = session.upgrade(&Runner::new(&ups(edited))).unwrap_err();
            let interrupted = matches!(error, Error::Plan(PlanError::Interrupted { done: 1, .. }));
            assert!(interrupted, "{edited}: {error}");
        }
        // A chain that does not have it has nothing to say of it, and nothing to put beside it.
        let (first, other) = (sections(&[(TABLE, "DROP TABLE t1;")]), "r1 r9");
        assert_eq!(session.upgrade(&Runner::new(&first)).unwrap().done, []);
        let renamed = chain_of(&[
            file("r1", "", TABLE, "DROP TABLE t1;"),
            file("r9", "r1", "CREATE TABLE t9 ();", "DROP TABLE t9;"),
        ]);
        let said = refused(session.upgrade(&Runner::new(&renamed)).unwrap_err());
        assert_eq!(said, "the upgrade of `r2` stopped at statement 2");
        let forgotten = Runner::new(&renamed).forget_progress();
        assert_eq!(done(&session.upgrade(&forgotten).unwrap()), "+r9");
        assert_eq!(session.applied(), other);
        let log = "SELECT revision FROM migrate_log WHERE action = 'forget-progress'";
        assert_eq!(session.rows(log), ["r2"]);
    });
}

/// A stamp that leaves a half undone revision recorded would say that it is whole.
#[test]
fn a_half_undone_revision_is_not_stamped() {
    let chain = sections(&[
        (TABLE, "DROP TABLE t1;"),
        ("CREATE INDEX ix ON t1 (n);", "!DROP INDEX CONCURRENTLY ix; SELECT 1 / 0;"),
    ]);
    both("half_undone", |_, session| {
        let runner = Runner::new(&chain);
        session.upgrade(&runner).unwrap();
        session.downgrade_to(&runner, "r1").unwrap_err();
        let said = "the downgrade of `r2` stopped at statement 2 of 2";
        for purge in [false, true] {
            assert_eq!(refused(session.stamp(&runner, "r2", purge).unwrap_err()), said);
        }
        session.stamp(&runner, "r1", false).unwrap();
        assert_eq!(session.applied(), "r1");
        no_progress(session);
    });
}

/// What is refused has forgotten nothing.
#[test]
fn progress_is_forgotten_only_by_what_is_done() {
    let chain = chain();
    both("forgets_nothing", |_, session| {
        session.upgrade(&Runner::new(&chain)).unwrap_err();
        let runner = Runner::new(&chain).forget_progress();
        let progress = "SELECT revision, next_statement FROM migrate_progress";
        for target in ["base", "+5", "nosuch"] {
            session.upgrade_to(&runner, target).unwrap_err();
            session.stamp(&runner, "nosuch", false).unwrap_err();
            session.downgrade_to(&runner, "-9").unwrap_err();
            assert_eq!(session.rows(progress), ["r3|1"], "{target}");
        }
        session.upgrade(&Runner::new(&chain).forget_progress().single_transaction()).unwrap_err();
        assert_eq!(session.rows(progress), ["r3|1"]);
    });
}

/// Where nothing is to be undone below it, a half done upgrade is not nothing.
#[test]
fn to_be_where_it_is_is_not_enough() {
    let chain = chain();
    both("where_it_is", |_, session| {
        session.upgrade(&Runner::new(&chain)).unwrap_err();
        let stopped = "the upgrade of `r3` stopped at statement 2 of 3";
        let runner = Runner::new(&chain);
        for target in ["r2", "-0"] {
            assert_eq!(refused(session.downgrade_to(&runner, target).unwrap_err()), stopped);
        }
        assert_eq!(refused(session.upgrade_to(&runner, "+0").unwrap_err()), stopped);
        let runner = Runner::new(&chain).forget_progress();
        assert_eq!(done(&session.downgrade_to(&runner, "r2").unwrap()), "");
        assert_eq!(session.status(&runner).unwrap().to_string(), "behind: `r3` is pending");
    });
}
