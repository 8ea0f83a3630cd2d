//! Sessions that the server ends: what has ended them is told, and what became of the revision.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use migrate_core::{Error, Event, Runner};

use crate::non_transactional::upgrades;
use crate::support::{ClientKind, Session, aside, both, done, eventually, tables};

/// A run that the server has ended: the error names the setting or the cause, and the revision that was under way. The
/// blocking client may see the end of the connection before it sees the reason.
fn ended(
    session: &Session,
    error: &Error,
    code: &str,
    cause: &str,
    revision: Option<&str>,
    outcome: &str,
) {
    if let (Session::Blocking(_), Error::Server { failure, .. }) = (session, error) {
        assert_eq!(failure.code, None, "{error}");
        return;
    }
    let Error::Ended { revision: found, failure, .. } = error else { panic!("{error:?}") };
    assert_eq!(failure.code.as_deref(), Some(code), "{error}");
    assert_eq!(found.as_ref().map(|(_, id)| id.as_str()), revision, "{error}");
    let text = error.to_string();
    for part in [cause, outcome, "it continues where the database is"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_session_that_is_terminated_says_what_became_of_the_revision() {
    let inside = upgrades(&["CREATE TABLE t1 ();", "CREATE TABLE t2 (); SELECT pg_sleep(60);"]);
    let outside = upgrades(&["CREATE TABLE t1 ();", "!CREATE TABLE t2 (); SELECT pg_sleep(60);"]);
    for (chain, outcome) in [
        (&inside, "what was under way was rolled back"),
        (&outside, "which the next run finds out"),
    ] {
        both("terminated", |database, session| {
            session.upgrade_to(&Runner::new(chain), "r1").unwrap();
            let pid = session.pid();
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    let mut other = Session::new(database);
                    let sleeps =
                        format!("SELECT wait_event FROM pg_stat_activity WHERE pid = {pid}");
                    eventually("it sleeps", || other.value(&sleeps) == "PgSleep");
                    other.execute(&format!("SELECT pg_terminate_backend({pid})"));
                });
                let error = session.upgrade(&Runner::new(chain)).unwrap_err();
                ended(session, &error, "57P01", "pg_terminate_backend", Some("r2"), outcome);
            });
        });
    }
}

/// The limits of a session end it, and not a statement.
#[test]
fn a_limit_of_the_session_is_named() {
    let chain = upgrades(&["CREATE TABLE t1 ();", "CREATE TABLE t2 (); SELECT pg_sleep(20);"]);
    both("limits", |database, session| {
        if session.value("SELECT current_setting('server_version_num')::int >= 170000") == "t" {
            session.execute("SET transaction_timeout = '500ms'");
            let error = session.upgrade(&Runner::new(&chain).revision_at_a_time()).unwrap_err();
            let cause = "SET transaction_timeout";
            ended(session, &error, "25P04", cause, Some("r2"), "was rolled back");
            let mut next = Session::new(database);
            assert_eq!((next.applied(), next.tables()), ("r1".into(), "t1".into()));
        }
    });
    // The others end a session that does nothing: the client sees why when it reads next.
    let chain = tables(2);
    for (setting, code) in
        [("idle_in_transaction_session_timeout", "25P03"), ("idle_session_timeout", "57P05")]
    {
        let database = crate::support::database("idle");
        let mut session = Session::open(ClientKind::Blocking, database.url());
        session.execute(&format!("SET {setting} = '200ms'"));
        let has_slept = AtomicBool::new(false);
        let runner = Runner::new(&chain).statement_at_a_time().observe(|event| {
            let is_it = match event {
                Event::Statement { revision: "r2", .. } => code == "25P03",
                Event::Finished { revision: "r1", .. } => code == "57P05",
                _ => false,
            };
            if is_it && !has_slept.swap(true, Ordering::Relaxed) {
                aside(|| sleep(Duration::from_millis(900)));
            }
        });
        let error = session.upgrade(&runner).unwrap_err();
        ended(&session, &error, code, setting, Some("r2"), "was rolled back");
        let mut next = Session::new(&database);
        assert_eq!(done(&next.upgrade(&Runner::new(&chain)).unwrap()), "+r2");
    }
}

/// An error that a migration raises with such a code ends no session.
#[test]
fn a_migration_that_raises_the_code_of_an_ended_session() {
    let raise = "DO $$ BEGIN RAISE 'not now' USING ERRCODE = '57P01'; END $$;";
    for section in [raise.to_owned(), format!("!{raise}")] {
        let chain = upgrades(&["CREATE TABLE t1 ();", &section]);
        both("raised", |_, session| {
            let error = session.upgrade(&Runner::new(&chain)).unwrap_err();
            let Error::Statement(error) = error else { panic!("{error}") };
            assert_eq!(error.revision, "r2");
            // The session goes on, and nothing is locked.
            let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' \
                         AND pid = pg_backend_pid()";
            assert_eq!(session.value(locks), "0");
        });
    }
}
