//! Roles that may do little, and sessions that only read.

use migrate_core::{Error, Runner, Status};

use crate::support::{Role, Session, both, connection, done, tables, without_trace};

/// Opens a session of the same kind for a role.
fn log_in(session: &Session, url: &str) -> Session {
    let kind = session.kind();
    Session::open(kind, url)
}

/// Every way to write is denied, and nothing is written.
fn check_denied(owner: &mut Session, session: &mut Session, runner: &Runner<'_>, code: &str) {
    let state = "SELECT relname, relacl FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    let rows = "TABLE migrate_history; TABLE migrate_log; TABLE migrate_statement";
    let before = (owner.rows(state), owner.rows(rows));
    for command in ["upgrade head", "upgrade +1", "downgrade -1"] {
        let result = session.command(runner, command);
        let Err(Error::Denied { failure, .. }) = &result else { panic!("{result:?}") };
        assert_eq!(failure.code.as_deref(), Some(code));
        let text = result.unwrap_err().to_string();
        assert!(text.contains(" is not allowed: "), "{text}");
        let help = match code {
            "25006" => "\n = help: connect to the primary (of several hosts,",
            _ => "\n = help: connect as the role that owns the schema",
        };
        assert!(text.contains(help), "{text}");
    }
    assert_eq!((owner.rows(state), owner.rows(rows)), before);
}

#[test]
fn a_role_that_may_only_read_the_history() {
    let chain = tables(3);
    both("reader", |database, owner| {
        let runner = Runner::new(&chain);
        owner.upgrade_to(&runner, "r2").unwrap();
        let role = Role::new(database);
        role.grant("SELECT ON migrate_history");
        let mut session = log_in(owner, &role.url());
        without_trace(&mut session, database, |session| {
            let status = session.status(&runner).unwrap();
            let Status::BehindOrPartial { pending, .. } = &status else { panic!("{status}") };
            assert_eq!(*pending, ["r3"]);
            assert_eq!(session.history(&runner).unwrap().records.len(), 2);
            assert!(matches!(session.verify(&runner), Err(Error::NotAtHead { .. })));
            check_denied(owner, session, &runner, "42501");
        });
        owner.upgrade(&runner).unwrap();
        without_trace(&mut session, database, |session| {
            assert_eq!(session.status(&runner).unwrap(), Status::AtHead);
            session.verify(&runner).unwrap();
            // A server with such a role may call the same as one that migrates.
            assert_eq!(session.upgrade(&runner).unwrap().round_trips, 1);
        });
    });
}

#[test]
fn a_role_that_may_do_nothing() {
    let chain = tables(3);
    both("nobody", |database, owner| {
        let runner = Runner::new(&chain);
        let role = Role::new(database);
        let mut session = log_in(owner, &role.url());
        // No history yet: that can be seen, and none can be made.
        owner.execute("REVOKE CREATE ON SCHEMA public FROM public");
        without_trace(&mut session, database, |session| {
            assert_eq!(session.status(&runner).unwrap(), Status::Empty);
            let error = session.upgrade(&runner).unwrap_err();
            let expected = "changing the history of migrations is not allowed: \
                            permission denied for schema public (SQLSTATE 42501)";
            assert!(error.to_string().starts_with(expected), "{error}");
        });
        owner.upgrade_to(&runner, "r2").unwrap();
        without_trace(&mut session, database, |session| {
            check_denied(owner, session, &runner, "42501");
            for error in
                [session.status(&runner).unwrap_err(), session.verify(&runner).unwrap_err()]
            {
                let expected = "reading the history of migrations is not allowed: \
                                permission denied for table migrate_history (SQLSTATE 42501)";
                assert!(error.to_string().starts_with(expected), "{error}");
            }
        });
    });
}

#[test]
fn a_schema_that_the_role_may_not_enter() {
    let chain = tables(3);
    both("schema", |database, owner| {
        let runner = Runner::new(&chain).schema("books");
        owner.upgrade_to(&runner, "r2").unwrap();
        let role = Role::new(database);
        let mut session = log_in(owner, &role.url());
        for error in [session.status(&runner).unwrap_err(), session.upgrade(&runner).unwrap_err()] {
            let Error::Denied { .. } = error else { panic!("{error:?}") };
            assert!(error.to_string().contains("permission denied for schema books"), "{error}");
        }
    });
}

/// A migration's own lack of rights is the migration's, not the history's.
#[test]
fn a_role_that_may_record_but_not_migrate() {
    let chain =
        crate::support::upgrades(&["CREATE TABLE t1 ();", "SELECT 1;\nALTER TABLE t1 ADD n int;"]);
    both("recorder", |database, owner| {
        let runner = Runner::new(&chain);
        owner.upgrade_to(&runner, "r1").unwrap();
        let role = Role::new(database);
        role.grant("ALL ON migrate_history, migrate_log");
        role.grant("SELECT ON migrate_layout");
        role.grant("ALL ON SEQUENCE migrate_statement");
        let mut session = log_in(owner, &role.url());
        let error =
            without_trace(&mut session, database, |session| session.upgrade(&runner).unwrap_err());
        let expected = "upgrade of `r2` failed: must be owner of table t1 (SQLSTATE 42501)
 --> migrations/r2.sql:7:1
  |
7 | ALTER TABLE t1 ADD n int;
  | ^^^^^^^^^^^^^^^^^^^^^^^^^ statement 2 of 2
  = note: the revision was rolled back
  = help: run as the role that owns the objects, or grant this one what it lacks: `GRANT CREATE ON SCHEMA …`, ON DATABASE or ON TABLESPACE";
        assert_eq!(error.to_string(), expected);
        assert_eq!(owner.applied(), "r1");
    });
}

#[test]
fn a_session_that_only_reads() {
    let chain = tables(3);
    both("read_only", |database, owner| {
        let runner = Runner::new(&chain);
        let options = [("options", "-c default_transaction_read_only=on")];
        let mut session = log_in(owner, &connection(database, &options));
        without_trace(&mut session, database, |session| {
            assert_eq!(session.status(&runner).unwrap(), Status::Empty);
            let error = session.upgrade(&runner).unwrap_err();
            let expected = "changing the history of migrations is not allowed: ";
            assert!(error.to_string().starts_with(expected), "{error}");
            assert!(
                error.to_string().contains("read-only transaction (SQLSTATE 25006)"),
                "{error}"
            );
        });
        assert_eq!(owner.applied(), "no history");
        owner.upgrade_to(&runner, "r2").unwrap();
        without_trace(&mut session, database, |session| {
            assert!(matches!(session.status(&runner), Ok(Status::Behind { .. })));
            check_denied(owner, session, &runner, "25006");
        });
        owner.upgrade(&runner).unwrap();
        without_trace(&mut session, database, |session| {
            session.verify(&runner).unwrap();
            assert_eq!(done(&session.upgrade(&runner).unwrap()), "");
        });
    });
}

/// Two schemas, two histories: the rights of one say nothing of the other.
#[test]
fn an_owner_that_is_no_superuser_can_do_it_all() {
    let chain = tables(3);
    both("owner", |database, owner| {
        let role = Role::new(database);
        role.grant(&format!("CREATE ON DATABASE \"{}\"", database.name()));
        role.grant("ALL ON SCHEMA public");
        let mut session = log_in(owner, &role.url());
        let runner = Runner::new(&chain).schema("theirs");
        without_trace(&mut session, database, |session| {
            assert_eq!(done(&session.upgrade(&runner).unwrap()), "+r1 +r2 +r3");
            assert_eq!(done(&session.downgrade_to(&runner, "r1").unwrap()), "-r3 -r2");
            assert_eq!(done(&session.upgrade(&runner).unwrap()), "+r2 +r3");
        });
        let by = "SELECT DISTINCT applied_by FROM theirs.migrate_history";
        assert_eq!(session.value(by), role.name);
    });
}
