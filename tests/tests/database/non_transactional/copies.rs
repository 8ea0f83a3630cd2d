//! The copies of indexes that an interrupted `REINDEX CONCURRENTLY` leaves.

use std::sync::Mutex;
use std::time::Duration;

use migrate_core::{Event, Runner};

use super::doubt::{cut_off, cut_off_from};
use super::{TABLE, upgrades};
use crate::support::{ClientKind, Role, Session, both, database, done};

/// The copies that a failed REINDEX leaves are dropped by the next one, also those of the table's TOAST table and of its partitions.
#[test]
fn a_reindex_that_was_cut_off_leaves_no_copies() {
    let plain = format!("{TABLE} ALTER TABLE t1 ADD note text; CREATE INDEX ix ON t1 (n);");
    let partitioned = "CREATE TABLE t1 (n int, m int, note text) PARTITION BY RANGE (n); \
                       CREATE TABLE p1 PARTITION OF t1 DEFAULT; CREATE INDEX ix ON t1 (n);";
    let invalid = "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                   WHERE NOT i.indisvalid AND c.relname ~ '_ccnew$'";
    let check = |table: &str, reindex: &str, left: Option<&str>| {
        both("reindex", |database, session| {
            let name = session.value("SELECT quote_ident(current_database())");
            let chain = upgrades(&[table, &reindex.replace("NAME", &name)]);
            session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
            let mut other = Session::new(database);
            // A partition's lock is taken before its copies are there, so it waits for a snapshot.
            other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM t1");
            cut_off(database, &chain, "REINDEX");
            other.execute("ROLLBACK");
            // Of many tables, nobody knows which is the first.
            let count = session.value(invalid);
            assert!(left.map_or(count != "0", |left| count == left), "{reindex}: {count}");
            session.upgrade(&Runner::new(&chain)).unwrap();
            assert_eq!(session.value(invalid), "0", "{reindex}");
        });
    };
    check(&plain, "!REINDEX TABLE CONCURRENTLY t1;", Some("2"));
    check(&plain, "!REINDEX INDEX CONCURRENTLY ix;", Some("1"));
    check(&plain, "!REINDEX SCHEMA CONCURRENTLY public;", None);
    check(&plain, "!REINDEX (VERBOSE, CONCURRENTLY) DATABASE NAME;", None);
    check(partitioned, "!REINDEX TABLE CONCURRENTLY t1;", Some("2"));
    check(partitioned, "!REINDEX INDEX CONCURRENTLY ix;", Some("1"));
}

/// What a REINDEX has left that the server refused is said at once.
#[test]
fn a_reindex_that_is_refused_says_what_it_has_left() {
    let table = format!("{TABLE} CREATE INDEX ix ON t1 (n);");
    let chain = upgrades(&[&table, "!REINDEX INDEX CONCURRENTLY ix;"]);
    both("reindex_refused", |database, session| {
        session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
        let mut other = Session::new(database);
        other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM t1");
        let runner = Runner::new(&chain).statement_timeout(Duration::from_millis(700));
        let error = session.upgrade(&runner).unwrap_err().to_string();
        let left = "it has left the invalid index `public.ix_ccnew`: the next run drops it";
        assert!(error.contains(left), "{error}");
        other.execute("ROLLBACK");
        assert_eq!(done(&session.upgrade(&Runner::new(&chain)).unwrap()), "+r2");
    });
}

/// Who may not name the copy of a TOAST table's index leaves it, and goes on.
#[test]
fn a_copy_that_the_role_can_not_drop_is_left() {
    let table = "CREATE TABLE t1 (n int, note text);";
    let chain = upgrades(&[table, "!REINDEX TABLE CONCURRENTLY t1;"]);
    let database = database("reindex_role");
    let role = Role::new(&database);
    role.grant("ALL ON SCHEMA public");
    let mut session = Session::open(ClientKind::Blocking, &role.url());
    session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
    let mut other = Session::new(&database);
    other.execute("BEGIN; INSERT INTO t1 VALUES (0)");
    cut_off_from(&database, &role.url(), &chain, "REINDEX");
    other.execute("ROLLBACK");
    let told = Mutex::new(Vec::new());
    let runner = Runner::new(&chain).observe(|event| {
        if let Event::Warning { message, .. } = event {
            told.lock().unwrap().push((*message).to_owned());
        }
    });
    assert_eq!(done(&session.upgrade(&runner).unwrap()), "+r2");
    let left = "SELECT relname ~ '_ccnew$' FROM pg_class JOIN pg_index ON oid = indexrelid WHERE NOT indisvalid";
    assert_eq!(other.value(left), "t");
    // What is told to do about it does it.
    let told = told.lock().unwrap().join("; ");
    let (said, rest) = told.split_once("run `").unwrap();
    assert!(said.contains("this role may not drop"), "{said}");
    other.execute(rest.split('`').next().unwrap());
    assert_eq!(other.value(left), "");
}
