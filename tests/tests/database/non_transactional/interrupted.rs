//! Revisions outside a transaction whose run ends in the middle, or that many run at once.

use std::sync::{Barrier, mpsc};
use std::thread;
use std::time::Duration;

use migrate_core::{Chain, Error, Event, Runner, Status};
use migrate_testkit::Database;

use super::{INDEX, TABLE, indexes, no_progress, sections, upgrades};
use crate::proxy::Proxy;
use crate::support::{
    ClientKind, Session, Traces, both, database, done, dropped_after, eventually, settle,
    terminated, without_trace,
};

/// Runs the chain until its index waits for another transaction, and ends that session.
fn interrupted(database: &Database, kind: ClientKind, chain: &Chain<'static>) -> Error {
    let mut other = Session::new(database);
    other.execute("BEGIN; INSERT INTO t1 VALUES (0, 0)");
    let mut watch = Session::new(database);
    let error = thread::scope(|scope| {
        let run = scope.spawn(|| {
            let runner = Runner::new(chain).lock_timeout(Duration::ZERO);
            Session::open(kind, database.url()).upgrade(&runner)
        });
        let waits = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() \
                     AND query LIKE 'CREATE INDEX%' AND wait_event_type = 'Lock'";
        eventually("the index waits", || !watch.value(waits).is_empty());
        let pid = watch.value(waits);
        watch.execute(&format!("SELECT pg_terminate_backend({pid})"));
        run.join().unwrap().unwrap_err()
    });
    other.execute("ROLLBACK");
    error
}

#[test]
fn a_session_that_is_terminated_while_it_builds_an_index() {
    let chain = upgrades(&[TABLE, INDEX, "CREATE TABLE t3 ();"]);
    both("terminated", |database, session| {
        session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
        let kind = session.kind();
        let error = interrupted(database, kind, &chain);
        terminated(kind, &error);
        assert_eq!((indexes(session), session.applied()), (vec!["ix|f".into()], "r1".into()));
        without_trace(session, database, |session| {
            assert_eq!(done(&session.upgrade(&Runner::new(&chain)).unwrap()), "+r2 +r3");
        });
        assert_eq!(indexes(session), ["ix|t"]);
        no_progress(session);
    });
}

/// The line breaks after the server got a message: each statement runs once, whichever it is.
#[test]
fn a_line_that_breaks_after_any_message() {
    let chain = upgrades(&[
        TABLE,
        "!INSERT INTO t1 VALUES (0, 0); CREATE INDEX CONCURRENTLY ix ON t1 (n); \
         INSERT INTO t1 VALUES (0, 1);",
    ]);
    let mut broken = 0;
    for queries in 1..40 {
        let database = database("line");
        let proxy = Proxy::new(&database);
        Session::new(&database).upgrade_to(&Runner::new(&chain), "r1").unwrap();
        let mut session = Session::open(ClientKind::Blocking, &proxy.url(&database));
        proxy.cut_after(queries);
        let result = session.upgrade(&Runner::new(&chain));
        let mut next = Session::new(&database);
        // The server finishes what it got.
        let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                      AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
        drop(session);
        eventually("the broken session ends", || next.value(others) == "0");
        next.upgrade(&Runner::new(&chain)).unwrap();
        assert_eq!(next.applied(), "r1 r2", "after {queries}");
        assert_eq!(next.value("SELECT m FROM t1 WHERE n = 0 ORDER BY m"), "0 1", "after {queries}");
        assert_eq!(indexes(&mut next), ["ix|t"], "after {queries}");
        no_progress(&mut next);
        match result {
            Err(error) => {
                assert!(matches!(error, Error::Server { .. } | Error::Ended { .. }), "{error}");
            }
            Ok(_) => break,
        }
        broken += 1;
    }
    assert!((8..30).contains(&broken), "{broken}");
}

/// Drops the future of a run at each of its steps; the client goes back to its pool.
#[test]
fn a_run_that_is_dropped_leaves_nothing_behind() {
    let chain = upgrades(&[
        TABLE,
        "!SET work_mem = '1MB'; CREATE INDEX CONCURRENTLY ix ON t1 (n); SELECT 1 / 0;",
    ]);
    let mended = upgrades(&[
        TABLE,
        "!SET work_mem = '1MB'; CREATE INDEX CONCURRENTLY ix ON t1 (n); SELECT 1;",
    ]);
    for kind in [ClientKind::Tokio, ClientKind::Sqlx] {
        let ended = |polls| {
            let database = database("dropped");
            let mut session = Session::open(kind, database.url());
            session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
            let before = Traces::of(&mut session, &database);
            let runner = Runner::new(&chain);
            let ended = dropped_after(&mut session, &runner, polls, Duration::from_millis(15));
            settle(&mut session);
            drop(runner);
            let after = Traces::of(&mut session, &database);
            assert_eq!(after, before, "{kind:?} dropped after {polls} polls");
            session.upgrade(&Runner::new(&mended)).unwrap();
            assert_eq!(
                (session.applied(), indexes(&mut session)),
                ("r1 r2".into(), vec!["ix|t".into()])
            );
            ended
        };
        assert!((1..30).any(ended), "{kind:?}: it never ended");
    }
}

#[test]
fn runners_that_start_at_once_do_each_statement_once() {
    let chain = upgrades(&[
        TABLE,
        "!INSERT INTO t1 VALUES (0, 0); CREATE INDEX CONCURRENTLY ix ON t1 (n); INSERT INTO t1 VALUES (0, 1);",
        "INSERT INTO t1 VALUES (0, 2);",
        "!VACUUM t1; INSERT INTO t1 VALUES (0, 3);",
    ]);
    let database = database("at_once");
    let barrier = Barrier::new(8);
    let reports: Vec<String> = thread::scope(|scope| {
        let start = |at: usize| {
            let (barrier, chain, database) = (&barrier, &chain, &database);
            scope.spawn(move || {
                let kind = ClientKind::nth(at);
                let mut session = Session::open(kind, database.url());
                barrier.wait();
                done(&session.upgrade(&Runner::new(chain)).unwrap())
            })
        };
        let threads: Vec<_> = (0..8).map(start).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut session = Session::new(&database);
    assert_eq!(session.applied(), "r1 r2 r3 r4");
    assert_eq!(session.value("SELECT m FROM t1 WHERE n = 0 ORDER BY m"), "0 1 2 3");
    assert_eq!(session.value("SELECT count(*) FROM migrate_log"), "4");
    let mut all: Vec<_> = reports.iter().flat_map(|report| report.split_whitespace()).collect();
    all.sort_unstable();
    assert_eq!(all, ["+r1", "+r2", "+r3", "+r4"], "{reports:?}");
    no_progress(&mut session);
}

/// Others hear who builds the index, and don't keep it from being built.
#[test]
fn who_waits_hears_of_the_index_and_does_not_hold_it_up() {
    let chain = upgrades(&[TABLE, INDEX]);
    let database = database("waits");
    Session::new(&database).upgrade_to(&Runner::new(&chain), "r1").unwrap();
    let mut other = Session::new(&database);
    other.execute("BEGIN; INSERT INTO t1 VALUES (0, 0)");
    let mut watch = Session::new(&database);
    thread::scope(|scope| {
        let start = |tell: mpsc::Sender<String>| {
            let (chain, url) = (&chain, database.url());
            scope.spawn(move || {
                let runner =
                    Runner::new(chain).lock_timeout(Duration::ZERO).observe(move |event| {
                        if let Event::Waiting { holder: Some(holder), .. } = event {
                            let _ = tell.send(holder.query.clone());
                        }
                    });
                done(&Session::open(ClientKind::Tokio, url).upgrade(&runner).unwrap())
            })
        };
        let (tell, told) = mpsc::channel();
        let first = start(tell.clone());
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                     AND query LIKE 'CREATE INDEX%' AND wait_event_type = 'Lock'";
        eventually("the index waits", || watch.value(waits) == "1");
        let second = start(tell);
        let query = told.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(query.starts_with("CREATE INDEX CONCURRENTLY"), "{query}");
        other.execute("ROLLBACK");
        assert_eq!((first.join().unwrap(), second.join().unwrap()), ("+r2".into(), String::new()));
    });
}

/// Half of a downgrade is no head, and no place to go on from but down.
#[test]
fn a_downgrade_that_stopped_in_the_middle_is_not_at_head() {
    let with = |last: &str| {
        let down = format!("!DROP INDEX CONCURRENTLY ix; {last}");
        sections(&[(TABLE, "DROP TABLE t1;"), (INDEX, &down)])
    };
    let (broken, mended) = (with("SELECT 1 / 0;"), with("CREATE TABLE t2 ();"));
    let older = upgrades(&[TABLE]);
    both("half_down", |database, session| {
        let runner = Runner::new(&broken);
        session.upgrade(&runner).unwrap();
        session.downgrade_to(&runner, "r1").unwrap_err();
        assert_eq!((indexes(session).len(), session.applied()), (0, "r1 r2".into()));
        without_trace(session, database, |session| {
            let status = session.status(&runner).unwrap();
            assert_eq!(
                status.to_string(),
                "partial: the downgrade of `r2` stopped at statement 2 of 2"
            );
            for command in ["verify", "upgrade head", "upgrade r2"] {
                let error = session.command(&runner, command).unwrap_err().to_string();
                let expected = "the downgrade of `r2` stopped at statement 2 of 2\n \
                                = help: run the downgrade again";
                assert!(error.starts_with(expected), "{command}: {error}");
            }
            // Nor is it for a release that does not know the revision.
            for command in ["verify", "upgrade head"] {
                session.command(&Runner::new(&older), command).unwrap_err();
            }
        });
        let report = session.downgrade_to(&Runner::new(&mended), "r1").unwrap();
        assert_eq!((done(&report).as_str(), session.applied()), ("-r2", "r1".into()));
        assert_eq!(session.tables(), "t1 t2");
        no_progress(session);
        session.upgrade(&Runner::new(&mended)).unwrap();
        assert_eq!(session.status(&Runner::new(&mended)).unwrap(), Status::AtHead);
    });
}
