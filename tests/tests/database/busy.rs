//! A revision that needs a table for itself, while others read and write it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use migrate_core::{Chain, Error, Event, Report, Runner};
use migrate_testkit::Database;

use crate::process::is_full;
use crate::support::{ClientKind, Session, database, eventually, upgrades};

/// How long the revision may stand in the queue for the table. Who comes after it waits behind it.
const LOCK_TIMEOUT: Duration = Duration::from_millis(200);
/// How long somebody reads the table in one transaction.
const LONG: Duration = Duration::from_millis(3000);

/// Reads the table in one transaction, and meanwhile runs the revision that wants it for itself; tells how often that
/// had to try again, and how it ended.
fn gets_through(
    database: &Database,
    session: &mut Session,
    chain: &Chain<'static>,
) -> (usize, Result<Report, Error>) {
    let retries = AtomicUsize::new(0);
    let runner = Runner::new(chain).lock_timeout(LOCK_TIMEOUT).retries(50).observe(|event| {
        if let Event::Retrying { .. } = event {
            retries.fetch_add(1, Ordering::Relaxed);
        }
    });
    let mut reader = Session::new(database);
    reader.execute("BEGIN; SELECT * FROM t LIMIT 1");
    let ran = thread::scope(|scope| {
        scope.spawn(move || {
            thread::sleep(LONG);
            reader.execute("COMMIT");
        });
        session.upgrade(&runner)
    });
    drop(runner);
    (retries.into_inner(), ran)
}

/// Not as long as the reader, whom the revision waited for: a write waits for one turn of the revision.
fn check((retries, ran): (usize, Result<Report, Error>), slowest: Duration) {
    assert_eq!(ran.unwrap().done.len(), 1);
    println!("{retries} retries; the slowest write took {slowest:?}");
    assert!(retries > 0, "it never had to wait");
    assert!(slowest < LONG - LONG / 4, "a write took {slowest:?}");
}

fn chain() -> Chain<'static> {
    upgrades(&["CREATE TABLE t (n int);", "ALTER TABLE t ADD m int;"])
}

/// Behind a long transaction a revision gives the queue free again and again, so nobody is kept from the
/// table for longer than it may wait; in the end it gets through.
#[test]
fn writers_are_not_kept_waiting_by_a_revision_that_waits() {
    let chain = chain();
    for kind in ClientKind::ALL {
        let database = database("busy");
        let mut session = Session::open(kind, database.url());
        session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
        let over = AtomicBool::new(false);
        let (ran, slowest) = thread::scope(|scope| {
            let writers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let mut writer = Session::new(&database);
                        let mut slowest = Duration::ZERO;
                        while !over.load(Ordering::Relaxed) {
                            let start = Instant::now();
                            writer.execute("INSERT INTO t (n) VALUES (1)");
                            slowest = slowest.max(start.elapsed());
                        }
                        slowest
                    })
                })
                .collect();
            let ran = gets_through(&database, &mut session, &chain);
            over.store(true, Ordering::Relaxed);
            let slowest = writers.into_iter().map(|writer| writer.join().unwrap()).max();
            (ran, slowest.unwrap())
        });
        println!("{kind:?}");
        check(ran, slowest);
    }
}

/// PostgreSQL's own load, where it is installed.
fn pgbench() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.filter_map(Result::ok).map(|version| version.path().join("bin"));
    folders.map(|folder| folder.join("pgbench")).find(|program| program.exists())
}

/// The same with a load that is not ours: `PROVE=full` runs it.
#[test]
fn pgbench_is_not_kept_waiting_either() {
    let Some(program) = pgbench().filter(|_| is_full()) else {
        eprintln!("skipped: it is not PROVE=full, or pgbench is not installed");
        return;
    };
    let (chain, database) = (chain(), database("pgbench"));
    let mut session = Session::new(&database);
    session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script.sql");
    fs::write(&script, "INSERT INTO t (n) VALUES (1);\n").unwrap();
    let mut load = Command::new(program)
        .args(["--no-vacuum", "--client=8", "--time=8", "--log", "--file"])
        .arg(&script)
        .arg(database.url())
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    eventually("pgbench writes", || session.value("SELECT count(*) > 100 FROM t") == "t");
    let ran = gets_through(&database, &mut session, &chain);
    assert!(load.wait().unwrap().success());
    let written = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let logs = written.filter(|path| path != &script).map(|path| fs::read_to_string(path).unwrap());
    // Of each line the third word is how long the transaction took, in millionths of a second.
    let text = logs.collect::<String>();
    let took = text.lines().map(|line| line.split(' ').nth(2).unwrap().parse::<u64>().unwrap());
    println!("pgbench: {} transactions", text.lines().count());
    check(ran, Duration::from_micros(took.max().unwrap()));
}
