//! Stamps: the history is changed, and nothing runs.

use std::thread;

use migrate_core::{Error, Report, Runner, Status};

use crate::support::{Role, Session, both, database, tables, upgrades, without_trace};

/// What a stamp has recorded and taken out.
fn stamped(report: &Report) -> String {
    assert_eq!(report.done, []);
    let plus = report.stamped.iter().map(|id| format!("+{id}"));
    let minus = report.unstamped.iter().map(|id| format!("-{id}"));
    plus.chain(minus).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_stamp_records_and_runs_nothing() {
    let chain = tables(4);
    both("stamp", |database, session| {
        let runner = Runner::new(&chain);
        let check =
            |session: &mut Session, at: &str, purge: bool, expected: &str, applied: &str| {
                let report = without_trace(session, database, |session| {
                    session.stamp(&runner, at, purge).unwrap()
                });
                assert_eq!(stamped(&report), expected, "{at}");
                assert_eq!((session.applied(), session.tables()), (applied.into(), String::new()));
            };
        check(session, "r2", false, "+r1 +r2", "r1 r2");
        let at = "SELECT applied_at FROM migrate_history WHERE revision = 'r1'";
        let first = session.value(at);
        check(session, "head", false, "+r3 +r4", "r1 r2 r3 r4");
        assert_eq!(session.status(&runner).unwrap(), Status::AtHead);
        session.verify(&runner).unwrap();
        check(session, "-1", false, "-r4", "r1 r2 r3");
        assert_eq!(session.value(at), first, "what is right stays as it is");
        check(session, "r3", false, "", "r1 r2 r3");
        check(session, "r2", true, "+r1 +r2 -r1 -r2 -r3", "r1 r2");
        assert_ne!(session.value(at), first);
        check(session, "base", false, "-r1 -r2", "");
        assert_eq!(session.status(&runner).unwrap(), Status::Empty);
        let log = "SELECT action, revision FROM migrate_log ORDER BY at LIMIT 5";
        assert_eq!(
            session.rows(log),
            ["stamp|r1", "stamp|r2", "stamp|r3", "stamp|r4", "unstamp|r4"]
        );
        let error = session.stamp(&runner, "x9", false).unwrap_err();
        assert!(error.to_string().starts_with("the chain has no revision `x9`"), "{error}");
    });
}

/// What was created by hand is taken over, and the next revisions run on it.
#[test]
fn a_schema_that_was_made_by_hand_is_taken_over() {
    let chain = tables(3);
    both("by_hand", |_, session| {
        session.execute("CREATE TABLE t1 (); CREATE TABLE t2 ()");
        let runner = Runner::new(&chain);
        let error = session.upgrade(&runner).unwrap_err();
        assert!(
            error.to_string().contains("record the revision as applied instead of running it"),
            "{error}"
        );
        session.stamp(&runner, "r2", false).unwrap();
        let report = session.upgrade(&runner).unwrap();
        assert_eq!((report.done.len(), session.tables()), (1, "t1 t2 t3".into()));
        session.downgrade_to(&runner, "base").unwrap();
        assert_eq!(session.tables(), "");
    });
}

/// What another tool has applied is added to what is recorded, and the log says so.
#[test]
fn what_another_tool_has_applied_is_adopted() {
    let chain = tables(4);
    both("adopt", |database, session| {
        let runner = Runner::new(&chain);
        let error = session.adopt(&runner, "r1 r9").unwrap_err();
        assert!(error.to_string().starts_with("the chain has no revision `r9`"), "{error}");
        assert_eq!(session.applied(), "no history", "nothing is made for what can't be");
        for (ids, expected) in [("r1 r2", "+r1 +r2"), ("r2", ""), ("", ""), ("r3", "+r3")] {
            let report =
                without_trace(session, database, |session| session.adopt(&runner, ids).unwrap());
            assert_eq!(stamped(&report), expected, "{ids}");
        }
        assert_eq!((session.applied(), session.tables()), ("r1 r2 r3".into(), String::new()));
        session.upgrade(&runner).unwrap();
        assert_eq!(session.tables(), "t4");
        let log = "SELECT action, revision FROM migrate_log ORDER BY at";
        assert_eq!(session.rows(log), ["adopt|r1", "adopt|r2", "adopt|r3", "upgrade|r4"]);
        let other = Runner::new(&chain).schema("elsewhere");
        session.adopt(&other, "r1").unwrap();
        assert_eq!(session.value("SELECT revision FROM elsewhere.migrate_history"), "r1");
    });
}

#[test]
fn a_stamp_ends_a_divergence() {
    let (ran, other) = (upgrades(&["SELECT 1;", "SELECT 2;"]), tables(2));
    both("diverged", |_, session| {
        session.upgrade(&Runner::new(&ran)).unwrap();
        session.execute(
            "INSERT INTO migrate_history SELECT 'x', 99, undoing, chain_digest, parents, up_digest, down_digest, \
             digest_version, down_sql, down_transactional, transactional, applied_at, applied_by, duration_ms, tool \
             FROM migrate_history LIMIT 1",
        );
        let runner = Runner::new(&other);
        assert!(matches!(session.status(&runner).unwrap(), Status::Diverged(_)));
        let report = session.stamp(&runner, "head", false).unwrap();
        assert_eq!(stamped(&report), "+r1 +r2 -r1 -r2 -x");
        assert_eq!(session.status(&runner).unwrap(), Status::AtHead);
    });
}

/// A revision outside a transaction that stopped in the middle is what the stamp says.
#[test]
fn a_stamp_ends_what_was_begun() {
    let (name, text) =
        crate::support::file("r1", "", "CREATE TABLE t1 (); SELECT 1 / 0;", "SELECT 1;");
    let text = text.replace("-- migrate:up", "-- migrate:up transaction:false");
    let chain = crate::support::chain_of(&[(name, text)]);
    both("begun", |_, session| {
        let runner = Runner::new(&chain);
        session.upgrade(&runner).unwrap_err();
        assert_eq!(session.value("SELECT count(*) FROM migrate_progress"), "1");
        session.stamp(&runner, "head", false).unwrap();
        assert_eq!(session.value("SELECT count(*) FROM migrate_progress"), "0");
        session.upgrade(&runner).unwrap();
    });
}

#[test]
fn stamps_at_once_record_once() {
    let chain = tables(5);
    let database = database("at_once");
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                Session::new(&database).stamp(&Runner::new(&chain), "head", false).unwrap()
            });
        }
    });
    let mut session = Session::new(&database);
    assert_eq!(session.applied(), "r1 r2 r3 r4 r5");
    assert_eq!(session.value("SELECT count(*) FROM migrate_log"), "5");
}

#[test]
fn a_role_that_may_only_read_can_not_stamp() {
    let chain = tables(2);
    let database = database("reader");
    let mut owner = Session::new(&database);
    let runner = Runner::new(&chain);
    owner.upgrade_to(&runner, "r1").unwrap();
    let role = Role::new(&database);
    role.grant("SELECT ON migrate_history");
    let mut session = Session::open(crate::support::ClientKind::Tokio, &role.url());
    let error = without_trace(&mut session, &database, |session| {
        session.stamp(&runner, "head", false).unwrap_err()
    });
    let Error::Denied { .. } = &error else { panic!("{error:?}") };
    assert_eq!(owner.applied(), "r1");
}
