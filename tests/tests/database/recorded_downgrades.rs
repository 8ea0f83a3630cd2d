//! Downgrades of revisions that the chain never had, from what the database keeps.

use migrate_core::{Chain, Error, PlanError, Runner, Status};

use crate::support::{Way, both, chain_of, done, file, tables, without_trace};

/// An older release and a newer one, whose last revision runs its downgrade outside a transaction.
fn releases() -> (Chain<'static>, Chain<'static>) {
    let revision = |n: usize| {
        let parent = if n == 1 { String::new() } else { format!("r{}", n - 1) };
        file(
            &format!("r{n}"),
            &parent,
            &format!("CREATE TABLE t{n} (n int);"),
            &format!("-- what was made\nSELECT 1;\nDROP TABLE t{n};"),
        )
    };
    let (name, last) = file(
        "r4",
        "r3",
        "CREATE INDEX t3_n ON t3 (n);",
        "DROP INDEX CONCURRENTLY t3_n;\nSELECT 'then this';",
    );
    let outside = "-- migrate:down transaction:false lock_timeout:7s";
    let last = (name, last.replace("-- migrate:down", outside));
    let older = chain_of(&[revision(1), revision(2)]);
    (older, chain_of(&[revision(1), revision(2), revision(3), last]))
}

#[test]
fn an_older_release_undoes_what_a_newer_one_has_done() {
    let (older, newer) = releases();
    both("stored", |database, session| {
        for way in Way::ALL.into_iter().filter(|way| !way.is_single()) {
            println!("{way:?}");
            session.upgrade(&Runner::new(&newer)).unwrap();
            let runner = way.of(Runner::new(&older));
            let error = session.downgrade_to(&runner, "r2").unwrap_err();
            assert!(matches!(error, Error::Plan(PlanError::UnknownApplied { .. })), "{error:?}");
            assert!(error.to_string().contains("add `--stored`"), "{error}");
            let runner = runner.stored_downgrades();
            without_trace(session, database, |session| {
                assert_eq!(done(&session.downgrade_to(&runner, "-1").unwrap()), "-r4");
                assert_eq!(session.applied(), "r1 r2 r3");
                assert_eq!(done(&session.downgrade_to(&runner, "head").unwrap()), "-r3");
            });
            assert_eq!((session.applied(), session.tables()), ("r1 r2".into(), "t1 t2".into()));
            assert_eq!(session.status(&runner).unwrap(), Status::AtHead);
            let log = "SELECT revision FROM migrate_log WHERE action = 'downgrade' ORDER BY at";
            assert_eq!(session.value(log), "r4 r3");
            session.clear();
        }
    });
}

#[test]
fn a_branch_that_another_release_had_is_undone() {
    let revision = |id: &str, parent: &str| {
        let table = format!("CREATE TABLE {id} ();");
        file(id, parent, &table, &format!("DROP TABLE {id};"))
    };
    let theirs = chain_of(&[revision("r1", ""), revision("x2", "r1"), revision("x3", "x2")]);
    let ours = chain_of(&[revision("r1", ""), revision("r2", "r1")]);
    both("stored_branch", |_, session| {
        session.upgrade(&Runner::new(&theirs)).unwrap();
        let runner = Runner::new(&ours).stored_downgrades();
        assert!(matches!(session.status(&runner).unwrap(), Status::Diverged(_)));
        assert_eq!(done(&session.downgrade_to(&runner, "x2").unwrap()), "-x3");
        assert_eq!(done(&session.downgrade_to(&runner, "r1").unwrap()), "-x2");
        assert_eq!(done(&session.upgrade(&runner).unwrap()), "+r2");
        assert_eq!(session.tables(), "r1 r2");
    });
}

/// What ran is undone by its own downgrade, also where the file was edited or moved since.
#[test]
fn what_was_edited_or_moved_is_undone_by_what_is_stored() {
    let revision = |id: &str, parent: &str, table: &str| {
        let up = format!("CREATE TABLE {table} ();");
        file(id, parent, &up, &format!("DROP TABLE {table};"))
    };
    let ran = chain_of(&[
        revision("r1", "", "t1"),
        revision("r2", "r1", "t2"),
        revision("r3", "r2", "t3"),
    ]);
    let edited = chain_of(&[
        revision("r1", "", "t1"),
        revision("r2", "r1", "other"),
        revision("r3", "r2", "t3"),
    ]);
    let moved = chain_of(&[
        revision("r1", "", "t1"),
        revision("x2", "r1", "x"),
        revision("r2", "x2", "t2"),
        revision("r3", "r2", "t3"),
    ]);
    both("stored_edited", |database, session| {
        for (chain, again, left) in
            [(&edited, "+r2 +r3", "other t1 t3"), (&moved, "+x2 +r2 +r3", "t1 t2 t3 x")]
        {
            for way in Way::ALL.into_iter().filter(|way| !way.is_single()) {
                println!("{way:?}");
                session.upgrade(&Runner::new(&ran)).unwrap();
                let runner = way.of(Runner::new(chain));
                let error = session.downgrade_to(&runner, "r1").unwrap_err();
                assert!(matches!(error, Error::Plan(PlanError::Diverged(_))), "{error:?}");
                assert!(error.to_string().contains("`migrate redo r2`"), "{error}");
                let runner = runner.stored_downgrades();
                let error = session.upgrade(&runner).unwrap_err();
                assert!(matches!(error, Error::Plan(PlanError::Diverged(_))), "{error:?}");
                without_trace(session, database, |session| {
                    assert_eq!(done(&session.downgrade_to(&runner, "-1").unwrap()), "-r3");
                    assert_eq!(done(&session.downgrade_to(&runner, "r1").unwrap()), "-r2");
                });
                assert_eq!(session.tables(), "t1");
                assert_eq!(done(&session.upgrade(&runner).unwrap()), again);
                assert_eq!(session.tables(), left);
                session.clear();
            }
        }
    });
}

/// Whoever may write the history must not get SQL run by it.
#[test]
fn a_stored_downgrade_that_was_changed_does_not_run() {
    let (older, newer) = releases();
    let edits = [
        "UPDATE migrate_history SET down_sql = 'DROP TABLE t1;' WHERE revision = 'r4'",
        "UPDATE migrate_history SET down_transactional = true WHERE revision = 'r4'",
        "UPDATE migrate_history SET down_digest = 'sha256:' || repeat('0', 64) WHERE revision = 'r4'",
        "UPDATE migrate_history SET down_sql = down_sql || '; COMMIT; DROP TABLE t1' WHERE revision = 'r4'",
    ];
    both("hostile", |database, session| {
        for edit in edits {
            println!("{edit}");
            session.upgrade(&Runner::new(&newer)).unwrap();
            session.execute(edit);
            let runner = Runner::new(&older).stored_downgrades();
            let before = session.rows("TABLE migrate_history; TABLE migrate_log");
            let error = without_trace(session, database, |session| {
                session.downgrade_to(&runner, "-1").unwrap_err()
            });
            let expected = "the stored downgrade of revision `r4` can't be used: its text is not the one \
                            that its digest was made of: somebody has changed it\n = help: undo it with \
                            the release that applied it; or undo it by hand, and record the revision that the \
                            schema is at: `migrate stamp REVISION`";
            assert_eq!(error.to_string(), expected);
            assert_eq!(session.rows("TABLE migrate_history; TABLE migrate_log"), before);
            assert_eq!(session.tables(), "t1 t2 t3");
            session.clear();
        }
    });
}

#[test]
fn a_stored_downgrade_that_fails_is_shown_with_its_text() {
    let (older, newer) = releases();
    both("stored_fails", |_, session| {
        session.upgrade(&Runner::new(&newer)).unwrap();
        let runner = Runner::new(&older).stored_downgrades();
        session.downgrade_to(&runner, "-1").unwrap();
        session.execute("DROP TABLE t3");
        let error = session.downgrade_to(&runner, "-1").unwrap_err();
        let expected = "downgrade of `r3` failed: table \"t3\" does not exist (SQLSTATE 42P01)
 --> r3 (stored downgrade):3:1
  |
3 | DROP TABLE t3;
  | ^^^^^^^^^^^^^^ statement 2 of 2
  = help: the revision was rolled back; its downgrade is the one that the database keeps, which no file changes: \
                        undo the revision by hand, then record where the schema is: `migrate stamp REVISION`";
        assert_eq!(error.to_string(), expected);
    });
}

/// The flag changes nothing for what the chain has: its own text runs.
#[test]
fn what_the_chain_has_is_undone_by_the_chain() {
    let chain = tables(2);
    both("own_text", |_, session| {
        let runner = Runner::new(&chain).stored_downgrades();
        session.upgrade(&runner).unwrap();
        session.execute("UPDATE migrate_history SET down_sql = 'SELECT 1/0'");
        assert_eq!(done(&session.downgrade_to(&runner, "base").unwrap()), "-r2 -r1");
        assert_eq!(session.tables(), "");
    });
}
