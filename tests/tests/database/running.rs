//! What others see of a run: who migrates, and how far its statement is. And how long it took.

use std::thread;
use std::time::Duration;

use migrate_core::runner::LockHolder;
use migrate_core::{Chain, Runner};
use migrate_testkit::Database;

use crate::support::{
    ClientKind, Role, Session, both, call, database, eventually, file, line, slow, upgrades,
};

/// An index of a table, built outside a transaction.
fn index() -> Chain<'static> {
    let (name, text) =
        file("r2", "r1", "CREATE INDEX CONCURRENTLY ix ON t1 (n);", "DROP INDEX ix;");
    let text = text.replace("-- migrate:up", "-- migrate:up transaction:false");
    crate::support::chain_of(&[
        file("r1", "", "CREATE TABLE t1 (n int);", "DROP TABLE t1;"),
        (name, text),
    ])
}

fn running(session: &mut Session, chain: &Chain<'static>) -> Option<LockHolder> {
    let runner = Runner::new(chain);
    call!(session, runner.running running_async running_sqlx()).unwrap()
}

/// Runs the index until it waits for another transaction, and looks meanwhile.
fn while_it_waits(database: &Database, chain: &Chain<'static>, look: impl FnOnce(&str)) {
    Session::new(database).upgrade_to(&Runner::new(chain), "r1").unwrap();
    let mut other = Session::new(database);
    // A test that fails here must not wait for it for ever.
    other.execute(
        "SET idle_in_transaction_session_timeout = '45s'; BEGIN; INSERT INTO t1 VALUES (0)",
    );
    let blocker = other.pid();
    thread::scope(|scope| {
        let run = scope.spawn(|| {
            let runner = Runner::new(chain).lock_timeout(Duration::ZERO);
            Session::new(database).upgrade(&runner).unwrap()
        });
        let mut watch = Session::new(database);
        let waits = "SELECT count(*) FROM pg_stat_progress_create_index WHERE datname = current_database() AND current_locker_pid <> 0";
        eventually("the index waits", || watch.value(waits) == "1");
        look(&blocker);
        other.execute("ROLLBACK");
        run.join().unwrap();
    });
}

#[test]
fn a_statement_that_takes_long_shows_its_progress() {
    let chain = index();
    both("progress", |database, session| {
        assert_eq!(running(session, &chain), None);
        let role = Role::new(database);
        while_it_waits(database, &chain, |blocker| {
            let holder = running(session, &chain).unwrap();
            assert!(holder.query.starts_with("CREATE INDEX CONCURRENTLY ix"), "{holder:?}");
            let progress = holder.progress.clone().unwrap();
            assert_eq!((progress.done, progress.total, progress.percent()), (0, 1, Some(0)));
            assert_eq!(progress.waits_for.as_deref(), Some(blocker));
            let text = holder.to_string();
            let expected = format!(
                ": waiting for writers before build, 0 % (0 of 1 transactions), waits for process {blocker}"
            );
            assert!(text.ends_with(&expected), "{text}");
            // Who may not see what others run sees that somebody does.
            let mut stranger = Session::open(ClientKind::Blocking, &role.url());
            let seen = running(&mut stranger, &chain).unwrap();
            assert_eq!((seen.pid, seen.progress), (holder.pid, None));
        });
        assert_eq!(running(session, &chain), None);
    });
}

#[test]
fn a_revision_that_runs_is_named() {
    let chain = slow();
    let database = database("named");
    let mut session = Session::new(&database);
    thread::scope(|scope| {
        let run = scope.spawn(|| {
            Session::new(&database).upgrade(&Runner::new(&chain).revision_at_a_time()).unwrap()
        });
        let named =
            |holder: &LockHolder| holder.to_string().ends_with(", running the upgrade of r2");
        eventually("r2 runs", || running(&mut session, &chain).is_some_and(|it| named(&it)));
        session.execute("CREATE TABLE go ()");
        run.join().unwrap();
    });
}

/// Fifteen digits less of a float are none of the seconds.
#[test]
fn durations_are_right_whatever_floats_look_like() {
    let sleep = ("SELECT pg_sleep(0.1);", "SELECT pg_sleep(0.1);");
    let chain = line(&[sleep, sleep]);
    let outside = {
        let (name, text) = file("r1", "", sleep.0, sleep.1);
        crate::support::chain_of(&[(
            name,
            text.replace("-- migrate:up", "-- migrate:up transaction:false"),
        )])
    };
    let single = |runner| Runner::single_transaction(runner);
    both("floats", |_, session| {
        for digits in ["-15", "0", "3"] {
            for runner in [Runner::new(&chain), single(Runner::new(&chain)), Runner::new(&outside)]
            {
                session.clear();
                session.execute(&format!("SET extra_float_digits = {digits}"));
                let report = session.upgrade(&runner).unwrap();
                let is_right = |took: Duration| (100..30_000).contains(&took.as_millis());
                assert!(
                    report.done.iter().all(|done| is_right(done.duration)),
                    "{digits}: {report:?}"
                );
                let wrong = "SELECT count(*) FROM migrate_history WHERE duration_ms NOT BETWEEN 100 AND 30000";
                assert_eq!(session.value(wrong), "0", "{digits}");
            }
        }
    });
}

/// A row that looks like one of ours is a row of a migration.
#[test]
fn what_a_migration_returns_is_not_asked_for() {
    let chain = upgrades(&[
        "CREATE TABLE t1 AS SELECT n FROM generate_series(1, 1000) n;",
        "SELECT 'migrate:done', 'r1', '77' FROM t1; TABLE t1; WITH gone AS (DELETE FROM t1 RETURNING n) SELECT * FROM gone;",
        "CREATE TABLE t3 ();",
    ]);
    both("returns", |_, session| {
        for runner in [
            Runner::new(&chain),
            Runner::new(&chain).single_transaction(),
            Runner::new(&chain).revision_at_a_time(),
        ] {
            session.clear();
            assert_eq!(crate::support::done(&session.upgrade(&runner).unwrap()), "+r1 +r2 +r3");
            assert_eq!(session.value("SELECT count(*) FROM t1"), "0");
            assert_eq!(
                session.value("SELECT count(*) FROM migrate_history WHERE duration_ms = 77"),
                "0"
            );
        }
    });
}
