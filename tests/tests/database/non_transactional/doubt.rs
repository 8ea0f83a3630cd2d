//! What is recorded is what ran: statements that the server has refused, that nobody knows the end of, or that commit
//! themselves.

use std::thread;
use std::time::Duration;

use migrate_core::runner::{Aftermath, DoubtReason};
use migrate_core::{Chain, Error, Runner};
use migrate_testkit::Database;

use super::{INDEX, TABLE, indexes, no_progress, sections, upgrades};
use crate::support::{ClientKind, Session, both, done, eventually, without_trace};

/// Ends the session of a run at its server as soon as a statement like this one waits; gives the run's end.
pub(super) fn cut_off(database: &Database, chain: &Chain<'static>, like: &str) -> Error {
    cut_off_from(database, database.url(), chain, like)
}

pub(super) fn cut_off_from(
    database: &Database,
    url: &str,
    chain: &Chain<'static>,
    like: &str,
) -> Error {
    let mut other = Session::new(database);
    thread::scope(|scope| {
        let run = scope.spawn(|| {
            let runner = Runner::new(chain).lock_timeout(Duration::ZERO);
            Session::open(ClientKind::Blocking, url).upgrade(&runner)
        });
        let running = format!(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() \
             AND pid <> pg_backend_pid() AND query LIKE '{like}%' AND state = 'active' \
             AND wait_event_type IN ('Lock', 'Timeout')"
        );
        let mut pid = String::new();
        eventually("the statement waits", || {
            pid = other.value(&running);
            !pid.is_empty()
        });
        other.execute(&format!("SELECT pg_terminate_backend({pid})"));
        run.join().unwrap().unwrap_err()
    })
}

/// The same while the index waits for another transaction.
pub(super) fn cut_off_index(database: &Database, chain: &Chain<'static>) {
    let mut other = Session::new(database);
    other.execute("BEGIN; INSERT INTO t1 VALUES (0, 0)");
    cut_off(database, chain, "CREATE%INDEX");
    other.execute("ROLLBACK");
}

#[test]
fn a_refused_statement_is_refused_again() {
    let index = upgrades(&[TABLE, "!CREATE UNIQUE INDEX CONCURRENTLY ix ON t1 (n, m);"]);
    let dropped = upgrades(&[TABLE, "!DROP INDEX CONCURRENTLY nosuch;"]);
    both("refused", |_, session| {
        for chain in [&index, &dropped] {
            let runner = Runner::new(chain);
            session.upgrade_to(&runner, "r1").unwrap();
            session.execute("CREATE INDEX ix ON t1 (n)");
            for _ in 0..3 {
                let error = session.upgrade(&runner).unwrap_err();
                let Error::Statement(error) = error else { panic!("{error}") };
                assert_eq!(error.aftermath, Aftermath::Resumes);
                assert_eq!(
                    (session.applied(), indexes(session)),
                    ("r1".into(), vec!["ix|t".into()])
                );
            }
            // Nothing of it is done, so it is no half done revision.
            assert_eq!(session.status(&runner).unwrap().to_string(), "behind: `r2` is pending");
            session.downgrade_to(&runner, "base").unwrap_or_default();
            session.clear();
        }
    });
}

/// An index that was there before is not the one that was cut off.
#[test]
fn an_index_that_was_there_is_not_the_one_that_was_announced() {
    let chain = upgrades(&[TABLE, INDEX]);
    both("there_before", |_, session| {
        session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
        session.execute("CREATE INDEX ix ON t1 (m)");
        session.upgrade(&Runner::new(&chain)).unwrap_err();
        // As a client that died before the answer would have left it.
        session.execute("UPDATE migrate_progress SET started = true");
        session.upgrade(&Runner::new(&chain)).unwrap_err();
        assert_eq!(session.applied(), "r1");
    });
}

#[test]
fn an_announced_statement_that_was_edited_is_not_what_ran() {
    let chain = upgrades(&[TABLE, INDEX]);
    let edited = upgrades(&[TABLE, "!CREATE INDEX CONCURRENTLY ix ON t1 (m);"]);
    let removed = upgrades(&[TABLE, "!SELECT 1;"]);
    both("edited", |database, session| {
        session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
        cut_off_index(database, &chain);
        for other in [&edited, &removed] {
            let error = session.upgrade(&Runner::new(other)).unwrap_err();
            assert!(
                matches!(error, Error::InDoubt { statement: 1, why: DoubtReason::Edited, .. }),
                "{error}"
            );
            assert_eq!(session.applied(), "r1");
        }
        // Its own text finds out; and so does the word that nothing of it is left.
        session.execute("DROP INDEX ix");
        let again = Runner::new(&edited).run_in_doubt_again();
        assert_eq!(done(&session.upgrade(&again).unwrap()), "+r2");
        let definition = session.value("SELECT pg_get_indexdef('ix'::regclass)");
        assert!(definition.ends_with("(m)"), "{definition}");
        no_progress(session);
    });
}

/// It was dropped, and the run was cut off before it could note that.
#[test]
fn an_index_that_is_gone_since_was_dropped() {
    let chain = upgrades(&[
        "CREATE TABLE t1 (n int); CREATE INDEX ix ON t1 (n); CREATE INDEX iy ON t1 (n);",
        "!SELECT 1; DROP INDEX CONCURRENTLY ix; DROP INDEX CONCURRENTLY iy;",
    ]);
    both("gone", |database, session| {
        for gone in ["DROP INDEX ix", "SELECT 'still there'"] {
            let runner = Runner::new(&chain);
            session.upgrade_to(&runner, "r1").unwrap();
            // Somebody reads the table, so the drop has to wait.
            let mut reader = Session::new(database);
            reader.execute("BEGIN; LOCK TABLE t1 IN ACCESS SHARE MODE");
            cut_off(database, &chain, "DROP INDEX");
            reader.execute("ROLLBACK");
            session.execute(gone);
            without_trace(session, database, |session| {
                assert_eq!(done(&session.upgrade(&runner).unwrap()), "+r2");
            });
            assert_eq!(indexes(session).len(), 0);
            session.clear();
        }
    });
}

/// The server chooses another name each time; what was left behind is known by what was there before.
#[test]
fn an_index_without_a_name() {
    let chain = upgrades(&[TABLE, "!CREATE INDEX CONCURRENTLY ON t1 (n);"]);
    both("unnamed", |database, session| {
        session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
        cut_off_index(database, &chain);
        assert_eq!(indexes(session), ["t1_n_idx|f"]);
        // Another's, which stays.
        session.execute("CREATE INDEX other ON t1 (m)");
        session.upgrade(&Runner::new(&chain)).unwrap();
        assert_eq!(indexes(session), ["other|t", "t1_n_idx|t"]);
    });
    // The server has finished it, and nobody has heard.
    both("unnamed_done", |_, session| {
        session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
        session.execute("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END'; \
             CREATE TRIGGER no BEFORE UPDATE ON migrate_progress FOR EACH ROW WHEN (NOT new.started) EXECUTE FUNCTION no()");
        session.upgrade(&Runner::new(&chain)).unwrap_err();
        session.execute("DROP TRIGGER no ON migrate_progress");
        assert_eq!(done(&session.upgrade(&Runner::new(&chain)).unwrap()), "+r2");
        assert_eq!(indexes(session), ["t1_n_idx|t"]);
    });
}

const PROCEDURE: &str = "CREATE TABLE t1 (n int, m int); CREATE TABLE busy (); \
    CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t1 VALUES (1); COMMIT; \
    LOCK TABLE busy IN ACCESS EXCLUSIVE MODE; INSERT INTO t1 VALUES (2); END $$;";

/// A procedure that has committed is never called again unasked: not by a retry, and not by the next run.
#[test]
fn a_procedure_that_commits() {
    let chain = upgrades(&[PROCEDURE, "!CALL p();"]);
    both("procedure", |database, session| {
        session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
        let mut other = Session::new(database);
        other.execute("BEGIN; LOCK TABLE busy");
        let runner = || Runner::new(&chain).lock_timeout(Duration::from_millis(50));
        let error = session.upgrade(&runner()).unwrap_err();
        let Error::Statement(refused) = &error else { panic!("{error}") };
        assert_eq!((refused.aftermath, refused.failure.is("55P03")), (Aftermath::InDoubt, true));
        other.execute("ROLLBACK");
        for _ in 0..2 {
            let error = session.upgrade(&runner()).unwrap_err();
            assert!(
                matches!(error, Error::InDoubt { statement: 1, why: DoubtReason::Commits, .. }),
                "{error}"
            );
            assert_eq!(session.value("SELECT count(*) FROM t1"), "1");
        }
        let status = session.status(&runner()).unwrap().to_string();
        assert_eq!(status, "partial: the upgrade of `r2` was cut off at statement 1 of 1");
        session.upgrade(&runner().run_in_doubt_again()).unwrap();
        assert_eq!(session.value("SELECT n FROM t1 ORDER BY 1"), "1 1 2");
        no_progress(session);
    });
}

/// What does not commit runs with its progress, so whoever dies leaves no doubt.
#[test]
fn a_block_that_does_not_commit_runs_once() {
    let block = "!DO $$ BEGIN PERFORM pg_sleep(0.4); INSERT INTO t1 VALUES (7, 7); END $$; \
                 CALL q(); REINDEX TABLE t1; CLUSTER t1 USING ix;";
    let table = "CREATE TABLE t1 (n int, m int); CREATE INDEX ix ON t1 (n); \
                 CREATE PROCEDURE q() LANGUAGE sql AS 'INSERT INTO t1 VALUES (8, 8)';";
    let chain = upgrades(&[table, block]);
    both("block", |database, session| {
        session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
        cut_off(database, &chain, "/* migrate: upgrade of r2");
        assert_eq!(done(&session.upgrade(&Runner::new(&chain)).unwrap()), "+r2");
        assert_eq!(session.value("SELECT n FROM t1 ORDER BY 1"), "7 8");
    });
}

/// What the server can't do in a transaction after all is sent alone.
#[test]
fn partitioned_tables_are_done_alone() {
    let table = "CREATE TABLE t1 (n int) PARTITION BY RANGE (n); \
                 CREATE TABLE p1 PARTITION OF t1 FOR VALUES FROM (1) TO (9); CREATE INDEX ix ON t1 (n);";
    let chain = upgrades(&[table, "!REINDEX TABLE t1; REINDEX INDEX ix;"]);
    both("partitioned", |_, session| {
        assert_eq!(done(&session.upgrade(&Runner::new(&chain)).unwrap()), "+r1 +r2");
        no_progress(session);
    });
}

#[test]
fn a_detach_that_was_cut_off_is_finalized() {
    let table = "CREATE TABLE t1 (n int) PARTITION BY RANGE (n); \
                 CREATE TABLE p1 PARTITION OF t1 FOR VALUES FROM (1) TO (9);";
    let chain = upgrades(&[table, "!ALTER TABLE t1 DETACH PARTITION p1 CONCURRENTLY;"]);
    both("detach", |database, session| {
        session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
        let mut other = Session::new(database);
        other.execute("BEGIN; SELECT * FROM t1");
        cut_off(database, &chain, "ALTER TABLE t1 DETACH");
        other.execute("ROLLBACK");
        assert_eq!(session.value("SELECT inhdetachpending FROM pg_inherits"), "t");
        assert_eq!(done(&session.upgrade(&Runner::new(&chain)).unwrap()), "+r2");
        assert_eq!(session.value("SELECT count(*) FROM pg_inherits"), "0");
        no_progress(session);
    });
}

/// The waits of CONCURRENTLY hold up nobody, so they are not cut short, unless the section says so; the statements around
/// them have their limit.
#[test]
fn an_index_is_built_once_however_long_it_waits() {
    let shown = "INSERT INTO t2 SELECT current_setting('lock_timeout')";
    let table = format!("{TABLE} CREATE TABLE t2 (lock_timeout text);");
    let index = format!("!{shown}; CREATE INDEX CONCURRENTLY ix ON t1 (n); {shown};");
    let chain = upgrades(&[&table, &index]);
    both("waits", |database, session| {
        session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
        let mut other = Session::new(database);
        other.execute("BEGIN; INSERT INTO t1 VALUES (0, 0)");
        let url = database.url().to_owned();
        let report = thread::scope(|scope| {
            let run = scope.spawn(|| {
                let runner =
                    Runner::new(&chain).lock_timeout(Duration::from_millis(100)).retries(0);
                Session::open(ClientKind::Blocking, &url).upgrade(&runner)
            });
            thread::sleep(Duration::from_millis(600));
            other.execute("ROLLBACK");
            run.join().unwrap().unwrap()
        });
        assert_eq!(done(&report), "+r2");
        assert_eq!(session.rows("TABLE t2"), ["100ms", "100ms"]);
        assert_eq!(indexes(session), ["ix|t"]);
    });
}

/// What cleans up before another try is tried again as well, under the section's own limit.
#[test]
fn what_is_in_the_way_of_cleaning_up_passes() {
    let chain =
        upgrades(&[TABLE, "!SET lock_timeout = '80ms'; CREATE INDEX CONCURRENTLY ix ON t1 (n);"]);
    both("cleaning", |database, session| {
        session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
        cut_off_index(database, &chain);
        let mut other = Session::new(database);
        other.execute("BEGIN; INSERT INTO t1 VALUES (0, 0)");
        thread::scope(|scope| {
            let run = scope.spawn(|| {
                Session::open(ClientKind::Blocking, database.url()).upgrade(&Runner::new(&chain))
            });
            thread::sleep(Duration::from_millis(400));
            other.execute("ROLLBACK");
            run.join().unwrap().unwrap();
        });
        assert_eq!(indexes(session), ["ix|t"]);
    });
}

/// The lock is proven by each statement's message; whoever has lost it hears why.
#[test]
fn a_lock_that_is_given_back_ends_the_run() {
    let chain = upgrades(&[
        &format!(
            "{TABLE} CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'SELECT pg_advisory_unlock_all()';"
        ),
        "!SELECT f(); INSERT INTO t1 VALUES (0, 0); CREATE INDEX CONCURRENTLY ix ON t1 (n);",
    ]);
    both("lost_lock", |_, session| {
        session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
        let error = session.upgrade(&Runner::new(&chain)).unwrap_err();
        assert!(matches!(error, Error::LostLock { statement: 1, .. }), "{error}");
        assert_eq!(session.value("SELECT count(*) FROM t1 WHERE n = 0"), "0");
    });
}

/// Whatever isolation a database has by default.
#[test]
fn transactions_that_are_serializable_by_default() {
    let chain = sections(&[
        (TABLE, "DROP TABLE t1;"),
        (
            "!INSERT INTO t1 VALUES (0, 0); CREATE INDEX CONCURRENTLY ix ON t1 (n); SELECT 1;",
            "!DROP INDEX CONCURRENTLY ix;",
        ),
        ("CREATE TABLE t3 ();", "DROP TABLE t3;"),
    ]);
    both("isolation", |_, session| {
        for level in ["serializable", "repeatable read"] {
            session.execute(&format!("SET default_transaction_isolation = '{level}'"));
            let runner = Runner::new(&chain);
            assert_eq!(done(&session.upgrade(&runner).unwrap()), "+r1 +r2 +r3");
            assert_eq!(done(&session.downgrade_to(&runner, "base").unwrap()), "-r3 -r2 -r1");
        }
    });
}
