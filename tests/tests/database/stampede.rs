//! Fifty processes that start at once: each revision runs once, and nobody fails.

use std::time::{Duration, Instant};

use migrate_testkit::Database;

use crate::pooler::Pooler;
use crate::process::{chain, process};
use crate::support::{Session, Way, database};

/// How many start at once.
const CROWD: usize = 50;

/// Starts them, and waits for the last; tells how long that took.
fn crowd(url: &str, name: &str, way: Way) -> Duration {
    let start = Instant::now();
    let started: Vec<_> =
        (0..CROWD).map(|_| process(url, name, way, "upgrade head").spawn().unwrap()).collect();
    let failed: Vec<_> = started
        .into_iter()
        .map(|process| process.wait_with_output().unwrap().status)
        .filter(|status| !status.success())
        .collect();
    assert!(failed.is_empty(), "{} of {CROWD} failed: {failed:?}", failed.len());
    start.elapsed()
}

/// Each revision has run once, nobody met a deadlock, and nothing is left.
fn check_once(database: &Database, name: &str) {
    let mut session = Session::new(database);
    let chain = chain(name);
    let ids: Vec<String> = chain.migrations().iter().map(|it| it.id.to_string()).collect();
    assert_eq!(session.rows("SELECT revision FROM migrate_history ORDER BY position"), ids);
    let log = session.rows("SELECT action || ' ' || revision FROM migrate_log ORDER BY at");
    assert_eq!(log, ids.iter().map(|id| format!("upgrade {id}")).collect::<Vec<_>>());
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(session.value(deadlocks), "0");
}

#[test]
fn fifty_processes_at_once() {
    for (name, way) in
        [("actorhub", Way::Together), ("actorhub", Way::ByStatement), ("outside", Way::OneByOne)]
    {
        let database = database("stampede");
        let empty = crowd(database.url(), name, way);
        check_once(&database, name);
        let at_head = crowd(database.url(), name, way);
        check_once(&database, name);
        println!(
            "{name}, {way:?}: the last of {CROWD} was ready after {empty:?}, and {at_head:?} at head"
        );
    }
}

/// What needs no session of its own runs behind a pooler as well.
#[test]
fn fifty_processes_at_once_behind_a_pooler() {
    let database = database("stampede");
    let Some(pooler) = Pooler::new(&database, 5) else { return };
    let took = crowd(&pooler.url(&database), "actorhub", Way::Together);
    check_once(&database, "actorhub");
    println!("behind a pooler: the last of {CROWD} was ready after {took:?}");
}
