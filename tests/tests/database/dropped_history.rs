//! Somebody has dropped some of our tables by hand: the rest is kept, and what is missing is created again.

use std::sync::Mutex;

use migrate_core::{Chain, Error, Event, Runner, Status};

use crate::support::{
    ClientKind, Role, Session, both, chain_of, database, done, file, tables, without_trace,
};

/// Our tables, and how to drop each.
const OURS: [(&str, &str); 5] = [
    ("migrate_history", "DROP TABLE migrate_history;"),
    ("migrate_log", "DROP TABLE migrate_log;"),
    ("migrate_layout", "DROP TABLE migrate_layout;"),
    ("migrate_progress", "DROP TABLE migrate_progress;"),
    ("migrate_statement", "DROP SEQUENCE migrate_statement;"),
];

const SHAPE: &str = "SELECT c.relname, c.relkind, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull \
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
     WHERE c.relname LIKE 'migrate%' ORDER BY 1, a.attname; \
     SELECT conname FROM pg_constraint WHERE contype IN ('p', 'u') AND conname LIKE 'migrate%' ORDER BY 1; \
     TABLE migrate_layout";

/// Every choice of our tables is dropped, and whatever is asked for then works.
#[test]
fn whatever_was_dropped_is_created_again() {
    let chain = tables(3);
    both("dropped", |database, session| {
        let runner = Runner::new(&chain);
        session.upgrade_to(&runner, "r2").unwrap();
        let shape = session.rows(SHAPE);
        session.clear();
        for choice in 1..1_usize << OURS.len() {
            let chosen = || OURS.iter().enumerate().filter(|(at, _)| choice & (1 << at) != 0);
            let dropped: Vec<&str> = chosen().map(|(_, (name, _))| *name).collect();
            let has_history = choice & 1 == 0;
            // One alone and all of them with each command, the others with one of them.
            let commands = ["upgrade", "stamp", "downgrade", "adopt"];
            let each = dropped.len() == 1 || dropped.len() == OURS.len();
            let wanted = |(at, _): &(usize, &str)| each || choice % commands.len() == *at;
            for (_, command) in commands.into_iter().enumerate().filter(wanted) {
                println!("{dropped:?}, {command}");
                session.upgrade_to(&runner, "r2").unwrap();
                let log = session.value("SELECT count(*) FROM migrate_log");
                session.execute(&chosen().map(|(_, (_, drop))| *drop).collect::<String>());
                if !has_history {
                    session.execute("DROP TABLE t1, t2");
                }
                let told = Mutex::new(Vec::new());
                let watched = Runner::new(&chain).observe(|event| {
                    if let Event::Recreated { tables, .. } = event {
                        told.lock().unwrap().extend(tables.to_vec());
                    }
                });
                without_trace(session, database, |session| {
                    let status = session.status(&runner).unwrap();
                    let expected = matches!(status, Status::Behind { .. });
                    assert_eq!(expected, has_history, "{status}");
                    let ran = match command {
                        "upgrade" => session.upgrade(&watched),
                        "downgrade" => session.downgrade_to(&watched, "base"),
                        "stamp" => session.stamp(&watched, "head", false),
                        _ => session.adopt(&watched, "r3"),
                    };
                    ran.unwrap();
                });
                // There is nothing to undo, and so nothing to create, without a history.
                let is_idle = command == "downgrade" && !has_history;
                let told = std::mem::take(&mut *told.lock().unwrap());
                // All of them are no loss: that is a database without a history.
                let expected =
                    if is_idle || dropped.len() == OURS.len() { vec![] } else { dropped.clone() };
                assert_eq!(told, expected);
                if !is_idle {
                    assert_eq!(session.rows(SHAPE), shape);
                    let after: i64 =
                        session.value("SELECT count(*) FROM migrate_log").parse().unwrap();
                    let kept =
                        if dropped.contains(&"migrate_log") { 0 } else { log.parse().unwrap() };
                    assert!(after > kept, "the log goes on: {after} after {kept}");
                    session.upgrade(&runner).unwrap();
                    session.verify(&runner).unwrap();
                }
                session.clear();
            }
        }
    });
}

/// A revision outside a transaction that stops at its second statement.
fn stops() -> Chain<'static> {
    let (name, text) =
        file("r2", "r1", "CREATE TABLE t2 ();\nSELECT 1 / 0;", "DROP TABLE t2;\nSELECT 1;");
    let text = text.replace("-- migrate:up", "-- migrate:up transaction:false");
    chain_of(&[file("r1", "", "CREATE TABLE t1 ();", "DROP TABLE t1;"), (name, text)])
}

/// How far a revision has got belongs to a history: under another one it would leave out statements.
#[test]
fn the_progress_of_a_history_that_is_gone_is_removed() {
    let chain = stops();
    both("stale", |_, session| {
        let runner = Runner::new(&chain);
        session.upgrade(&runner).unwrap_err();
        assert_eq!(session.value("SELECT revision FROM migrate_progress"), "r2");
        session.execute("DROP TABLE migrate_history, t1, t2");
        let told = Mutex::new(Vec::new());
        let watched = Runner::new(&chain).observe(|event| {
            if let Event::Recreated { unfinished, .. } = event {
                told.lock().unwrap().extend(unfinished.to_vec());
            }
        });
        session.upgrade(&watched).unwrap_err();
        let told = told.lock().unwrap();
        let told: Vec<_> = told.iter().map(|one| (one.revision.as_str(), one.done)).collect();
        assert_eq!(told, [("r2", 1)]);
        assert_eq!(session.tables(), "t1 t2", "the first statement ran again");
        // Where the history is there, so is what belongs to it.
        session.execute("DROP TABLE migrate_log");
        session.upgrade(&runner).unwrap_err();
        assert_eq!(session.value("SELECT next_statement FROM migrate_progress"), "1");
    });
}

#[test]
fn a_newer_program_has_made_what_is_left() {
    let chain = tables(2);
    both("newer_left", |database, session| {
        let runner = Runner::new(&chain);
        session.upgrade(&runner).unwrap();
        session.execute("UPDATE migrate_layout SET version = 9; DROP TABLE migrate_history");
        let error =
            without_trace(session, database, |session| session.upgrade(&runner).unwrap_err());
        assert!(matches!(error, Error::NewerLayout { found: 9, .. }), "{error:?}");
        assert_eq!(session.applied(), "no history");
    });
}

/// What is left may be of an older program.
#[test]
fn an_older_program_has_made_what_is_left() {
    let chain = tables(2);
    let older = "ALTER TABLE migrate_history DROP down_lock_timeout_ms, DROP down_statement_timeout_ms; \
                 UPDATE migrate_layout SET version = 1;";
    both("older_left", |_, session| {
        for (_, drop) in OURS {
            let runner = Runner::new(&chain);
            session.upgrade_to(&runner, "r1").unwrap();
            let shape = session.rows(SHAPE);
            session.execute(older);
            session.execute(drop);
            println!("{drop}");
            session.execute("DROP TABLE IF EXISTS t2");
            if drop.contains("history") {
                session.execute("DROP TABLE t1");
            }
            session.upgrade(&runner).unwrap();
            assert_eq!(session.rows(SHAPE), shape);
            session.clear();
        }
    });
}

#[test]
fn many_find_that_the_history_was_dropped() {
    let chain = tables(4);
    let database = database("dropped_many");
    let mut session = Session::new(&database);
    for (_, drop) in OURS {
        session.upgrade(&Runner::new(&chain)).unwrap();
        session.downgrade_to(&Runner::new(&chain), "base").unwrap();
        session.execute(drop);
        std::thread::scope(|scope| {
            let runs: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| Session::new(&database).upgrade(&Runner::new(&chain))))
                .collect();
            let ran: Vec<String> =
                runs.into_iter().map(|run| done(&run.join().unwrap().unwrap())).collect();
            // The lock is let go of between two revisions: another run may take the rest, but nothing runs twice.
            let mut each: Vec<&str> = ran.iter().flat_map(|done| done.split(' ')).collect();
            each.retain(|one| !one.is_empty());
            each.sort_unstable();
            assert_eq!(each, ["+r1", "+r2", "+r3", "+r4"], "{ran:?}");
        });
        assert_eq!(session.applied(), "r1 r2 r3 r4");
        session.clear();
    }
}

/// Whoever is in a transaction of its own is not committed by what creates tables.
#[test]
fn a_transaction_of_the_caller_stays_its_own() {
    let chain = tables(2);
    both("dropped_open", |_, session| {
        for (name, drop) in OURS {
            println!("{name}");
            let runner = Runner::new(&chain);
            session.upgrade_to(&runner, "r1").unwrap();
            session.execute(drop);
            session.execute("BEGIN; CREATE TABLE mine ()");
            let error = session.upgrade(&runner).unwrap_err();
            assert!(matches!(error, Error::InTransaction), "{error:?}");
            session.execute("ROLLBACK");
            assert!(!session.tables().contains("mine"));
            session.clear();
        }
    });
}

#[test]
fn a_role_that_may_not_create_tables() {
    let chain = tables(2);
    let database = database("dropped_role");
    let mut owner = Session::new(&database);
    let runner = Runner::new(&chain);
    owner.upgrade_to(&runner, "r1").unwrap();
    owner.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC; DROP TABLE migrate_log");
    let role = Role::new(&database);
    role.grant("ALL ON migrate_history, migrate_progress, migrate_layout");
    let mut session = Session::open(ClientKind::Tokio, &role.url());
    let error = session.upgrade(&runner).unwrap_err();
    assert!(matches!(error, Error::Denied { .. }), "{error:?}");
    assert_eq!(owner.applied(), "r1");
}
