//! Half done revisions show, and nothing goes below them unasked.

use std::thread;
use std::time::Duration;

use migrate_core::{Direction, Error, Event, PlanError, Runner, Status};

use super::{TABLE, indexes, no_progress, sections};
use crate::support::{Kind, Session, both, done, eventually};

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
        assert_eq!((half_done.done, half_done.of), (Some(1), Some(3)));
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

/// A step of somebody else that merely runs is waited for.
#[test]
fn a_step_that_is_running_is_waited_for() {
    let chain = chain();
    both("running", |database, session| {
        session.upgrade_to(&Runner::new(&chain), "r2").unwrap();
        session.execute("INSERT INTO t1 VALUES (777, 0)");
        let mut other = Session::new(database);
        other.execute("BEGIN; INSERT INTO t1 VALUES (0, 0)");
        thread::scope(|scope| {
            let running = |like: &str| {
                format!(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                     AND query LIKE '{like}%' AND wait_event_type = 'Lock'"
                )
            };
            let up = scope.spawn(|| {
                Session::open(Kind::Blocking, database.url()).upgrade(&Runner::new(&chain))
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
                    Session::open(Kind::Blocking, database.url()).downgrade_to(&runner, "r1");
                drop(runner);
                (report, waited.into_inner().unwrap())
            });
            thread::sleep(Duration::from_millis(300));
            other.execute("ROLLBACK; BEGIN; SELECT * FROM t1 LIMIT 1");
            assert_eq!(done(&up.join().unwrap().unwrap()), "+r3");
            eventually("the index is dropped", || {
                session.value("SELECT undoing FROM migrate_history WHERE revision = 'r3'") == "t"
            });
            let up = scope.spawn(|| {
                Session::open(Kind::Blocking, database.url()).upgrade_to(&Runner::new(&chain), "r3")
            });
            thread::sleep(Duration::from_millis(300));
            other.execute("ROLLBACK");
            let (report, waited) = down.join().unwrap();
            assert!(waited > 0);
            assert_eq!(done(&report.unwrap()), "-r3 -r2");
            // It waited for the downgrade, and began when that was over.
            up.join().unwrap().unwrap();
        });
        assert_eq!(session.status(&Runner::new(&chain)).unwrap(), Status::AtHead);
    });
}
