//! The ways to send what is to be sent: together, one by one, statement by statement, all in one
//! transaction. They differ in what a run tells and where it can stop, not in what is done.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use migrate_core::connect::Connector;
use migrate_core::runner::Notices;
use migrate_core::{Chain, Error, Event, PlanError, Runner};
use migrate_testkit::{Backend, Server};
use tokio::runtime::Builder;

use crate::support::{
    ClientKind, Session, Way, both, chain_of, database, done, file, line, tables, upgrades,
    without_trace,
};

/// What is recorded, without the times.
fn recorded(session: &mut Session) -> Vec<String> {
    session.rows(
        "SELECT revision, position, chain_digest, applied_by FROM migrate_history ORDER BY position; \
         SELECT action, revision, by, error FROM migrate_log ORDER BY at",
    )
}

#[test]
fn each_way_does_and_records_the_same() {
    let chain = tables(40);
    both("ways", |database, session| {
        let mut expected = None;
        for way in Way::ALL {
            println!("{way:?}");
            let runner = way.of(Runner::new(&chain));
            without_trace(session, database, |session| {
                session.upgrade(&runner).unwrap();
                session.downgrade_to(&runner, "r10").unwrap();
                session.upgrade_to(&runner, "+5").unwrap();
            });
            assert_eq!(session.tables().split(' ').count(), 15);
            let found = recorded(session);
            assert_eq!(&found, expected.get_or_insert(found.clone()));
            session.clear();
        }
    });
}

/// A chain whose revisions have 3 statements each, the second one outside a transaction.
fn triples() -> Chain<'static> {
    let up = |n: usize| format!("CREATE TABLE t{n} ();\nSELECT {n};\nALTER TABLE t{n} ADD a int;");
    let files: Vec<_> = (1..=3)
        .map(|n| {
            let parent = if n == 1 { String::new() } else { format!("r{}", n - 1) };
            let (name, text) =
                file(&format!("r{n}"), &parent, &up(n), &format!("DROP TABLE t{n};"));
            let outside = "-- migrate:up transaction:false";
            (name, if n == 2 { text.replace("-- migrate:up", outside) } else { text })
        })
        .collect();
    chain_of(&files)
}

#[test]
fn statement_by_statement_each_one_is_told() {
    let chain = triples();
    both("told", |_, session| {
        let told = Mutex::new(String::new());
        let runner = Runner::new(&chain).statement_at_a_time().observe(|event| {
            let mut told = told.lock().unwrap();
            match event {
                Event::Started { revision, .. } => told.push_str(&format!("{revision}[")),
                Event::Statement { number, total: of, .. } => {
                    told.push_str(&format!("{number}/{of} "));
                }
                Event::Finished { .. } => told.push(']'),
                _ => {}
            }
        });
        session.upgrade(&runner).unwrap();
        drop(runner);
        let expected = "r1[1/3 2/3 3/3 ]r2[1/3 2/3 3/3 ]r3[1/3 2/3 3/3 ]";
        assert_eq!(told.into_inner().unwrap(), expected);
    });
}

#[test]
fn a_run_stops_where_it_is_told_to_and_goes_on_later() {
    let chain = triples();
    // When so many statements were sent; what is then said.
    let cases = [
        (1, "stopped at your request: `r1` was rolled back", ""),
        (2, "stopped at your request: `r1` was rolled back", ""),
        (4, "stopped at your request: `r1` is done, 1 statement of `r2` is done", "t1 t2"),
        (5, "stopped at your request: `r1` is done, 2 statements of `r2` are done", "t1 t2"),
        (
            7,
            "stopped at your request: 2 revisions are done, up to `r2`, `r3` was rolled back",
            "t1 t2",
        ),
    ];
    both("stops", |database, session| {
        for (count, expected, tables) in cases {
            println!("{count} statements");
            let sent = AtomicUsize::new(0);
            let runner = Runner::new(&chain)
                .statement_at_a_time()
                .observe(|event| {
                    if let Event::Statement { .. } = event {
                        sent.fetch_add(1, Ordering::SeqCst);
                    }
                })
                .stop_when(|| sent.load(Ordering::SeqCst) >= count);
            let error =
                without_trace(session, database, |session| session.upgrade(&runner).unwrap_err());
            assert!(matches!(error, Error::Stopped { .. }), "{error:?}");
            assert_eq!(error.to_string(), format!("{expected}\n = help: run it again to continue"));
            assert_eq!(session.tables(), tables);
            session.upgrade(&Runner::new(&chain)).unwrap();
            assert_eq!(
                (session.applied(), session.tables()),
                ("r1 r2 r3".into(), "t1 t2 t3".into())
            );
            session.clear();
        }
    });
}

#[test]
fn a_run_that_is_told_to_stop_at_once_or_while_it_waits() {
    let chain = tables(2);
    both("stops_waiting", |database, session| {
        let runner = Runner::new(&chain).stop_when(|| true);
        let error = session.upgrade(&runner).unwrap_err();
        assert!(error.to_string().contains("stopped at your request: nothing was done"), "{error}");
        assert_eq!(session.tables(), "");
        // Another one has the lock.
        let mut other = Session::new(database);
        let waits = AtomicUsize::new(0);
        let slow = upgrades(&["SELECT pg_sleep(20)"]);
        std::thread::scope(|scope| {
            let run = scope.spawn(|| Session::new(database).upgrade(&Runner::new(&slow)));
            crate::support::eventually("it sleeps", || {
                !other.value("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'").is_empty()
            });
            let runner = Runner::new(&chain)
                .observe(|event| {
                    if let Event::Waiting { .. } = event {
                        waits.fetch_add(1, Ordering::SeqCst);
                    }
                })
                .stop_when(|| waits.load(Ordering::SeqCst) >= 2);
            let error = session.upgrade(&runner).unwrap_err();
            assert!(matches!(error, Error::Stopped { .. }), "{error:?}");
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()");
            run.join().unwrap().unwrap_err();
        });
    });
}

#[test]
fn a_single_transaction_is_all_or_nothing_in_both_directions() {
    let chain = line(&[
        ("CREATE TABLE t1 ();", "SELECT 1 / 0;"),
        ("CREATE TABLE t2 ();", "DROP TABLE t2;"),
        ("CREATE TABLE t3 ();", "DROP TABLE t3;"),
    ]);
    both("single", |database, session| {
        for way in [Way::Single, Way::SingleByStatement] {
            let runner = way.of(Runner::new(&chain));
            assert_eq!(done(&session.upgrade(&runner).unwrap()), "+r1 +r2 +r3");
            let xmins = "SELECT count(DISTINCT xmin::text) FROM migrate_history";
            assert_eq!(session.value(xmins), "1", "one transaction");
            let error = without_trace(session, database, |session| {
                session.downgrade_to(&runner, "base").unwrap_err()
            });
            assert!(error.to_string().contains("--> migrations/r1.sql:9:1"), "{error}");
            assert_eq!(
                (session.applied(), session.tables()),
                ("r1 r2 r3".into(), "t1 t2 t3".into())
            );
            assert_eq!(done(&session.downgrade_to(&runner, "r1").unwrap()), "-r3 -r2");
            session.clear();
        }
    });
}

#[test]
fn a_single_transaction_keeps_the_revisions_apart() {
    let (name, first) = file(
        "r1",
        "",
        "CREATE TABLE t1 (n int UNIQUE DEFERRABLE INITIALLY DEFERRED, m int UNIQUE DEFERRABLE);\n\
         INSERT INTO t1 VALUES (1, 1), (1, 2);\nUPDATE t1 SET n = m;",
        "SELECT 1;",
    );
    let first =
        first.replace("-- migrate:up", "-- migrate:up statement_timeout:77s lock_timeout:66s");
    let check = "DO $$ BEGIN ASSERT current_setting('statement_timeout') = '0'; \
                 ASSERT current_setting('lock_timeout') = '5s'; END $$;\n\
                 INSERT INTO t1 VALUES (2, 3);\nUPDATE t1 SET n = m;\n\
                 ALTER TABLE t1 ADD a int;\nCREATE TABLE t2 (n int UNIQUE DEFERRABLE INITIALLY DEFERRED);\n\
                 INSERT INTO t2 VALUES (1), (1);\nUPDATE t2 SET n = 2 WHERE ctid = '(0,1)';";
    let chain = chain_of(&[(name, first), file("r2", "r1", check, "SELECT 1;")]);
    both("apart", |database, session| {
        for way in Way::ALL {
            println!("{way:?}");
            let runner = way.of(Runner::new(&chain));
            // A pending check forbids ALTER TABLE, in any way; so the revision is wrong in each.
            let result = without_trace(session, database, |session| session.upgrade(&runner));
            let error = result.unwrap_err().to_string();
            assert!(error.contains("pending trigger events"), "{error}");
            assert!(error.contains("statement 4 of 7"), "{error}");
            session.clear();
        }
    });
}

/// Of a constraint that was there before no migration says that it waits.
#[test]
fn a_constraint_that_waits_since_before_is_looked_at_after_each_revision() {
    let made = "CREATE TABLE old (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)";
    let later = "CREATE FUNCTION made() RETURNS void LANGUAGE sql AS \
         'CREATE TABLE old (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)'";
    let check = |before: &str, first: &str| {
        let chain = upgrades(&[first, "INSERT INTO old VALUES (1), (1)", "CREATE TABLE t3 ()"]);
        both("since_before", |_, session| {
            for way in Way::ALL {
                session.execute(before);
                let result = session.upgrade(&way.of(Runner::new(&chain)));
                let error = result.unwrap_err().to_string();
                assert!(
                    error.contains("old_n_key") && error.contains("r2.sql"),
                    "{way:?}: {error}"
                );
                session.clear();
            }
        });
    };
    check(made, "SELECT 1");
    check(later, "SELECT made()");
}

#[test]
fn a_single_transaction_that_can_not_be_one() {
    let chain = triples();
    both("not_single", |database, session| {
        let runner = Runner::new(&chain).single_transaction();
        let error =
            without_trace(session, database, |session| session.upgrade(&runner).unwrap_err());
        let Error::Plan(PlanError::NotOneTransaction { revision }) = &error else {
            panic!("{error:?}")
        };
        assert_eq!(revision, "r2");
        let expected = "revision `r2` runs outside a transaction (`transaction:false`), so not all \
                        can be one\n = help: go to the revision before it, then past `r2` without \
                        the single transaction";
        assert_eq!(error.to_string(), expected);
        assert_eq!(session.applied(), "no history");
        assert_eq!(done(&session.upgrade_to(&runner, "r1").unwrap()), "+r1");
    });
}

#[test]
fn an_enum_s_new_value_in_the_transaction_that_adds_it() {
    let chain = upgrades(&[
        "CREATE TYPE mood AS ENUM ('sad');",
        "ALTER TYPE mood ADD VALUE 'ok';",
        "SELECT 'ok'::mood;",
    ]);
    both("enum", |_, session| {
        session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
        let error = session.upgrade(&Runner::new(&chain).single_transaction()).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("unsafe use of new value \"ok\""), "{text}");
        assert!(text.contains("--> migrations/r3.sql:6:8"), "{text}");
        assert!(
            text.contains("= help: an enum's new value can be used when its transaction"),
            "{text}"
        );
        assert_eq!(done(&session.upgrade(&Runner::new(&chain)).unwrap()), "+r2 +r3");
    });
}

/// A server of its own: this fills a table that all sessions share.
#[test]
fn a_single_transaction_that_needs_more_locks_than_there_are() {
    let server = Server::start(&[Backend::Local, Backend::Docker, Backend::Url]).unwrap();
    if server.backend() == Backend::Url {
        eprintln!("skipped: the server may be somebody else's");
        return;
    }
    let database = server.database("locks").unwrap();
    let many = "DO $$ BEGIN FOR n IN 1..4000 LOOP EXECUTE 'CREATE TABLE t_NUMBER_' || n || '()'; END LOOP; END $$;";
    let texts: Vec<String> = (1..=10).map(|n| many.replace("NUMBER", &n.to_string())).collect();
    let chain = upgrades(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let mut session = Session::new(&database);
    let error = session.upgrade(&Runner::new(&chain).single_transaction()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("out of shared memory (SQLSTATE 53200)"), "{text}");
    assert!(text.contains("= help: the server's table of locks is full"), "{text}");
    assert!(text.contains("without the single transaction"), "{text}");
    assert_eq!(session.tables(), "");
}

#[test]
fn what_the_server_says_beside_its_answers_reaches_the_observer() {
    let chain = upgrades(&[
        "DROP TABLE IF EXISTS nothing;",
        "DO $$ BEGIN RAISE WARNING 'mind the gap'; END $$;",
    ]);
    for (kind, way) in [ClientKind::Blocking, ClientKind::Tokio]
        .into_iter()
        .flat_map(|kind| Way::ALL.map(|way| (kind, way)))
    {
        let database = database("notices");
        let notices = Notices::new();
        let connector = Connector::new(database.url()).unwrap().pass_on_notices(&notices);
        let mut session = match kind {
            ClientKind::Blocking => Session::Blocking(connector.connect().unwrap()),
            ClientKind::Tokio => {
                let runtime =
                    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
                let client = runtime.block_on(connector.connect_async()).unwrap();
                Session::Tokio(runtime, client)
            }
            ClientKind::Sqlx => unreachable!("it does not hand out what the server says"),
        };
        let heard = Mutex::new(Vec::new());
        let runner = way.of(Runner::new(&chain)).forward_notices(&notices).observe(|event| {
            if let Event::Notice { revision, notice } = event {
                heard.lock().unwrap().push((
                    revision.map(str::to_owned),
                    notice.severity.clone(),
                    notice.message.clone(),
                ));
            }
        });
        session.upgrade(&runner).unwrap();
        drop(runner);
        // Which revision it was is known where each has a message.
        let revision = |id: &str| match way {
            Way::Together | Way::Single => None,
            _ => Some(id.to_owned()),
        };
        let expected = [
            (
                revision("r1"),
                "NOTICE".to_owned(),
                "table \"nothing\" does not exist, skipping".to_owned(),
            ),
            (revision("r2"), "WARNING".to_owned(), "mind the gap".to_owned()),
        ];
        assert_eq!(heard.into_inner().unwrap(), expected, "{kind:?}, {way:?}");
    }
}
