//! A revision that needs a table for itself, while others read and write it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use migrate_core::{Event, Runner};

use crate::support::{Kind, Session, database, upgrades};

/// How long the revision may stand in the queue for the table. Who comes after it waits behind it.
const LOCK_TIMEOUT: Duration = Duration::from_millis(200);
/// How long somebody reads the table in one transaction.
const LONG: Duration = Duration::from_millis(3000);

/// Behind a long transaction a revision gives the queue free again and again, so nobody is kept from the
/// table for longer than it may wait; in the end it gets through.
#[test]
fn writers_are_not_kept_waiting_by_a_revision_that_waits() {
    let chain = upgrades(&["CREATE TABLE t (n int);", "ALTER TABLE t ADD m int;"]);
    for kind in [Kind::Blocking, Kind::Tokio] {
        let database = database("busy");
        let mut session = Session::open(kind, database.url());
        session.upgrade_to(&Runner::new(&chain), "r1").unwrap();
        let over = AtomicBool::new(false);
        let retries = std::sync::atomic::AtomicUsize::new(0);
        let slowest = thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut reader = Session::new(&database);
                reader.execute("BEGIN; SELECT * FROM t");
                thread::sleep(LONG);
                reader.execute("COMMIT");
            });
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
            // The reader has begun.
            thread::sleep(LONG / 5);
            let runner =
                Runner::new(&chain).lock_timeout(LOCK_TIMEOUT).retries(50).observe(|event| {
                    if let Event::Retrying { .. } = event {
                        retries.fetch_add(1, Ordering::Relaxed);
                    }
                });
            let ran = session.upgrade(&runner);
            over.store(true, Ordering::Relaxed);
            reader.join().unwrap();
            assert_eq!(ran.unwrap().done.len(), 1);
            writers.into_iter().map(|writer| writer.join().unwrap()).max().unwrap()
        });
        let retries = retries.into_inner();
        println!("{kind:?}: {retries} retries; the slowest write took {slowest:?}");
        assert!(retries > 0, "it never had to wait");
        // Not as long as the reader, whom the revision waited for: a write waits for one turn of the revision.
        assert!(slowest < LONG - LONG / 4, "a write took {slowest:?}");
    }
}
