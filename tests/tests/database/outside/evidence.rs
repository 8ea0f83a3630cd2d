//! What the database tells of a statement that nobody heard the end of, where it is no index of ours.

use migrate_core::{Aftermath, Chain, DoubtReason, Error, Runner};

use super::doubt::cut_off_index;
use super::{TABLE, indexes, upgrades};
use crate::support::{Session, both, done};

/// What can't run in a block at all has done nothing, however it is tried; nobody has to be asked.
#[test]
fn a_block_that_can_not_run_is_refused() {
    let chain = upgrades(&[TABLE, "!DO $$ BEGIN EXECUTE 'VACUUM t1'; END $$;"]);
    let fixed = upgrades(&[TABLE, "!VACUUM t1;"]);
    both("no_block", |_, session| {
        for _ in 0..2 {
            let error = session.upgrade(&Runner::new(&chain)).unwrap_err();
            let Error::Statement(error) = error else { panic!("{error}") };
            assert_eq!(error.aftermath, Aftermath::Resumes);
        }
        assert_eq!(done(&session.upgrade(&Runner::new(&fixed)).unwrap()), "+r2");
    });
}

/// An index of the same name that is another one is not the one that was announced.
#[test]
fn another_index_of_the_name_is_not_the_one_that_was_announced() {
    let chain = upgrades(&[TABLE, "!CREATE UNIQUE INDEX CONCURRENTLY ix ON t1 (n, m);"]);
    both("another_index", |database, session| {
        session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
        cut_off_index(database, &chain);
        session.execute("DROP INDEX ix; CREATE INDEX ix ON t1 (n)");
        let error = session.upgrade(&Runner::new(&chain)).unwrap_err();
        assert!(matches!(error, Error::InDoubt { why: DoubtReason::OtherIndex, .. }), "{error}");
        session.execute("DROP INDEX ix");
        session.upgrade(&Runner::new(&chain)).unwrap();
        assert_eq!(indexes(session), ["ix|t"]);
    });
}

/// A database that was created while nobody was there to hear of it is not created again.
#[test]
fn a_database_is_created_once() {
    both("shared", |_, session| {
        let name = format!("{}_made", session.value("SELECT current_database()"));
        let chain = upgrades(&[TABLE, &format!("!CREATE DATABASE {name};")]);
        let dropped = format!("!DROP DATABASE {name};");
        let and_dropped = upgrades(&[TABLE, &format!("!CREATE DATABASE {name};"), &dropped]);
        session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
        let deaf = |session: &mut Session, chain: &Chain<'static>| {
            session.execute(
                "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END'; \
                 CREATE TRIGGER no BEFORE UPDATE ON migrate_progress FOR EACH ROW WHEN (NOT new.started) \
                 EXECUTE FUNCTION no()",
            );
            session.upgrade(&Runner::new(chain)).unwrap_err();
            session.execute("DROP TRIGGER no ON migrate_progress; DROP FUNCTION no()");
            session.upgrade(&Runner::new(chain)).unwrap();
        };
        deaf(session, &chain);
        deaf(session, &and_dropped);
        let there = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
        assert_eq!((session.value(&there), session.applied()), ("0".into(), "r1 r2 r3".into()));
    });
}
