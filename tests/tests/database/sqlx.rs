//! What only sqlx has: pools, transactions of its own, futures on other threads.

mod page;

use std::time::Duration;

use migrate_core::{Error, Runner, Status};
use migrate_testkit::Database;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection, PgPool};
use tokio::runtime::{Builder, Runtime};

use crate::support::{
    ClientKind, Session, Way, aside, database, done, eventually, polled, sqlx_options, tables,
    target, upgrades,
};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A pool of at most this many connections; who waits for one gives up soon.
fn pool(database: &Database, most: u32) -> PgPool {
    let options = PgPoolOptions::new().max_connections(most);
    let options = options.acquire_timeout(Duration::from_millis(500));
    options.connect_lazy_with(sqlx_options(database.url()))
}

#[test]
fn a_pool_is_enough() {
    let (chain, database) = (tables(3), database("pool"));
    runtime().block_on(async {
        let (runner, pool) = (Runner::new(&chain), pool(&database, 1));
        let report = runner.upgrade_to_sqlx(&pool, target("r2")).await.unwrap();
        assert_eq!(done(&report), "+r1 +r2");
        let status = runner.status_sqlx(&pool).await.unwrap();
        assert!(matches!(status, Status::Behind { .. }), "{status}");
        assert_eq!(done(runner.upgrade_sqlx(&pool).await.unwrap().report()), "+r3");
        // A connection of the pool, and one without a pool.
        let mut pooled = pool.acquire().await.unwrap();
        assert_eq!(runner.status_sqlx(&mut pooled).await.unwrap(), Status::AtHead);
        runner.verify_sqlx(&mut *pooled).await.unwrap();
        drop(pooled);
        let report = runner.downgrade_to_sqlx(&pool, target("base")).await.unwrap();
        assert_eq!(done(&report), "-r3 -r2 -r1");
        assert_eq!(pool.size(), 1);
    });
}

/// The server runs spawned tasks on any thread.
#[test]
fn a_run_is_a_task_that_may_move() {
    let database = database("spawned");
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let pool = pool(&database, 10);
        let runs: Vec<_> = (0..10)
            .map(|_| {
                let pool = pool.clone();
                tokio::spawn(async move {
                    let chain = tables(5);
                    Runner::new(&chain).upgrade_sqlx(&pool).await.map(|it| done(it.report()))
                })
            })
            .collect();
        let mut ran = Vec::new();
        for run in runs {
            ran.extend(run.await.unwrap().unwrap().split_whitespace().map(str::to_owned));
        }
        ran.sort_unstable();
        assert_eq!(ran, ["+r1", "+r2", "+r3", "+r4", "+r5"]);
    });
}

#[test]
fn a_pool_without_a_free_connection() {
    let (chain, database) = (tables(1), database("busy_pool"));
    runtime().block_on(async {
        let pool = pool(&database, 1);
        let held = pool.acquire().await.unwrap();
        let error = Runner::new(&chain).upgrade_sqlx(&pool).await.unwrap_err();
        let Error::Server { failure, .. } = &error else { panic!("{error:?}") };
        assert_eq!(failure.code, None);
        let text = error.to_string();
        assert!(text.contains("taking a connection from the pool"), "{text}");
        assert!(text.contains("timed out"), "{text}");
        drop(held);
    });
    assert_eq!(Session::new(&database).applied(), "no history");
}

/// A transaction of the caller's is never committed. Where there is no history yet, to look for it has aborted it.
#[test]
fn a_transaction_of_the_caller_is_not_committed() {
    let (chain, database) = (tables(2), database("own_transaction"));
    runtime().block_on(async {
        let (runner, pool) = (Runner::new(&chain), pool(&database, 1));
        for expected in ["", "mine t1"] {
            let mut transaction = pool.begin().await.unwrap();
            sqlx::raw_sql("CREATE TABLE mine ()").execute(&mut *transaction).await.unwrap();
            let error = runner.upgrade_sqlx(&mut *transaction).await.unwrap_err();
            assert!(matches!(error, Error::InTransaction), "{error:?}");
            transaction.commit().await.unwrap();
            aside(|| assert_eq!(Session::new(&database).tables(), expected));
            runner.upgrade_to_sqlx(&pool, target("r1")).await.unwrap();
        }
    });
}

/// Drops the future of a run over a pool at each of its steps: the pool never gets a connection back that is in a
/// transaction or has a lock, and gives another one at once.
#[test]
fn a_run_over_a_pool_that_is_dropped_leaves_nothing_behind() {
    let outside = crate::non_transactional::upgrades(&[
        "CREATE TABLE t1 (n int);",
        "!SET work_mem = '1MB'; CREATE INDEX CONCURRENTLY ix ON t1 (n); SELECT 1 / 0;",
    ]);
    let inside =
        upgrades(&["CREATE TABLE t1 ();", "SELECT 1;\nSELECT pg_sleep(0.3), 1 / 0;", "SELECT 3;"]);
    let runs =
        [(&inside, Way::Together), (&inside, Way::SingleByStatement), (&outside, Way::Together)];
    for ((chain, way), polls) in
        runs.into_iter().flat_map(|run| (1..24).step_by(2).map(move |n| (run, n)))
    {
        println!("{way:?}, dropped after {polls} polls");
        let database = database("dropped_pool");
        let left = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                    AND pid <> pg_backend_pid() AND state <> 'idle'";
        let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = \
                     (SELECT oid FROM pg_database WHERE datname = current_database())";
        let runtime = runtime();
        let pool = runtime.block_on(async {
            let (runner, pool) = (way.of(Runner::new(chain)), pool(&database, 1));
            polled(runner.upgrade_sqlx(&pool), polls, Duration::from_millis(15)).await;
            // The next one gets a connection, which is in order.
            let next = sqlx::raw_sql("SELECT 1").execute(&pool).await;
            next.unwrap_or_else(|error| panic!("after {polls} polls: {error}"));
            pool
        });
        let mut session = Session::new(&database);
        eventually("no transaction is left", || session.value(left) == "0");
        eventually("no lock is left", || session.value(locks) == "0");
        runtime.block_on(pool.close());
    }
}

/// What is wrong with a statement is told as with the other clients, and a run that has stopped goes on.
#[test]
fn an_error_of_the_server_is_kept_whole() {
    let database = database("whole");
    let mut session = Session::open(ClientKind::Sqlx, database.url());
    let raise = "DO $$ BEGIN RAISE 'no' USING DETAIL = 'the detail', HINT = 'the hint', ERRCODE = 'P1234'; END $$;";
    let chain = upgrades(&["SELECT 1;", &format!("SELECT 'é';\n{raise}")]);
    let Err(Error::Statement(error)) = session.upgrade(&Runner::new(&chain)) else { panic!() };
    let failure = &error.failure;
    assert_eq!(failure.code.as_deref(), Some("P1234"));
    assert_eq!(failure.message, "no");
    assert_eq!(failure.detail.as_deref(), Some("the detail"));
    assert_eq!(failure.hint.as_deref(), Some("the hint"));
    assert!(failure.source.as_ref().is_some_and(|it| it.is::<sqlx::Error>()));
    let chain = upgrades(&["SELECT 1;", "SELECT 'é', nothing\nFROM pg_class;"]);
    let error = session.upgrade(&Runner::new(&chain)).unwrap_err();
    assert!(error.to_string().contains("--> migrations/r2.sql:6:13\n"), "{error}");
}

/// The session ends in the middle: that is no error of a statement.
#[test]
fn a_connection_that_is_closed_by_the_caller() {
    let (chain, database) = (tables(1), database("closed"));
    runtime().block_on(async {
        let pool = pool(&database, 1);
        pool.close().await;
        let error = Runner::new(&chain).upgrade_sqlx(&pool).await.unwrap_err();
        assert!(error.to_string().contains("taking a connection from the pool"), "{error}");
        let mut connection =
            sqlx::PgConnection::connect_with(&sqlx_options(database.url())).await.unwrap();
        let ended = sqlx::raw_sql("SELECT pg_terminate_backend(pg_backend_pid())");
        ended.execute(&mut connection).await.unwrap_err();
        let error = Runner::new(&chain).upgrade_sqlx(&mut connection).await.unwrap_err();
        let Error::Server { failure, .. } = &error else { panic!("{error:?}") };
        assert_eq!(failure.code, None, "{error}");
    });
}
