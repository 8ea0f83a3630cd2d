//! What the database tells of a statement that nobody heard the end of, where it is no index of ours.

use migrate_core::runner::{Aftermath, DoubtReason};
use migrate_core::{Chain, Error, Event, Runner};

use super::doubt::cut_off_index;
use super::{TABLE, indexes, upgrades};
use crate::support::{Role, Session, aside, both, done};

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

/// The statement of a revision that was refused, and all that is said of it.
fn failed(session: &mut Session, chain: &Chain<'static>) -> (String, String) {
    let error = session.upgrade(&Runner::new(chain)).unwrap_err();
    let text = error.to_string();
    let Error::Statement(error) = error else { panic!("{error}") };
    (error.source.slice(error.span).to_owned(), text)
}

/// What a statement has left behind is said at once, and what becomes of it.
#[test]
fn an_index_that_fails_leaves_an_invalid_one() {
    let unique = "CREATE UNIQUE INDEX CONCURRENTLY ix ON t1 (m);";
    let chain = upgrades(&[TABLE, &format!("!{unique}")]);
    both("left", |_, session| {
        let (_, text) = failed(session, &chain);
        assert!(text.contains("it has left the invalid index `public.ix`"), "{text}");
        assert!(text.contains("the next run drops it and builds it again"), "{text}");
        assert!(text.contains("change or delete the duplicate rows"), "{text}");
        assert_eq!(indexes(session), ["ix|f"]);
        session.execute("DELETE FROM t1 WHERE n > 10");
        assert_eq!(done(&session.upgrade(&Runner::new(&chain)).unwrap()), "+r2");
        assert_eq!(indexes(session), ["ix|t"]);
        // One that the server refuses to begin leaves nothing.
        let other = upgrades(&[TABLE, &format!("!{unique}"), &format!("!{unique}")]);
        let (_, text) = failed(session, &other);
        assert!(!text.contains("has left"), "{text}");
    });
}

/// What goes before a statement may be refused as well: for a role that the revision has taken.
#[test]
fn a_role_that_may_not_look_is_shown_with_the_statement() {
    both("no_usage", |database, session| {
        let role = Role::new(database);
        let unique = "CREATE UNIQUE INDEX CONCURRENTLY ix ON s.t1 (m);";
        let chain = upgrades(&[
            &format!("CREATE SCHEMA s; {}", TABLE.replace("t1", "s.t1")),
            &format!("!SET ROLE \"{}\"; {unique}", role.name),
        ]);
        session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
        session.try_rows(unique).unwrap_err();
        let (statement, text) = failed(session, &chain);
        assert_eq!(statement, unique);
        assert!(text.contains("permission denied for schema s (SQLSTATE 42501)"), "{text}");
        assert!(text.contains("statement 2 of 2"), "{text}");
        role.grant("USAGE ON SCHEMA s");
        let (statement, text) = failed(session, &chain);
        assert_eq!(statement, unique);
        assert!(text.contains("must be owner of index ix"), "{text}");
        assert!(text.contains("dropping the invalid index `s.ix`, which an earlier try"), "{text}");
        assert_eq!(session.value("SELECT current_setting('role')"), "none");
    });
}

/// The session's role is gone, so that its settings can't be put back: the lock is given back all the same.
#[test]
fn a_lock_is_given_back_by_a_role_that_is_gone() {
    let chain = upgrades(&[TABLE, "!SELECT 1; VACUUM t1;"]);
    both("gone", |database, session| {
        let name = format!("{}_gone", database.name());
        session.execute(&format!(
            "CREATE ROLE \"{name}\"; GRANT ALL ON SCHEMA public TO \"{name}\"; SET ROLE \"{name}\""
        ));
        let runner = Runner::new(&chain).observe(|event| {
            if let Event::Statement { revision: "r2", number: 2, .. } = event {
                aside(|| {
                    Session::new(database).execute(&format!(
                        "REASSIGN OWNED BY \"{name}\" TO CURRENT_USER; DROP OWNED BY \"{name}\"; DROP ROLE \"{name}\""
                    ));
                });
            }
        });
        let error = session.upgrade(&runner).unwrap_err().to_string();
        assert!(error.contains("does not exist"), "{error}");
        let mut other = Session::new(database);
        let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = \
                     (SELECT oid FROM pg_database WHERE datname = current_database())";
        assert_eq!(other.value(locks), "0", "{error}");
        assert_eq!(done(&other.upgrade(&Runner::new(&chain)).unwrap()), "+r2");
    });
}
