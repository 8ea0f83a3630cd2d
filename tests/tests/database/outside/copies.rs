//! The copies of indexes that an interrupted `REINDEX CONCURRENTLY` leaves.

use migrate_core::Runner;

use super::doubt::{cut_off, cut_off_from};
use super::{TABLE, upgrades};
use crate::support::{Kind, Role, Session, both, database, done};

/// The copies that a failed REINDEX leaves are dropped by the next one, also those of the table's TOAST table and of its partitions.
#[test]
fn a_reindex_that_was_cut_off_leaves_no_copies() {
    let plain = format!("{TABLE} ALTER TABLE t1 ADD note text; CREATE INDEX ix ON t1 (n);");
    let partitioned = "CREATE TABLE t1 (n int, m int, note text) PARTITION BY RANGE (n); \
                       CREATE TABLE p1 PARTITION OF t1 DEFAULT; CREATE INDEX ix ON t1 (n);";
    let invalid = "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                   WHERE NOT i.indisvalid AND c.relname ~ '_ccnew$'";
    let check = |table: &str, reindex: &str, left: &str| {
        let chain = upgrades(&[table, reindex]);
        both("reindex", |database, session| {
            session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
            let mut other = Session::new(database);
            // A partition's lock is taken before its copies are there, so it waits for a snapshot.
            other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM t1");
            cut_off(database, &chain, "REINDEX");
            other.execute("ROLLBACK");
            assert_eq!(session.value(invalid), left, "{reindex}");
            session.upgrade(&Runner::new(&chain)).unwrap();
            assert_eq!(session.value(invalid), "0", "{reindex}");
        });
    };
    check(&plain, "!REINDEX TABLE CONCURRENTLY t1;", "2");
    check(&plain, "!REINDEX INDEX CONCURRENTLY ix;", "1");
    check(partitioned, "!REINDEX TABLE CONCURRENTLY t1;", "2");
    check(partitioned, "!REINDEX INDEX CONCURRENTLY ix;", "1");
}

/// Who may not name the copy of a TOAST table's index leaves it, and goes on.
#[test]
fn a_copy_that_the_role_can_not_drop_is_left() {
    let table = "CREATE TABLE t1 (n int, note text);";
    let chain = upgrades(&[table, "!REINDEX TABLE CONCURRENTLY t1;"]);
    let database = database("reindex_role");
    let role = Role::new(&database);
    role.grant("ALL ON SCHEMA public");
    let mut session = Session::open(Kind::Blocking, &role.url());
    session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
    let mut other = Session::new(&database);
    other.execute("BEGIN; INSERT INTO t1 VALUES (0)");
    cut_off_from(&database, &role.url(), &chain, "REINDEX");
    other.execute("ROLLBACK");
    assert_eq!(done(&session.upgrade(&Runner::new(&chain)).unwrap()), "+r2");
    let left = "SELECT relname ~ '_ccnew$' FROM pg_class JOIN pg_index ON oid = indexrelid WHERE NOT indisvalid";
    assert_eq!(other.value(left), "t");
}
