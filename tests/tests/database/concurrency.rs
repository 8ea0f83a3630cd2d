//! Many runners at once: one runs, the others wait, and each revision runs once.

use std::sync::{Barrier, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use migrate_core::runner::LockHolder;
use migrate_core::{Chain, Error, Event, Runner};
use migrate_testkit::Database;

use crate::support::{
    ClientKind, Session, Traces, aside, connection, database, done, eventually, line, slow, tables,
    upgrades,
};

/// What each of many runners did that started at the same moment.
fn at_once(
    count: usize,
    database: &Database,
    run: impl Fn(&mut Session) -> Result<migrate_core::Report, Error> + Sync,
) -> Vec<String> {
    let barrier = Barrier::new(count);
    thread::scope(|scope| {
        let start = |at: usize| {
            let (barrier, run) = (&barrier, &run);
            scope.spawn(move || {
                let kind = ClientKind::nth(at);
                let mut session = Session::open(kind, database.url());
                barrier.wait();
                run(&mut session)
                    .map(|report| done(&report))
                    .unwrap_or_else(|error| error.to_string())
            })
        };
        let threads: Vec<_> = (0..count).map(start).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Every revision was applied once, and reported as done by the runner that did it.
fn check_once(database: &Database, chain: &Chain<'_>, reports: &[String]) {
    let mut session = Session::new(database);
    let ids: Vec<_> = chain.migrations().iter().map(|m| m.id.to_string()).collect();
    assert_eq!(session.rows("SELECT revision FROM migrate_history ORDER BY position"), ids);
    let log = session.rows("SELECT action || ' ' || revision FROM migrate_log ORDER BY at");
    assert_eq!(log, ids.iter().map(|id| format!("upgrade {id}")).collect::<Vec<_>>());
    let mut reported: Vec<_> =
        reports.iter().flat_map(|report| report.split_whitespace()).collect();
    reported.sort_unstable();
    let mut expected: Vec<_> = ids.iter().map(|id| format!("+{id}")).collect();
    expected.sort_unstable();
    assert_eq!(reported, expected, "{reports:?}");
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(session.value(deadlocks), "0");
}

#[test]
fn runners_that_start_at_once_on_an_empty_database_all_succeed() {
    // Not idempotent, so that running twice would fail; long enough that they meet.
    let sections = |at| {
        (format!("CREATE TABLE t{at} (); SELECT pg_sleep(0.002);"), format!("DROP TABLE t{at};"))
    };
    let chain = line(&(1..=40).map(sections).collect::<Vec<_>>());
    for (runners, revision_at_a_time) in
        [(2, false), (2, true), (10, false), (10, true), (30, false)]
    {
        println!("{runners} runners, one by one: {revision_at_a_time}");
        let database = database("at_once");
        let reports = at_once(runners, &database, |session| {
            let runner = Runner::new(&chain);
            let runner = if revision_at_a_time { runner.revision_at_a_time() } else { runner };
            session.upgrade(&runner)
        });
        check_once(&database, &chain, &reports);
    }
}

#[test]
fn runners_that_go_down_at_once_undo_once() {
    let chain = tables(40);
    let database = database("down_at_once");
    Session::new(&database).upgrade(&Runner::new(&chain)).unwrap();
    let reports = at_once(8, &database, |session| {
        session.downgrade_to(&Runner::new(&chain).revision_at_a_time(), "r3")
    });
    let undone: usize = reports.iter().map(|report| report.split_whitespace().count()).sum();
    assert_eq!(undone, 37, "{reports:?}");
    assert_eq!(Session::new(&database).applied(), "r1 r2 r3");
    let log =
        "SELECT count(*), count(DISTINCT revision) FROM migrate_log WHERE action = 'downgrade'";
    assert_eq!(Session::new(&database).value(log), "37|37");
}

#[test]
fn histories_of_their_own_do_not_wait_for_each_other() {
    let chain = upgrades(&["SELECT pg_sleep(1);"]);
    let database = database("apart");
    let number = std::sync::atomic::AtomicUsize::new(0);
    let start = Instant::now();
    let reports = at_once(6, &database, |session| {
        let nth = number.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let waits = |event: &Event<'_>| assert!(!matches!(event, Event::Waiting { .. }));
        session.upgrade(&Runner::new(&chain).table_prefix(format!("h{nth}_")).observe(waits))
    });
    assert_eq!(reports, ["+r1"; 6]);
    // One after the other they would sleep for six seconds.
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

/// Runs the slow chain in a thread, and calls `meanwhile` while its second revision runs; then
/// lets it go on, and calls what that gave.
fn during_a_slow_revision<T: FnOnce()>(hint: &str, meanwhile: impl FnOnce(&Database, &str) -> T) {
    let database = database(hint);
    let chain = slow();
    thread::scope(|scope| {
        let url = connection(&database, &[("application_name", "the first")]);
        let (tell, told) = mpsc::channel();
        let first = scope.spawn({
            let chain = &chain;
            move || {
                let mut session = Session::open(ClientKind::Blocking, &url);
                tell.send(session.pid()).unwrap();
                session.upgrade(&Runner::new(chain))
            }
        });
        let pid = told.recv().unwrap();
        let mut other = Session::new(&database);
        let sleeps = format!(
            "SELECT wait_event FROM pg_stat_activity WHERE pid = {pid} AND wait_event = 'PgSleep'"
        );
        eventually("the slow revision runs", || other.value(&sleeps) == "PgSleep");
        let afterwards = meanwhile(&database, &pid);
        other.execute("CREATE TABLE go ()");
        assert_eq!(done(&first.join().unwrap().unwrap()), "+r1 +r2 +r3");
        afterwards();
    });
}

#[test]
fn who_waits_hears_whom_it_waits_for() {
    for kind in ClientKind::ALL {
        let chain = slow();
        during_a_slow_revision("waits", |database, pid| {
            let (tell, told) = mpsc::channel();
            let (url, chain) = (database.url().to_owned(), chain.clone());
            let waiting = thread::spawn(move || {
                let runner = Runner::new(&chain).observe(move |event| {
                    if let Event::Waiting { holder: Some(holder), .. } = event {
                        let _ = tell.send(LockHolder::clone(holder));
                    }
                });
                Session::open(kind, &url).upgrade(&runner).map(|report| done(&report))
            });
            let holder = told.recv_timeout(Duration::from_secs(20)).unwrap();
            assert_eq!((holder.pid.as_str(), holder.application.as_str()), (pid, "the first"));
            let expected = format!("process {pid} (the first) of postgres, for 00:00:0");
            let text = holder.to_string();
            assert!(text.starts_with(&expected), "{text}");
            assert!(text.ends_with(", running the upgrade of r1 and what follows"), "{text}");
            // It will find the work done.
            move || assert_eq!(waiting.join().unwrap().unwrap(), "")
        });
    }
}

#[test]
fn who_waits_too_long_is_told_for_whom() {
    during_a_slow_revision("patience", |database, pid| {
        let chain = slow();
        for kind in ClientKind::ALL {
            let mut session = Session::open(kind, database.url());
            let runner = Runner::new(&chain).lock_wait_timeout(Duration::from_millis(200));
            let start = Instant::now();
            let error = Traces::of_own(&mut session, database, |session| {
                session.upgrade(&runner).unwrap_err()
            });
            assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
            let Error::LockTimeout { waited, holder: Some(holder) } = &error else {
                panic!("{error:?}")
            };
            assert!(*waited >= Duration::from_millis(200), "{waited:?}");
            assert_eq!((holder.pid.as_str(), holder.application.as_str()), (pid, "the first"));
            let text = error.to_string();
            let expected =
                format!("another migration is running: process {pid} (the first) of postgres");
            assert!(text.starts_with(&expected), "{text}");
            assert!(
                text.contains("\n = help: run it again when the other one has ended"),
                "{text}"
            );
            // No patience at all is an answer at once.
            let runner = Runner::new(&chain).lock_wait_timeout(Duration::ZERO);
            assert!(matches!(session.upgrade(&runner), Err(Error::LockTimeout { .. })));
            // To look needs no lock.
            session.status(&runner).unwrap();
        }
        || ()
    });
}

/// The session that has the lock may be building an index outside a transaction, as this tool and
/// others of its kind do: who waits for the lock must not have a snapshot that the index waits for.
#[test]
fn an_index_is_built_while_runners_wait_for_its_session() {
    let key = "CREATE TABLE lock_key AS SELECT (classid::bigint << 32) | objid::bigint AS key \
               FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();";
    let (first, both) = (upgrades(&[key]), upgrades(&[key, "CREATE TABLE t2 ();"]));
    let database = database("concurrently");
    let mut holder = Session::new(&database);
    holder.upgrade(&Runner::new(&first)).unwrap();
    holder.execute("CREATE TABLE big AS SELECT n FROM generate_series(1, 1000) n");
    holder.execute("SELECT pg_advisory_lock(key) FROM lock_key");
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        let start = |kind| {
            let (tell, both, url) = (tell.clone(), &both, database.url());
            scope.spawn(move || {
                let runner = Runner::new(both).observe(move |event| {
                    if let Event::Waiting { .. } = event {
                        let _ = tell.send(());
                    }
                });
                done(&Session::open(kind, url).upgrade(&runner).unwrap())
            })
        };
        let waiting = ClientKind::ALL.map(start);
        for _ in 0..6 {
            told.recv_timeout(Duration::from_secs(20)).unwrap();
        }
        holder.execute("SET lock_timeout = '10s'");
        holder.execute("CREATE INDEX CONCURRENTLY ON big (n)");
        holder.execute("SELECT pg_advisory_unlock(key) FROM lock_key");
        let mut reports = waiting.map(|waiting| waiting.join().unwrap());
        reports.sort();
        assert_eq!(reports, ["", "", "+r2"]);
    });
}

#[test]
fn a_table_that_is_locked_is_tried_again() {
    let chain = upgrades(&["CREATE TABLE t1 ();", "SELECT 1;\nALTER TABLE t1 ADD n int;"]);
    for kind in ClientKind::ALL {
        let database = database("locked");
        let mut session = Session::open(kind, database.url());
        session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
        let mut other = Session::new(&database);
        other.execute("BEGIN; LOCK TABLE t1");
        let short = Duration::from_millis(20);
        let retries = Mutex::new(Vec::new());
        // Never free: it gives up after as many tries as it was told.
        let runner = Runner::new(&chain).lock_timeout(short).retries(2).observe(|event| {
            if let Event::Retrying { revision, reason, .. } = event {
                retries.lock().unwrap().push(format!("{revision}: {reason}"));
            }
        });
        let result = Traces::of_own(&mut session, &database, |session| session.upgrade(&runner));
        let Err(Error::Statement(error)) = result else { panic!() };
        assert_eq!(error.failure.code.as_deref(), Some("55P03"));
        let text = Error::Statement(error).to_string();
        assert!(text.contains("--> migrations/r2.sql:7:1\n"), "{text}");
        assert!(text.contains("statement 2 of 2") && text.contains("lock_timeout:30s"), "{text}");
        drop(runner);
        let expected = "r2: canceling statement due to lock timeout";
        assert_eq!(retries.into_inner().unwrap(), [expected; 2]);
        // Free after the first try.
        let other = Mutex::new(other);
        let runner = Runner::new(&chain).lock_timeout(short).observe(|event| {
            if let Event::Retrying { .. } = event {
                aside(|| other.lock().unwrap().execute("ROLLBACK"));
            }
        });
        assert_eq!(done(&session.upgrade(&runner).unwrap()), "+r2");
        let log = "SELECT action, revision FROM migrate_log ORDER BY at";
        assert_eq!(session.rows(log), ["upgrade|r1", "failure|r2", "upgrade|r2"]);
    }
}

/// What counts from where the database was counts once, however often a part of it is tried.
#[test]
fn a_relative_target_is_not_overshot_by_a_retry() {
    let chain = line(&[
        ("CREATE TABLE t1 ();", "DROP TABLE t1;"),
        ("CREATE TABLE t2 ();", "DROP TABLE t2;"),
        ("LOCK TABLE t1; CREATE TABLE t3 ();", "LOCK TABLE t1; DROP TABLE t3;"),
        ("CREATE TABLE t4 ();", "DROP TABLE t4;"),
        ("CREATE TABLE t5 ();", "DROP TABLE t5;"),
    ]);
    let database = database("overshoot");
    let mut session = Session::new(&database);
    session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
    let other = Mutex::new(Session::new(&database));
    let lock = || other.lock().unwrap().execute("BEGIN; LOCK TABLE t1");
    let runner = Runner::new(&chain).lock_timeout(Duration::from_millis(20)).observe(|event| {
        if let Event::Retrying { .. } = event {
            other.lock().unwrap().execute("ROLLBACK");
        }
    });
    lock();
    assert_eq!(done(&session.upgrade_to(&runner, "+2").unwrap()), "+r2 +r3");
    assert_eq!(session.applied(), "r1 r2 r3");
    assert_eq!(done(&session.upgrade_to(&runner, "+2").unwrap()), "+r4 +r5");
    lock();
    assert_eq!(done(&session.downgrade_to(&runner, "-3").unwrap()), "-r5 -r4 -r3");
    assert_eq!(session.applied(), "r1 r2");
}
