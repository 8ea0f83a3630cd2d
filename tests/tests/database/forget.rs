//! All of our tables are removed, and nothing else.

use std::time::{Duration, Instant};

use migrate_core::runner::HistoryTables;
use migrate_core::{Error, Report, Runner};

use crate::support::{Session, both, call, database, tables, without_trace};

fn forget(session: &mut Session, runner: &Runner<'_>) -> Result<Report, Error> {
    call!(session, runner.forget forget_async forget_sqlx())
}

fn found(session: &mut Session, runner: &Runner<'_>) -> HistoryTables {
    call!(session, runner.history_tables history_tables_async history_tables_sqlx()).unwrap()
}

const ALL: &str = "migrate_history migrate_log migrate_layout migrate_progress migrate_statement";
const RELATIONS: &str = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace \
                         AND relkind IN ('r', 'v', 'S') ORDER BY 1";

#[test]
fn our_tables_go_and_the_others_stay() {
    let chain = tables(2);
    both("forget", |database, session| {
        let runner = Runner::new(&chain);
        assert_eq!(forget(session, &runner).unwrap().forgotten, [""; 0]);
        let other = Runner::new(&chain).table_prefix("other_");
        session.upgrade(&runner).unwrap();
        session.stamp(&other, "head", false).unwrap();
        session.execute("CREATE TABLE migrate_users ()");
        assert_eq!(found(session, &runner).own.join(" "), ALL);
        let report = without_trace(session, database, |session| forget(session, &runner).unwrap());
        assert_eq!(report.forgotten.join(" "), ALL);
        assert_eq!(
            session.value(RELATIONS),
            "migrate_users other_history other_layout other_log other_progress other_statement t1 t2"
        );
        assert_eq!(found(session, &runner), HistoryTables::default());
        assert_eq!(forget(session, &runner).unwrap().forgotten, [""; 0]);
        // Begun anew.
        session.stamp(&runner, "head", false).unwrap();
        session.verify(&runner).unwrap();
    });
}

#[test]
fn what_is_left_of_them_goes_and_what_is_not_ours_stays() {
    let chain = tables(1);
    both("forget_some", |database, session| {
        let runner = Runner::new(&chain);
        session.upgrade(&runner).unwrap();
        session.execute(
            "DROP TABLE migrate_history, migrate_progress; DROP SEQUENCE migrate_statement; \
             CREATE VIEW migrate_history AS SELECT 1; CREATE TABLE migrate_statement (n int)",
        );
        let before = found(session, &runner);
        assert_eq!(before.own.join(" "), "migrate_log migrate_layout");
        let foreign: Vec<String> = before.foreign.iter().map(ToString::to_string).collect();
        assert_eq!(
            foreign,
            ["`migrate_history` is a view", "`migrate_statement` is a table with other columns"]
        );
        let report = without_trace(session, database, |session| forget(session, &runner).unwrap());
        assert_eq!(report.forgotten.join(" "), "migrate_log migrate_layout");
        assert_eq!(session.value(RELATIONS), "migrate_history migrate_statement t1");
    });
}

/// Names that have to be quoted, in a schema of their own, which stays.
#[test]
fn names_of_every_kind() {
    let chain = tables(1);
    both("forget_names", |_, session| {
        let runner = Runner::new(&chain).schema("O'ps \"x\"").table_prefix("Db's \"");
        session.upgrade(&runner).unwrap();
        assert_eq!(found(session, &runner).own.len(), 5);
        assert_eq!(forget(session, &runner).unwrap().forgotten.len(), 5);
        assert_eq!(found(session, &runner), HistoryTables::default());
        let schema = "SELECT count(*) FROM pg_namespace WHERE nspname = 'O''ps \"x\"'";
        assert_eq!(session.value(schema), "1");
    });
}

#[test]
fn somebody_elses_view_of_the_history_is_an_error() {
    let chain = tables(1);
    both("forget_view", |database, session| {
        let runner = Runner::new(&chain);
        session.upgrade(&runner).unwrap();
        session.execute("CREATE VIEW report AS TABLE migrate_history");
        let error =
            without_trace(session, database, |session| forget(session, &runner).unwrap_err());
        let text = error.to_string();
        assert!(text.starts_with("removing the tables of migrate failed: "), "{text}");
        assert!(text.contains("view report depends on table migrate_history"), "{text}");
        assert_eq!(session.applied(), "r1");
        // In a transaction of the caller's nothing is removed, and nothing committed.
        session.execute("DROP VIEW report; BEGIN");
        let error = forget(session, &runner).unwrap_err();
        assert!(matches!(error, Error::InTransaction), "{error:?}");
        session.execute("ROLLBACK");
    });
}

/// Who has the lock is named, and nobody waits for it.
#[test]
fn nothing_is_removed_while_a_migration_runs() {
    let chain = tables(1);
    let database = database("forget_busy");
    let mut session = Session::new(&database);
    let runner = Runner::new(&chain);
    session.upgrade(&runner).unwrap();
    let slow = crate::support::slow();
    std::thread::scope(|scope| {
        let mut other = Session::new(&database);
        let running = scope.spawn(move || {
            let runner = Runner::new(&slow);
            other.execute("DROP TABLE IF EXISTS t1; DELETE FROM migrate_history");
            other.upgrade(&runner).map(|_| ())
        });
        let held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted";
        crate::support::eventually("the other has the lock", || {
            session.applied() == "r1" && session.value(held) != "0"
        });
        let start = Instant::now();
        let error = forget(&mut session, &runner).unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(1));
        let Error::LockTimeout { holder: Some(_), .. } = &error else { panic!("{error:?}") };
        session.execute("CREATE TABLE go ()");
        running.join().unwrap().unwrap();
    });
    assert_ne!(session.applied(), "no history");
    forget(&mut session, &runner).unwrap();
    assert_eq!(session.applied(), "no history");
}
