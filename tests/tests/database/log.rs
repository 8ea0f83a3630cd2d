//! The log: what happened, failures too.

use migrate_core::Runner;

use crate::support::{Role, Session, Way, both, chain_of, file, tables, upgrades};

#[test]
fn the_log_tells_what_happened() {
    let good = tables(2);
    both("log_all", |_, session| {
        let runner = Runner::new(&good);
        assert_eq!(session.log(&runner).unwrap(), [], "no tables yet");
        session.upgrade(&runner).unwrap();
        session.downgrade_to(&runner, "-1").unwrap();
        session.stamp(&runner, "base", false).unwrap();
        session.stamp(&runner, "r1", false).unwrap();
        let log = session.log(&runner).unwrap();
        let shown: Vec<_> = log.iter().map(|e| format!("{} {}", e.action, e.revision)).collect();
        assert_eq!(shown, ["upgrade r1", "upgrade r2", "downgrade r2", "unstamp r1", "stamp r1"]);
        for entry in &log {
            assert_eq!((entry.by.as_str(), entry.tool.as_str()), ("postgres", "migrate 0.3.0"));
            assert_eq!(entry.duration_ms.is_some(), !entry.action.ends_with("stamp"), "{entry:?}");
            assert!(entry.at.ends_with('Z') && entry.error.is_none(), "{entry:?}");
        }
    });
}

#[test]
fn a_failure_is_noted_in_any_way() {
    let chain = upgrades(&["CREATE TABLE t1 ();", "SELECT 1;\nSELECT 1 / 0;"]);
    both("log_failure", |_, session| {
        for way in Way::ALL {
            println!("{way:?}");
            let runner = way.of(Runner::new(&chain));
            session.upgrade(&runner).unwrap_err();
            let log = session.log(&runner).unwrap();
            let failure = log.last().unwrap();
            assert_eq!((failure.action.as_str(), failure.revision.as_str()), ("failure", "r2"));
            assert_eq!(failure.duration_ms, None);
            let expected = "upgrade of `r2` failed: division by zero (SQLSTATE 22012) at migrations/r2.sql:7:1";
            assert_eq!(failure.error.as_deref(), Some(expected));
            session.clear();
        }
    });
}

#[test]
fn a_failure_outside_a_transaction_is_noted() {
    let (name, text) = file("r1", "", "CREATE TABLE t1 ();\nSELECT 'it''s' / 0;", "SELECT 1;");
    let text = text.replace("-- migrate:up", "-- migrate:up transaction:false");
    let chain = chain_of(&[(name, text)]);
    both("log_outside", |_, session| {
        let runner = Runner::new(&chain);
        session.upgrade(&runner).unwrap_err();
        let log = session.log(&runner).unwrap();
        let error = log[0].error.as_deref().unwrap();
        assert!(error.ends_with("at migrations/r1.sql:7:8"), "{error}");
        assert!(error.contains("\"it's\""), "{error}");
        assert_eq!(log.len(), 1);
    });
}

/// Who may not write the log learns what has failed all the same.
#[test]
fn a_failure_that_can_not_be_noted() {
    let chain = upgrades(&["SELECT 1;", "SELECT 1 / 0;"]);
    both("log_denied", |database, owner| {
        let runner = Runner::new(&chain);
        owner.upgrade_to(&runner, "r1").unwrap();
        let role = Role::new(database);
        role.grant("ALL ON migrate_history");
        role.grant("SELECT ON migrate_layout");
        role.grant("ALL ON SEQUENCE migrate_statement");
        let mut session = Session::open(crate::support::ClientKind::Blocking, &role.url());
        let error = session.upgrade(&runner).unwrap_err();
        assert!(error.to_string().contains("division by zero"), "{error}");
        let error = session.log(&runner).unwrap_err();
        assert!(error.to_string().contains("permission denied for table migrate_log"), "{error}");
        assert_eq!(owner.log(&runner).unwrap().len(), 1);
    });
}
