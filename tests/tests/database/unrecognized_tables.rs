//! Tables that have our names and are not ours, and rows that make no sense.

use migrate_core::{Error, Runner};

use crate::support::{both, tables, without_trace};

#[test]
fn a_table_of_another_program_is_left_alone() {
    let chain = tables(2);
    let tables = [
        "CREATE TABLE migrate_history (version int PRIMARY KEY, name text)",
        "CREATE TABLE migrate_history (revision int PRIMARY KEY, chain_digest text)",
        "CREATE TABLE migrate_history (revision text, chain_digest int[])",
        "CREATE TABLE migrate_history ()",
        "CREATE VIEW migrate_history AS SELECT 1 AS revision",
        "CREATE VIEW migrate_history AS SELECT oid AS revision, relname AS chain_digest FROM pg_class",
        "CREATE SEQUENCE migrate_history",
        "CREATE INDEX migrate_history ON theirs (n)",
        "CREATE TYPE migrate_history AS (revision text)",
        "CREATE MATERIALIZED VIEW migrate_history AS SELECT 'a'::text AS revision",
    ];
    both("foreign", |database, session| {
        for table in tables {
            println!("{table}");
            session.execute(&format!("CREATE TABLE theirs (n int); {table}"));
            let shape = "SELECT relname, relkind FROM pg_class WHERE relname LIKE 'migrate%'";
            let before = session.rows(shape);
            let runner = Runner::new(&chain);
            without_trace(session, database, |session| {
                for result in [
                    session.upgrade(&runner).map(|_| ()),
                    session.upgrade_to(&runner, "+1").map(|_| ()),
                    session.downgrade_to(&runner, "-1").map(|_| ()),
                    session.status(&runner).map(|_| ()),
                    session.verify(&runner).map(|_| ()),
                ] {
                    // A composite type is in the way only when the table is to be made.
                    let kind = table.contains("CREATE TYPE");
                    match result {
                        Err(error @ Error::UnrecognizedTable { .. }) => {
                            let text = error.to_string();
                            assert!(
                                text.starts_with("the table \"public\".\"migrate_history\""),
                                "{text}"
                            );
                            assert!(text.contains("is this the right database?"), "{text}");
                        }
                        Err(Error::NameTaken { .. }) => assert!(kind),
                        other => assert!(kind, "{other:?}"),
                    }
                }
            });
            assert_eq!(session.rows(shape), before);
            session.clear();
        }
    });
}

#[test]
fn a_foreign_table_beside_a_missing_history() {
    let chain = tables(2);
    let tables = [
        ("CREATE TABLE migrate_log (n int)", "`migrate_log` is a table with other columns\n"),
        ("CREATE VIEW migrate_layout AS SELECT 1", "`migrate_layout` is a view\n"),
        (
            "CREATE TABLE migrate_statement (n int); CREATE SEQUENCE migrate_log",
            "`migrate_log` is a sequence, `migrate_statement` is a table with other columns\n",
        ),
        (
            "CREATE TABLE migrate_progress (n int)",
            "`migrate_progress` is a table with other columns\n",
        ),
        ("CREATE TYPE migrate_log AS (n int)", "`migrate_log` is a type\n"),
        ("CREATE DOMAIN migrate_log AS int", "`migrate_log` is a type\n"),
        ("CREATE TYPE migrate_history AS ENUM ()", "`migrate_history` is a type\n"),
        (
            "CREATE TABLE t (n int) PARTITION BY LIST (n); ALTER TABLE t RENAME TO migrate_log",
            "`migrate_log` is a partitioned table\n",
        ),
    ];
    both("foreign_log", |database, session| {
        for (table, what) in tables {
            println!("{table}");
            session.execute(table);
            let runner = Runner::new(&chain);
            let error =
                without_trace(session, database, |session| session.upgrade(&runner).unwrap_err());
            let Error::NameTaken { .. } = error else { panic!("{error:?}") };
            let text = error.to_string();
            let what = format!("migrate's tables can't be created in schema `public`: {what}");
            assert!(text.starts_with(&what) && text.contains("Runner::table_prefix"), "{text}");
            assert_eq!((session.applied(), session.tables()), ("no history".into(), String::new()));
            // With names of its own it goes on.
            session.upgrade(&runner.table_prefix("ours_")).unwrap();
            session.clear();
        }
    });
}

#[test]
fn rows_that_make_no_sense() {
    let chain = tables(2);
    let edits = [
        "UPDATE migrate_history SET up_digest = 'sha256:nonsense'",
        "UPDATE migrate_history SET chain_digest = ''",
        "UPDATE migrate_history SET down_digest = 'x'",
        "ALTER TABLE migrate_history ALTER chain_digest DROP NOT NULL; \
         UPDATE migrate_history SET chain_digest = NULL",
        "ALTER TABLE migrate_history ALTER position DROP NOT NULL; \
         UPDATE migrate_history SET position = NULL",
        "ALTER TABLE migrate_history ALTER parents DROP NOT NULL; \
         UPDATE migrate_history SET parents = NULL",
        "ALTER TABLE migrate_history ALTER applied_at DROP NOT NULL; \
         UPDATE migrate_history SET applied_at = NULL",
    ];
    both("nonsense", |database, session| {
        for edit in edits {
            println!("{edit}");
            let runner = Runner::new(&chain);
            session.upgrade_to(&runner, "r1").unwrap();
            session.execute(edit);
            let rows = "TABLE migrate_history";
            let before = session.rows(rows);
            without_trace(session, database, |session| {
                for result in [
                    session.upgrade(&runner).map(|_| ()),
                    session.downgrade_to(&runner, "base").map(|_| ()),
                    session.status(&runner).map(|_| ()),
                    session.verify(&runner).map(|_| ()),
                ] {
                    let Err(error @ Error::UnrecognizedTable { .. }) = result else {
                        panic!("{result:?}")
                    };
                    assert!(error.to_string().contains("this row is none of ours: "), "{error}");
                }
            });
            assert_eq!(session.rows(rows), before);
            session.clear();
        }
    });
}

/// A migration that drops the tables that would record it.
#[test]
fn a_migration_that_drops_the_history() {
    let chain = crate::support::upgrades(&[
        "CREATE TABLE t1 ();",
        "DROP SCHEMA public CASCADE; CREATE SCHEMA public;",
    ]);
    both("drops", |database, session| {
        let runner = Runner::new(&chain);
        let error =
            without_trace(session, database, |session| session.upgrade(&runner).unwrap_err());
        let text = error.to_string();
        assert!(text.starts_with("upgrade of `r2` failed: "), "{text}");
        assert!(text.contains("does not exist (SQLSTATE "), "{text}");
        assert_eq!((session.applied(), session.tables()), ("r1".into(), "t1".into()));
    });
}
