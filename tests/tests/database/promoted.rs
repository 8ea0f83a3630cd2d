//! A standby that is promoted in the middle of an upgrade, after its primary has crashed. The next run goes on from
//! what the standby had, which may be less than what the first run was told.

use std::thread;
use std::time::Duration;

use migrate_core::{Chain, Event, Runner};
use migrate_testkit::{Backend, Server, Shutdown, postgres};

use crate::non_transactional::{indexes, no_progress, upgrades};
use crate::process::is_full;
use crate::support::{ClientKind, Session, address, aside, done, eventually};

/// Revisions in transactions before and after one without.
const CHAIN: [&str; 4] = [
    "CREATE TABLE t1 (n int); INSERT INTO t1 VALUES (1);",
    "CREATE INDEX i2 ON t1 (n); INSERT INTO t1 VALUES (2);",
    "!INSERT INTO t1 VALUES (3); CREATE INDEX CONCURRENTLY i3 ON t1 (n); INSERT INTO t1 VALUES (4);",
    "INSERT INTO t1 VALUES (5);",
];

const DATABASE: &str = "half_way";

/// When the index waits for another transaction; the other moments are events of the run.
const BUILDING: &str = "building";

/// How far the standby gets, and when the primary crashes.
struct Case {
    /// Nothing is replicated after this moment.
    replicated: &'static str,
    crashed: &'static str,
    /// What the standby has then: revisions, rows, the indexes and whether they are valid.
    found: [&'static str; 3],
    /// What the next run does.
    next: &'static str,
}

const CASES: [Case; 5] = [
    // The standby is behind by all that is outside a transaction.
    Case {
        replicated: "finished r2",
        crashed: "finished r4",
        found: ["r1 r2", "1 2", "i2|t"],
        next: "+r3 +r4",
    },
    Case {
        replicated: BUILDING,
        crashed: BUILDING,
        found: ["r1 r2", "1 2 3", "i2|t i3|f"],
        next: "+r3 +r4",
    },
    // The primary finishes the index, and the standby never hears of that.
    Case {
        replicated: BUILDING,
        crashed: "finished r3",
        found: ["r1 r2", "1 2 3", "i2|t i3|f"],
        next: "+r3 +r4",
    },
    Case {
        replicated: "r3, statement 3",
        crashed: "r3, statement 3",
        found: ["r1 r2", "1 2 3", "i2|t i3|t"],
        next: "+r3 +r4",
    },
    Case {
        replicated: "finished r3",
        crashed: "finished r3",
        found: ["r1 r2 r3", "1 2 3 4", "i2|t i3|t"],
        next: "+r4",
    },
];

/// A primary and its standby.
struct Pair<'s> {
    primary: &'s Server,
    standby: &'s Server,
    /// Where the standby keeps its data.
    folder: &'s str,
}

impl Pair<'_> {
    /// Makes the second server, which is stopped, a standby of the first.
    fn set_up(&self) {
        let folder = self.folder;
        let mut primary = open(self.primary, "postgres");
        let backup = format!(
            r#"rm -rf "{folder}" && "{}" -D "{folder}" -R -X stream -c fast --no-sync -d "{}""#,
            basebackup(&mut primary),
            url(self.primary, "postgres"),
        );
        // What the program is sent has to be read.
        let sql = format!("COPY (SELECT) TO PROGRAM 'cat > /dev/null && {backup}'");
        primary.execute(&sql);
        self.standby.resume().unwrap();
        let mut standby = open(self.standby, "postgres");
        assert_eq!(standby.value("SELECT pg_is_in_recovery()"), "t");
    }

    /// Upgrades on the primary until it crashes.
    fn interrupted(&self, kind: ClientKind, chain: &Chain<'static>, case: &Case) {
        let observe = |event: &Event<'_>| {
            let moment = match event {
                Event::Finished { revision, .. } => format!("finished {revision}"),
                Event::Statement { revision, number, .. } => {
                    format!("{revision}, statement {number}")
                }
                _ => return,
            };
            aside(|| self.at(&moment, case));
        };
        let runner =
            Runner::new(chain).revision_at_a_time().lock_timeout(Duration::ZERO).observe(observe);
        let mut session = Session::open(kind, &url(self.primary, DATABASE));
        thread::scope(|scope| {
            let mut other = None;
            if case.replicated == BUILDING {
                session.upgrade_to(&runner, "r2").unwrap();
                let other = other.insert(open(self.primary, DATABASE));
                other.execute("BEGIN; LOCK TABLE t1 IN ROW EXCLUSIVE MODE");
            }
            let run = scope.spawn(|| session.upgrade(&runner));
            if let Some(mut other) = other {
                let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                             AND query LIKE 'CREATE INDEX%'";
                let mut watch = open(self.primary, "postgres");
                eventually("the index waits", || watch.value(waits) == "1");
                self.at(BUILDING, case);
                // It may be gone with its server.
                let _ = other.try_rows("ROLLBACK");
            }
            let result = run.join().unwrap();
            // All was committed, and the run knew it.
            assert_eq!(result.is_ok(), case.crashed == "finished r4", "{result:?}");
        });
    }

    /// Does what belongs to a moment of the run.
    fn at(&self, moment: &str, case: &Case) {
        if moment == case.replicated {
            let lsn = open(self.primary, "postgres").value("SELECT pg_current_wal_flush_lsn()");
            let replayed = format!("SELECT pg_last_wal_replay_lsn() >= '{lsn}'");
            let mut standby = open(self.standby, "postgres");
            eventually("the standby has it", || standby.value(&replayed) == "t");
            standby.execute("ALTER SYSTEM SET primary_conninfo = ''");
            standby.execute("SELECT pg_reload_conf()");
            let receivers = "SELECT count(*) FROM pg_stat_wal_receiver";
            eventually("the standby is cut off", || standby.value(receivers) == "0");
        }
        if moment == case.crashed {
            self.primary.stop(Shutdown::Immediate).unwrap();
        }
    }

    /// Promotes the standby, and goes on there.
    fn promoted(&self, kind: ClientKind, chain: &Chain<'static>, case: &Case) {
        assert_eq!(open(self.standby, "postgres").value("SELECT pg_promote()"), "t");
        let mut session = Session::open(kind, &url(self.standby, DATABASE));
        assert_eq!(state(&mut session), case.found);
        let runner = Runner::new(chain);
        assert_eq!(done(&session.upgrade(&runner).unwrap()), case.next);
        assert_eq!(state(&mut session), ["r1 r2 r3 r4", "1 2 3 4 5", "i2|t i3|t"]);
        no_progress(&mut session);
        let log = session.log(&runner).unwrap();
        let log: Vec<_> = log.iter().map(|it| format!("{} {}", it.action, it.revision)).collect();
        assert_eq!(log, ["upgrade r1", "upgrade r2", "upgrade r3", "upgrade r4"]);
        session.verify(&runner).unwrap();
    }
}

/// Revisions, rows and indexes.
fn state(session: &mut Session) -> [String; 3] {
    let rows = session.value("SELECT n FROM t1 ORDER BY n");
    [session.applied(), rows, indexes(session).join(" ")]
}

fn url(server: &Server, database: &str) -> String {
    let (host, port) = address(&server.admin_url().parse::<postgres::Config>().unwrap());
    format!("postgresql://twin:twin@{host}:{port}/{database}")
}

fn open(server: &Server, database: &str) -> Session {
    Session::open(ClientKind::Blocking, &url(server, database))
}

/// The program that copies a server, which belongs to this very version.
fn basebackup(session: &mut Session) -> String {
    session.value("SELECT setting || '/pg_basebackup' FROM pg_config WHERE name = 'BINDIR'")
}

#[test]
fn a_standby_that_is_promoted_in_the_middle_of_an_upgrade() {
    let start = || {
        let server = Server::start(&[Backend::Local, Backend::Docker, Backend::Url]).unwrap();
        if server.backend() != Backend::Local {
            eprintln!("skipped: a server from {} can't be stopped", server.backend());
            return None;
        }
        // On both with one password: a standby has the roles of its primary. After a crash there has to be what the
        // run was told is done; for other tests that is turned off.
        let mut session = Session::open(ClientKind::Blocking, server.admin_url());
        session.execute(
            "CREATE ROLE twin SUPERUSER LOGIN PASSWORD 'twin'; \
             ALTER ROLE twin SET synchronous_commit = on",
        );
        let folder = session.value("SHOW data_directory");
        Some((server, folder))
    };
    let Some(mut primary) = start() else { return };
    let mut session = open(&primary.0, "postgres");
    let program = basebackup(&mut session);
    if session.value(&format!("SELECT size FROM pg_stat_file('{program}', true)")) == "-" {
        eprintln!("skipped: there is no {program}");
        return;
    }
    drop(session);
    let Some(mut standby) = start() else { return };
    standby.0.stop(Shutdown::Immediate).unwrap();
    let chain = upgrades(&CHAIN);
    // Each takes a copy of a whole server: a plain run has those where the standby lacks the most.
    let cases = CASES.iter().enumerate().filter(|(nth, _)| is_full() || [0, 2].contains(nth));
    let kinds = ClientKind::ALL.into_iter().cycle();
    for ((_, case), kind) in cases.zip(kinds) {
        // Shown when the test fails.
        println!("{kind:?}: replicated until {}, crashed at {}", case.replicated, case.crashed);
        let pair = Pair { primary: &primary.0, standby: &standby.0, folder: &standby.1 };
        pair.set_up();
        open(&primary.0, "postgres").execute(&format!("CREATE DATABASE {DATABASE}"));
        pair.interrupted(kind, &chain, case);
        pair.promoted(kind, &chain, case);
        let drops = format!("DROP DATABASE {DATABASE} WITH (FORCE)");
        open(&standby.0, "postgres").execute(&drops);
        // The crashed one becomes the standby of the promoted one.
        std::mem::swap(&mut primary, &mut standby);
    }
}
