//! What a refused statement leaves behind: the revision is half done by that, and nothing of it stays for good.

use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use migrate_core::{Chain, Event, PlanError, Runner};

use super::{TABLE, indexes, no_progress, sections, upgrades};
use crate::support::{ClientKind, Role, Session, both, database, done, eventually};

const SHORT: Duration = Duration::from_millis(700);

/// Refuses the statement that waits for a transaction which has read this table.
fn times_out(
    session: &mut Session,
    other: &mut Session,
    run: impl Fn(&mut Session) -> String,
) -> String {
    other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM t1");
    let error = run(session);
    other.execute("ROLLBACK");
    assert!(error.contains("statement timeout"), "{error}");
    error
}

fn upgrade_times_out(session: &mut Session, other: &mut Session, chain: &Chain<'static>) -> String {
    times_out(session, other, |session| {
        let runner = Runner::new(chain).statement_timeout(SHORT);
        session.upgrade(&runner).unwrap_err().to_string()
    })
}

#[test]
fn a_refused_first_statement_that_has_left_something_is_half_done() {
    let table = format!("{TABLE} CREATE INDEX old ON t1 (m);");
    let partitioned = "CREATE TABLE t1 (n int) PARTITION BY LIST (n); CREATE TABLE p1 PARTITION OF t1 FOR VALUES IN (1);";
    for (table, up, down) in [
        (table.as_str(), "!CREATE UNIQUE INDEX CONCURRENTLY ix ON t1 (n);", "DROP INDEX ix;"),
        (table.as_str(), "!DROP INDEX CONCURRENTLY old;", "CREATE INDEX old ON t1 (m);"),
        (table.as_str(), "!REINDEX INDEX CONCURRENTLY old;", "SELECT 1;"),
        (
            partitioned,
            "!ALTER TABLE t1 DETACH PARTITION p1 CONCURRENTLY;",
            "ALTER TABLE t1 ATTACH PARTITION p1 FOR VALUES IN (1);",
        ),
    ] {
        let chain = sections(&[
            ("CREATE TABLE t0 ();", "DROP TABLE t0;"),
            (table, "DROP TABLE t1;"),
            (up, down),
        ]);
        both("left_first", |database, session| {
            let runner = Runner::new(&chain);
            session.upgrade_to(&runner, "r2").unwrap();
            upgrade_times_out(session, &mut Session::new(database), &chain);
            let stopped = "the upgrade of `r3` stopped at statement 1 of 1";
            assert_eq!(
                session.status(&runner).unwrap().to_string(),
                format!("partial: {stopped}"),
                "{up}"
            );
            for target in ["r1", "r2", "base"] {
                let error = session.downgrade_to(&runner, target).unwrap_err();
                assert!(
                    matches!(error, migrate_core::Error::Plan(PlanError::HalfDone(_))),
                    "{up} {target}: {error}"
                );
            }
            assert_eq!(done(&session.upgrade(&runner).unwrap()), "+r3", "{up}");
            no_progress(session);
            assert_eq!(
                done(&session.downgrade_to(&runner, "base").unwrap()),
                "-r3 -r2 -r1",
                "{up}"
            );
        });
    }
}

#[test]
fn a_downgrade_whose_first_statement_has_left_something_is_not_at_head() {
    let chain = sections(&[
        (TABLE, "DROP TABLE t1;"),
        ("!CREATE UNIQUE INDEX CONCURRENTLY ix ON t1 (n);", "!DROP INDEX CONCURRENTLY ix;"),
    ]);
    both("left_down", |database, session| {
        let runner = Runner::new(&chain);
        session.upgrade(&runner).unwrap();
        times_out(session, &mut Session::new(database), |session| {
            let runner = Runner::new(&chain).statement_timeout(SHORT);
            session.downgrade_to(&runner, "r1").unwrap_err().to_string()
        });
        assert_eq!(indexes(session), ["ix|f"]);
        let stopped = "the downgrade of `r2` stopped at statement 1 of 1";
        assert_eq!(session.status(&runner).unwrap().to_string(), format!("partial: {stopped}"));
        for error in
            [session.upgrade(&runner).unwrap_err(), session.command(&runner, "verify").unwrap_err()]
        {
            assert!(error.to_string().starts_with(stopped), "{error}");
        }
        assert_eq!(done(&session.downgrade_to(&runner, "r1").unwrap()), "-r2");
        assert_eq!(indexes(session).len(), 0);
    });
}

/// The statement that was refused may be edited. What it has left is dropped all the same.
#[test]
fn what_an_edited_statement_has_left_is_dropped() {
    let chain =
        |last: &str| sections(&[(TABLE, "DROP TABLE t1;"), (last, "DROP INDEX IF EXISTS iy;")]);
    let first = chain("!CREATE UNIQUE INDEX CONCURRENTLY ix ON t1 (n);");
    for edited in
        ["!CREATE INDEX CONCURRENTLY iy ON t1 (n);", "!CREATE INDEX iy ON t1 (n); SELECT 1;"]
    {
        both("left_edited", |database, session| {
            session.upgrade_to(&Runner::new(&first), "r1").unwrap();
            let error = upgrade_times_out(session, &mut Session::new(database), &first);
            assert!(
                error.contains("which no query uses, but which may refuse duplicate rows"),
                "{error}"
            );
            let (told, edited) = (Mutex::new(String::new()), chain(edited));
            let runner = Runner::new(&edited).observe(|event| {
                if let Event::Warning { message, .. } = event {
                    told.lock().unwrap().push_str(message);
                }
            });
            assert_eq!(done(&session.upgrade(&runner).unwrap()), "+r2");
            assert_eq!(indexes(session), ["iy|t"]);
            assert!(told.lock().unwrap().contains("`public.ix` is dropped"));
            session.execute("INSERT INTO t1 VALUES (1, 1)");
        });
    }
    // One that was there before is somebody's.
    let table = format!("{TABLE} CREATE INDEX old ON t1 (m);");
    let first = upgrades(&[&table, "!DROP INDEX CONCURRENTLY old;"]);
    let edited = upgrades(&[&table, "!SELECT 1;"]);
    both("left_old", |database, session| {
        session.upgrade_to(&Runner::new(&first), "r1").unwrap();
        upgrade_times_out(session, &mut Session::new(database), &first);
        let told = Mutex::new(String::new());
        let runner = Runner::new(&edited).observe(|event| {
            if let Event::Warning { message, .. } = event {
                told.lock().unwrap().push_str(message);
            }
        });
        session.upgrade(&runner).unwrap();
        assert_eq!(indexes(session), ["old|f"]);
        let told = told.lock().unwrap().clone();
        assert!(told.contains("has made the index `public.old` invalid"), "{told}");
        session.execute("REINDEX INDEX CONCURRENTLY old");
        assert_eq!(indexes(session), ["old|t"]);
    });
}

/// Who may not read the statistics of others does not see what they build, but sees their lock.
#[test]
fn an_index_that_somebody_builds_is_not_dropped() {
    let chain =
        upgrades(&["CREATE TABLE t1 (n int, m int);", "!CREATE INDEX CONCURRENTLY ix ON t1 (n);"]);
    let database = database("builder");
    let role = Role::new(&database);
    role.grant("ALL ON SCHEMA public");
    let mut session = Session::open(ClientKind::Blocking, &role.url());
    session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
    let (mut other, mut builder) = (Session::new(&database), Session::new(&database));
    other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
    let oid = "SELECT indexrelid, indisvalid FROM pg_index WHERE indexrelid = to_regclass('ix')";
    let error = thread::scope(|scope| {
        let built =
            scope.spawn(move || builder.execute("CREATE INDEX CONCURRENTLY ix ON t1 (n, m)"));
        let mut seen = Session::new(&database);
        eventually("the index is there", || !seen.value(oid).is_empty());
        let before = seen.value("SELECT to_regclass('ix')::oid");
        let run = scope.spawn(|| session.upgrade(&Runner::new(&chain)).unwrap_err().to_string());
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                     AND query LIKE 'CREATE INDEX%' AND wait_event_type = 'Lock'";
        eventually("both wait", || seen.value(waits) == "2");
        other.execute("ROLLBACK");
        built.join().unwrap();
        let error = run.join().unwrap();
        assert_eq!(seen.rows(oid), [format!("{before}|t")]);
        error
    });
    assert!(error.contains("already exists (SQLSTATE 42P07)"), "{error}");
}

/// An invalid index of somebody's is in the way, and what it was is told.
#[test]
fn an_invalid_index_of_somebody_is_dropped_aloud() {
    let chain = upgrades(&[TABLE, "!CREATE INDEX CONCURRENTLY ix ON t1 (n);"]);
    both("somebodys", |_, session| {
        session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
        session.execute("CREATE INDEX ix ON t1 (m); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix'::regclass");
        let told = Mutex::new(String::new());
        let runner = Runner::new(&chain).observe(|event| {
            if let Event::Warning { message, .. } = event {
                told.lock().unwrap().push_str(message);
            }
        });
        session.upgrade(&runner).unwrap();
        assert_eq!(indexes(session), ["ix|t"]);
        assert!(
            told.lock().unwrap().contains("it was: CREATE INDEX ix ON public.t1 USING btree (m)")
        );
    });
}
