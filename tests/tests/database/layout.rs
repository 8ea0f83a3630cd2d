//! The layout of the history's tables: older ones are brought up to date, newer ones are left alone.

use migrate_core::{Error, Runner, Status};

use crate::support::{Role, Session, both, done, tables, without_trace};

/// Turns the tables into what layout 1 was.
const OLDER: &str =
    "ALTER TABLE migrate_history DROP down_lock_timeout_ms, DROP down_statement_timeout_ms;
ALTER TABLE migrate_progress DROP statement_digest, DROP found;
UPDATE migrate_layout SET version = 1";

const COLUMNS: &str = "SELECT table_name, ordinal_position, column_name, data_type, is_nullable FROM \
     information_schema.columns WHERE table_name LIKE 'migrate%' AND column_name NOT LIKE '%timeout_ms' \
     AND column_name NOT IN ('statement_digest', 'found') \
     ORDER BY 1, 2; SELECT table_name, column_name, data_type FROM information_schema.columns \
     WHERE column_name LIKE '%timeout_ms' OR column_name IN ('statement_digest', 'found') \
     ORDER BY 1, ordinal_position; TABLE migrate_layout";

#[test]
fn an_older_layout_is_brought_up_to_date_by_whoever_writes() {
    let chain = tables(3);
    both("older", |database, session| {
        for command in ["upgrade +1", "upgrade head", "downgrade -1", "stamp"] {
            println!("{command}");
            let runner = Runner::new(&chain);
            session.upgrade_to(&runner, "r2").unwrap();
            let new = session.rows(COLUMNS);
            session.execute(OLDER);
            let old = session.rows(COLUMNS);
            without_trace(session, database, |session| {
                // Reading changes nothing, nor does a run with nothing to do.
                assert!(matches!(session.status(&runner).unwrap(), Status::Behind { .. }));
                assert_eq!(session.history(&runner).unwrap().records.len(), 2);
                assert_eq!(done(&session.upgrade_to(&runner, "r2").unwrap()), "");
                assert_eq!(session.rows(COLUMNS), old);
                match command {
                    "stamp" => session.stamp(&runner, "head", false).map(drop),
                    command => session.command(&runner, command).map(drop),
                }
                .unwrap();
                assert_eq!(session.rows(COLUMNS), new);
            });
            session.clear();
        }
    });
}

#[test]
fn many_meet_an_older_layout_at_once() {
    let chain = tables(4);
    both("older_many", |database, session| {
        session.upgrade_to(&Runner::new(&chain), "r2").unwrap();
        session.execute(OLDER);
        std::thread::scope(|scope| {
            let runs: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| Session::new(database).upgrade(&Runner::new(&chain))))
                .collect();
            for run in runs {
                run.join().unwrap().unwrap();
            }
        });
        assert_eq!(session.applied(), "r1 r2 r3 r4");
        assert_eq!(session.value("TABLE migrate_layout"), "3");
    });
}

#[test]
fn a_newer_layout_is_read_and_not_written() {
    let chain = tables(3);
    both("newer", |database, session| {
        let runner = Runner::new(&chain);
        session.upgrade_to(&runner, "r2").unwrap();
        session.execute(
            "UPDATE migrate_layout SET version = 9; ALTER TABLE migrate_history ADD later int",
        );
        without_trace(session, database, |session| {
            let expected = "the history's tables have layout 9, of a newer program; this one knows up to \
                            3\n = help: run a newer release of this program";
            for command in ["upgrade head", "downgrade -1", "stamp"] {
                let error = match command {
                    "stamp" => session.stamp(&runner, "head", false).unwrap_err(),
                    command => session.command(&runner, command).unwrap_err(),
                };
                assert!(matches!(error, Error::NewerLayout { found: 9, known: 3 }), "{error:?}");
                assert_eq!(error.to_string(), expected);
            }
            // A server of an older release still starts where there is nothing to do.
            assert_eq!(done(&session.upgrade_to(&runner, "r2").unwrap()), "");
            assert!(matches!(session.status(&runner).unwrap(), Status::Behind { .. }));
        });
        assert_eq!(session.applied(), "r1 r2");
    });
}

#[test]
fn a_layout_that_says_nothing() {
    let chain = tables(3);
    let cases = [
        ("DELETE FROM migrate_layout", "this row is none of ours"),
        ("ALTER TABLE migrate_layout RENAME version TO v", "column \"version\" does not exist"),
    ];
    both("no_layout", |database, session| {
        for (change, expected) in cases {
            println!("{change}");
            let runner = Runner::new(&chain);
            session.upgrade_to(&runner, "r2").unwrap();
            session.execute(change);
            let error =
                without_trace(session, database, |session| session.upgrade(&runner).unwrap_err());
            assert!(matches!(error, Error::UnrecognizedTable { .. }), "{error:?}");
            assert!(error.to_string().contains(expected), "{error}");
            assert_eq!(session.applied(), "r1 r2");
            session.clear();
        }
    });
}

#[test]
fn a_role_that_may_not_change_an_older_layout() {
    let chain = tables(3);
    both("older_role", |database, owner| {
        let runner = Runner::new(&chain);
        owner.upgrade_to(&runner, "r2").unwrap();
        owner.execute(OLDER);
        let role = Role::new(database);
        role.grant("ALL ON migrate_history, migrate_log, migrate_progress, migrate_layout");
        let mut session = Session::open(crate::support::ClientKind::Tokio, &role.url());
        let error = session.upgrade(&runner).unwrap_err();
        assert!(matches!(error, Error::Denied { .. }), "{error:?}");
        assert!(error.to_string().contains("must be owner of table migrate_history"), "{error}");
    });
}
