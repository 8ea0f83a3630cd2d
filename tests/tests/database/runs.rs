//! Up, down, and how a database stands: the targets, on a real server.

use migrate_core::{Error, Event, Runner, Status};

use crate::support::{ClientKind, Session, both, database, done, tables, without_trace};

/// Runs commands in turn; what each says it did, and the tables that are there then.
#[test]
fn every_target_leads_where_it_says() {
    let steps = [
        ("upgrade r1", "+r1", "t1"),
        ("upgrade +2", "+r2 +r3", "t1 t2 t3"),
        ("upgrade r3", "", "t1 t2 t3"),
        ("upgrade r3+1", "+r4", "t1 t2 t3 t4"),
        ("upgrade head", "+r5", "t1 t2 t3 t4 t5"),
        ("upgrade head", "", "t1 t2 t3 t4 t5"),
        ("downgrade -1", "-r5", "t1 t2 t3 t4"),
        ("downgrade r2", "-r4 -r3", "t1 t2"),
        ("downgrade r2", "", "t1 t2"),
        ("downgrade r2-1", "-r2", "t1"),
        ("upgrade heads", "+r2 +r3 +r4 +r5", "t1 t2 t3 t4 t5"),
        ("downgrade base", "-r5 -r4 -r3 -r2 -r1", ""),
        ("downgrade base", "", ""),
        ("upgrade +0", "", ""),
        ("upgrade r5-3", "+r1 +r2", "t1 t2"),
    ];
    let chain = tables(5);
    both("targets", |database, session| {
        for revision_at_a_time in [false, true] {
            let runner = Runner::new(&chain);
            let runner = if revision_at_a_time { runner.revision_at_a_time() } else { runner };
            for (command, expected, tables) in steps {
                let report = without_trace(session, database, |session| {
                    session.command(&runner, command).unwrap()
                });
                let applied = tables.replace('t', "r");
                assert_eq!(done(&report), expected, "{command}");
                assert_eq!(session.tables(), tables, "{command}");
                assert_eq!(session.applied(), applied, "{command}");
            }
            session.downgrade_to(&runner, "base").unwrap();
        }
    });
}

#[test]
fn a_target_that_makes_no_plan_writes_nothing() {
    let chain = tables(3);
    both("no_plan", |database, session| {
        let runner = Runner::new(&chain);
        let check = |session: &mut Session, command: &str, expected: &str| {
            let result =
                without_trace(session, database, |session| session.command(&runner, command));
            let Err(error @ Error::Plan(_)) = result else { panic!("{command}: {result:?}") };
            assert!(error.to_string().starts_with(expected), "{command}: {error}");
            assert!(error.to_string().contains("\n = help: "), "{command}: {error}");
        };
        check(session, "upgrade x9", "the chain has no revision `x9`");
        check(session, "downgrade -1", "nothing to downgrade: no revision is applied");
        check(session, "downgrade r1", "`r1` is not behind: no revision is applied");
        assert_eq!(session.applied(), "no history");
        session.upgrade_to(&runner, "r2").unwrap();
        check(session, "upgrade r1", "`r1` is not ahead: the database is at `r2`");
        check(session, "downgrade r3", "`r3` is not behind: the database is at `r2`");
        check(session, "upgrade +2", "`+2` goes beyond the chain");
        assert_eq!(session.applied(), "r1 r2");
    });
}

#[test]
fn looking_changes_nothing() {
    let chain = tables(2);
    both("looking", |database, session| {
        let runner = Runner::new(&chain);
        let look = |session: &mut Session| {
            without_trace(session, database, |session| {
                let applied = session.history(&runner).unwrap().records.len();
                (session.status(&runner).unwrap(), applied, session.verify(&runner).is_ok())
            })
        };
        assert_eq!(look(session), (Status::Empty, 0, false));
        assert_eq!(session.applied(), "no history");
        session.upgrade_to(&runner, "+1").unwrap();
        assert_eq!(look(session), (Status::Behind { pending: vec!["r2".into()] }, 1, false));
        session.upgrade(&runner).unwrap();
        assert_eq!(look(session), (Status::AtHead, 2, true));
        session.downgrade_to(&runner, "base").unwrap();
        assert_eq!(look(session), (Status::Empty, 0, false));
        let error = session.verify(&runner).unwrap_err();
        let expected = "the database is not at head: empty: no revision is applied\n \
                        = help: upgrade it first";
        assert!(error.to_string().starts_with(expected), "{error}");
    });
}

#[test]
fn the_events_tell_what_happens_in_order() {
    let chain = tables(3);
    let check = |revision_at_a_time: bool, expected: &[&str]| {
        let database = database("events");
        let mut session = Session::open(ClientKind::Blocking, database.url());
        let events = std::sync::Mutex::new(Vec::new());
        let runner = Runner::new(&chain).observe(|event| {
            events.lock().unwrap().push(match event {
                Event::Started { direction, revision, number, total: of } => {
                    format!("{direction} {revision} {number}/{of}")
                }
                Event::Finished { direction, revision, .. } => {
                    format!("{direction} {revision} done")
                }
                other => format!("{other:?}"),
            });
        });
        let runner = if revision_at_a_time { runner.revision_at_a_time() } else { runner };
        session.upgrade(&runner).unwrap();
        session.upgrade(&runner).unwrap();
        session.downgrade_to(&runner, "-1").unwrap();
        drop(runner);
        assert_eq!(events.into_inner().unwrap(), expected);
    };
    check(
        false,
        &[
            "upgrade r1 1/3",
            "upgrade r2 2/3",
            "upgrade r3 3/3",
            "upgrade r1 done",
            "upgrade r2 done",
            "upgrade r3 done",
            "downgrade r3 1/1",
            "downgrade r3 done",
        ],
    );
    check(
        true,
        &[
            "upgrade r1 1/3",
            "upgrade r1 done",
            "upgrade r2 2/3",
            "upgrade r2 done",
            "upgrade r3 3/3",
            "upgrade r3 done",
            "downgrade r3 1/1",
            "downgrade r3 done",
        ],
    );
}

#[test]
fn a_merge_is_recorded_with_both_parents() {
    use crate::support::{chain_of, file};
    let revision = |id: &str, parents: &str, up: &str| file(id, parents, up, "SELECT 'back';");
    let chain = chain_of(&[
        revision("a", "", "CREATE TABLE t1 ();"),
        revision("b", "a", "CREATE TABLE t2 ();"),
        revision("c", "a", "CREATE TABLE t3 ();"),
        revision("m", "b, c", "CREATE TABLE t4 ();"),
    ]);
    both("merge", |_, session| {
        let runner = Runner::new(&chain);
        // The second branch first, as a team does that deployed it before the merge.
        assert_eq!(done(&session.upgrade_to(&runner, "c").unwrap()), "+a +c");
        assert_eq!(done(&session.upgrade(&runner).unwrap()), "+b +m");
        let parents = "SELECT revision, parents, position FROM migrate_history ORDER BY position";
        assert_eq!(session.rows(parents), ["a|{}|1", "c|{a}|2", "b|{a}|3", "m|{b,c}|4"]);
        assert_eq!(session.status(&runner).unwrap(), Status::AtHead);
        assert_eq!(done(&session.downgrade_to(&runner, "-2").unwrap()), "-m -b");
        assert_eq!(done(&session.downgrade_to(&runner, "a").unwrap()), "-c");
        // What counts goes on in the order of the chain, also on a database without a history.
        session.clear();
        assert_eq!(done(&session.upgrade_to(&runner, "+3").unwrap()), "+a +b +c");
        assert_eq!(done(&session.upgrade_to(&runner, "+1").unwrap()), "+m");
        assert_eq!(done(&session.downgrade_to(&runner, "-1").unwrap()), "-m");
    });
}

#[test]
fn what_can_not_be_undone_stays() {
    use crate::support::{chain_of, file};
    let (name, text) = file("r2", "r1", "CREATE TABLE t2 ();", "");
    let text = text.replace("-- message", "-- irreversible: the data is gone\n-- message");
    let text = text[..text.find("-- migrate:down").unwrap()].to_owned();
    let chain = chain_of(&[
        file("r1", "", "CREATE TABLE t1 ();", "DROP TABLE t1;"),
        (name, text),
        file("r3", "r2", "CREATE TABLE t3 ();", "DROP TABLE t3;"),
    ]);
    both("irreversible", |_, session| {
        let runner = Runner::new(&chain);
        session.upgrade(&runner).unwrap();
        let error = session.downgrade_to(&runner, "base").unwrap_err();
        let expected = "revision `r2` can't be undone: the data is gone\n = help: restore a backup";
        assert!(error.to_string().starts_with(expected), "{error}");
        assert_eq!(session.applied(), "r1 r2 r3");
        let down = "SELECT revision, down_digest, down_sql, down_transactional \
                    FROM migrate_history WHERE down_sql IS NULL";
        assert_eq!(session.rows(down), ["r2|-|-|t"]);
        assert_eq!(done(&session.downgrade_to(&runner, "-1").unwrap()), "-r3");
    });
}
