//! Sessions that end in the middle, lines that break, a server that falls over.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use migrate_core::{Chain, Error, Event, Runner};
use migrate_testkit::{Backend, Server, Shutdown};

use crate::proxy::Proxy;
use crate::support::{
    ClientKind, Session, Traces, Way, aside, both, chain_of, database, done, dropped_after,
    eventually, file, settle, slow, tables, terminated, upgrades, without_trace,
};

/// Waits until the slow revision runs, in any session but this; its process.
fn sleeper(session: &mut Session) -> String {
    let sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
    eventually("the slow revision runs", || !session.value(sql).is_empty());
    session.value(sql)
}

/// What is there after a run ended in its second revision, and that the next run goes on.
fn check_resumes(session: &mut Session, chain: &Chain<'static>) {
    assert_eq!((session.applied(), session.tables()), ("r1".into(), "t1".into()));
    session.execute("CREATE TABLE go ()");
    assert_eq!(done(&session.upgrade(&Runner::new(chain)).unwrap()), "+r2 +r3");
    assert_eq!(session.applied(), "r1 r2 r3");
    let log = "SELECT action, revision FROM migrate_log ORDER BY at";
    assert_eq!(session.rows(log), ["upgrade|r1", "upgrade|r2", "upgrade|r3"]);
}

#[test]
fn a_session_that_is_terminated_in_the_middle_of_a_revision() {
    for (kind, revision_at_a_time) in
        ClientKind::ALL.into_iter().flat_map(|kind| [(kind, false), (kind, true)])
    {
        let database = database("terminated");
        let chain = slow();
        let mut other = Session::new(&database);
        thread::scope(|scope| {
            let run = scope.spawn(|| {
                let runner = Runner::new(&chain);
                let runner = if revision_at_a_time { runner.revision_at_a_time() } else { runner };
                Session::open(kind, database.url()).upgrade(&runner)
            });
            let pid = sleeper(&mut other);
            other.execute(&format!("SELECT pg_terminate_backend({pid})"));
            let error = run.join().unwrap().unwrap_err();
            terminated(kind, &error);
        });
        check_resumes(&mut other, &chain);
    }
}

#[test]
fn a_session_that_is_terminated_between_two_messages() {
    both("between", |database, session| {
        let chain = tables(4);
        let other = Mutex::new(Session::new(database));
        let pid = session.pid();
        let runner = Runner::new(&chain).revision_at_a_time().observe(|event| {
            if let Event::Finished { revision: "r2", .. } = event {
                let sql = format!("SELECT pg_terminate_backend({pid})");
                let there = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}");
                aside(|| {
                    other.lock().unwrap().execute(&sql);
                    eventually("it is gone", || other.lock().unwrap().value(&there) == "0");
                });
            }
        });
        let error = session.upgrade(&runner).unwrap_err();
        let (Error::Server { .. } | Error::Ended { .. }) = &error else { panic!("{error:?}") };
        assert!(
            error.to_string().contains("run it again: it continues where the database is"),
            "{error}"
        );
        drop(runner);
        let mut next = Session::new(database);
        assert_eq!(next.applied(), "r1 r2");
        assert_eq!(done(&next.upgrade(&Runner::new(&chain)).unwrap()), "+r3 +r4");
    });
}

/// The line breaks after the server got the message: what it holds is done or not, as a whole.
#[test]
fn a_line_that_breaks_after_any_message() {
    for kind in ClientKind::ALL {
        // Look, session, tables, then one revision each.
        for queries in 1..=6 {
            let database = database("line");
            let chain = tables(3);
            let proxy = Proxy::new(&database);
            let mut session = Session::open(kind, &proxy.url(&database));
            proxy.cut_after(queries);
            let error = session.upgrade(&Runner::new(&chain).revision_at_a_time()).unwrap_err();
            let Error::Server { failure, .. } = &error else { panic!("{error:?}") };
            assert_eq!(failure.code, None, "{error}");
            assert!(error.to_string().contains("check that the server is up"), "{error}");
            // What the server got it finishes, also without a client.
            let mut next = Session::new(&database);
            let expected = ["no history", "no history", "", "r1", "r1 r2", "r1 r2 r3"][queries - 1];
            eventually(expected, || next.applied() == expected);
            next.upgrade(&Runner::new(&chain)).unwrap();
            assert_eq!((next.applied(), next.tables()), ("r1 r2 r3".into(), "t1 t2 t3".into()));
            assert_eq!(next.value("SELECT count(*) FROM migrate_log"), "3");
        }
    }
}

#[test]
fn a_server_that_falls_over_in_the_middle_of_a_revision() {
    let server = Server::start(&[Backend::Local, Backend::Docker, Backend::Url]).unwrap();
    if server.backend() != Backend::Local {
        eprintln!("skipped: a server from {} can't be stopped", server.backend());
        return;
    }
    for (kind, how) in
        [(ClientKind::Blocking, Shutdown::Immediate), (ClientKind::Tokio, Shutdown::Fast)]
    {
        let database = server.database("fallen").unwrap();
        let chain = slow();
        // What fsync would do elsewhere, since this server has it off.
        let mut other = Session::new(&database);
        thread::scope(|scope| {
            let run =
                scope.spawn(|| Session::open(kind, database.url()).upgrade(&Runner::new(&chain)));
            sleeper(&mut other);
            other.execute("CHECKPOINT");
            server.stop(how).unwrap();
            let error = run.join().unwrap().unwrap_err();
            let (Error::Server { .. } | Error::Ended { .. }) = &error else { panic!("{error:?}") };
            assert!(error.to_string().contains("it continues where the database is"), "{error}");
        });
        server.resume().unwrap();
        check_resumes(&mut Session::new(&database), &chain);
    }
}

/// Drops the future of a run at each of its steps; the client goes back to its pool.
#[test]
fn a_run_that_is_dropped_leaves_nothing_behind() {
    let chain =
        upgrades(&["CREATE TABLE t1 ();", "SELECT 1;\nSELECT 1 / 0;", "CREATE TABLE t3 ();"]);
    let runs = [
        (ClientKind::Tokio, Way::Together),
        (ClientKind::Tokio, Way::SingleByStatement),
        (ClientKind::Sqlx, Way::Together),
        (ClientKind::Sqlx, Way::SingleByStatement),
    ];
    for ((kind, way), polls) in runs.into_iter().flat_map(|run| (1..14).map(move |n| (run, n))) {
        println!("{kind:?}, {way:?}, dropped after {polls} polls");
        let database = database("dropped");
        let mut session = Session::open(kind, database.url());
        let before = Traces::of(&mut session, &database);
        let runner = way.of(Runner::new(&chain));
        dropped_after(&mut session, &runner, polls, Duration::from_millis(20));
        settle(&mut session);
        drop(runner);
        assert_eq!(Traces::of(&mut session, &database), before, "dropped after {polls} polls");
        let applied = session.applied();
        assert!(["no history", "", "r1"].contains(&applied.as_str()), "{applied}");
        let mended = upgrades(&["CREATE TABLE t1 ();", "SELECT 2;"]);
        session.upgrade(&Runner::new(&mended)).unwrap();
        assert_eq!(session.applied(), "r1 r2");
    }
}

#[test]
fn a_client_that_is_in_a_transaction_already() {
    let chain = tables(2);
    both("transaction", |_, session| {
        // It failed before: the server says so, and the run ends.
        let _ = session.try_rows("BEGIN; SELECT 1 / 0");
        let error = session.upgrade(&Runner::new(&chain)).unwrap_err();
        assert!(matches!(error, Error::InTransaction), "{error}");
        session.execute("ROLLBACK");
        assert_eq!(session.applied(), "no history");
        // It did not: our commits would end what the caller has begun.
        let (runner, expected) = (Runner::new(&chain), "the client is in a transaction\n = help: ");
        for command in ["upgrade head", "upgrade +1", "downgrade -1", "stamp"] {
            session.execute("BEGIN; CREATE TABLE mine ()");
            let error = match command {
                "stamp" => session.stamp(&runner, "r1", false).unwrap_err(),
                command => session.command(&runner, command).unwrap_err(),
            };
            assert!(matches!(error, Error::InTransaction), "{command}: {error}");
            assert!(error.to_string().starts_with(expected), "{error}");
            session.execute("ROLLBACK");
            assert_eq!(session.tables().replace("t1", "").trim(), "");
            // For the downgrade there has to be something to undo.
            session.upgrade_to(&runner, "r1").unwrap();
        }
        // Where nothing is written there is nothing to refuse.
        session.upgrade(&runner).unwrap();
        session.execute("BEGIN");
        assert_eq!(done(&session.upgrade(&runner).unwrap()), "");
        session.verify(&runner).unwrap();
        session.execute("ROLLBACK");
    });
}

/// Whatever an observer does, the session is fit for the next one.
#[test]
fn an_observer_that_panics_leaves_nothing_behind() {
    let outside = file(
        "r2",
        "r1",
        "CREATE TABLE t2 ();\nCREATE INDEX CONCURRENTLY ix ON t1 (n);",
        "SELECT 1;",
    );
    let outside =
        (outside.0, outside.1.replace("-- migrate:up", "-- migrate:up transaction:false"));
    let chain =
        chain_of(&[file("r1", "", "CREATE TABLE t1 (n int);\nSELECT 1;", "SELECT 1;"), outside]);
    both("panics", |database, session| {
        for (way, event) in [Way::Together, Way::ByStatement]
            .into_iter()
            .flat_map(|way| (1..7).map(move |n| (way, n)))
        {
            println!("{way:?}, event {event}");
            let seen = std::sync::atomic::AtomicUsize::new(0);
            let runner = way.of(Runner::new(&chain)).observe(|_| {
                let now = seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
                assert!(now != event, "the observer's own fault");
            });
            without_trace(session, database, |session| {
                let run = AssertUnwindSafe(|| session.upgrade(&runner));
                catch_unwind(run).unwrap_err();
            });
            drop(runner);
            session.upgrade(&Runner::new(&chain)).unwrap();
            assert_eq!((session.applied(), session.tables()), ("r1 r2".into(), "t1 t2".into()));
            session.clear();
        }
    });
}
