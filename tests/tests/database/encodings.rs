//! Databases whose encoding is not UTF-8.

use migrate_core::{Error, Runner};
use migrate_testkit::Database;

use crate::support::{ClientKind, Session, Way, chain_of, connection, database, done, file, line};

/// A database beside this one, in an encoding; gone with the value.
struct Other<'d> {
    name: String,
    beside: &'d Database,
}

impl<'d> Other<'d> {
    fn new(beside: &'d Database, encoding: &str) -> Self {
        let name = format!("{}_other", beside.name());
        Session::new(beside).execute(&format!(
            "CREATE DATABASE \"{name}\" ENCODING {encoding} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
        ));
        Other { name, beside }
    }

    fn open(&self, kind: ClientKind) -> Session {
        Session::open(kind, &connection(self.beside, &[("dbname", &self.name)]))
    }
}

impl Drop for Other<'_> {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", self.name);
        // A failed test tells more than what it left here.
        let _ = Session::new(self.beside).try_rows(&sql);
    }
}

/// The server can't even read the message: what stands before runs, and the character is shown.
#[test]
fn a_character_that_the_database_has_not() {
    let table = ("CREATE TABLE t1 (t text);", "DROP TABLE t1;");
    let last = ("CREATE TABLE t3 ();", "DROP TABLE t3;");
    let up = [
        table,
        ("INSERT INTO t1 VALUES ('é');\nINSERT INTO t1 VALUES ('5 €');", "DELETE FROM t1;"),
        last,
    ];
    let down = [table, ("SELECT 1;", "SELECT 'ü';\nSELECT 'for 5 €';"), last];
    let beside = database("latin1");
    for way in Way::ALL {
        let other = Other::new(&beside, "LATIN1");
        for (chain, place, number) in [(line(&up), ":7:", Some(2)), (line(&down), ":10:", None)] {
            for kind in ClientKind::ALL {
                let mut session = other.open(kind);
                session.clear();
                let error = session.upgrade(&way.of(Runner::new(&chain))).unwrap_err();
                let Error::Statement(failed) = &error else { panic!("{way:?}: {error}") };
                assert_eq!(
                    (failed.revision.as_str(), failed.failure.code.as_deref()),
                    ("r2", Some("22P05"))
                );
                assert_eq!(&failed.source.text()[failed.span.range()], "€", "{way:?}");
                assert_eq!(failed.statement, number, "{way:?}");
                let text = error.to_string();
                assert!(text.contains(&format!("r2.sql{place}")), "{way:?}: {text}");
                assert!(text.contains("in UTF8 (`CREATE DATABASE"), "{text}");
                let done = if way.is_single() { "" } else { "r1" };
                assert_eq!(session.applied(), done, "{way:?}");
            }
        }
    }
}

/// The same of what the history keeps of a revision that runs outside a transaction, or that is only stamped.
#[test]
fn a_character_that_the_database_has_not_in_a_downgrade_that_is_kept() {
    let chain = |down: &str| {
        let (name, text) = file("r2", "r1", "INSERT INTO t1 VALUES (1);\nVACUUM t1;", down);
        let text = text.replace("-- migrate:up", "-- migrate:up transaction:false");
        chain_of(&[file("r1", "", "CREATE TABLE t1 (n int);", "DROP TABLE t1;"), (name, text)])
    };
    let beside = database("latin1_kept");
    let other = Other::new(&beside, "LATIN1");
    for kind in ClientKind::ALL {
        let mut session = other.open(kind);
        session.clear();
        let wrong = chain("SELECT 'ü';\nSELECT 'for 5 €';");
        let error = session.upgrade(&Runner::new(&wrong)).unwrap_err();
        let Error::Statement(failed) = &error else { panic!("{error}") };
        assert_eq!((failed.revision.as_str(), failed.source.slice(failed.span)), ("r2", "€"));
        let text = error.to_string();
        assert!(text.contains("the history keeps the downgrade"), "{text}");
        assert!(text.contains("its statements are done; the next run records it"), "{text}");
        // Without the character it is recorded, and nothing runs again.
        let right = chain("SELECT 'ü';");
        assert_eq!(done(&session.upgrade(&Runner::new(&right)).unwrap()), "+r2");
        assert_eq!(session.value("SELECT count(*) FROM t1"), "1");
        session.stamp(&Runner::new(&right), "r1", false).unwrap();
        let text = session.stamp(&Runner::new(&wrong), "r2", false).unwrap_err().to_string();
        assert!(
            text.contains("the history keeps the downgrade of `r2`: migrations/r2.sql:11:"),
            "{text}"
        );
        assert_eq!(session.applied(), "r1");
    }
}

/// A database without an encoding takes every byte, and so every chain.
#[test]
fn a_database_without_an_encoding() {
    let beside = database("ascii");
    let other = Other::new(&beside, "SQL_ASCII");
    let chain = line(&[("CREATE TABLE \"größe €\" ();", "DROP TABLE \"größe €\";")]);
    let mut session = other.open(ClientKind::Blocking);
    session.upgrade(&Runner::new(&chain)).unwrap();
    session.verify(&Runner::new(&chain)).unwrap();
    session.downgrade_to(&Runner::new(&chain), "base").unwrap();
}
