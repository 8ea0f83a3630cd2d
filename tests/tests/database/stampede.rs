//! Fifty processes that start at once: each revision runs once, and nobody fails.

use std::process::{Child, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use migrate_testkit::Database;

use crate::pooler::{Pooler, nothing_is_left};
use crate::process::{CLIENT, GATE, chain, process};
use crate::support::{ClientKind, Session, Way, database, eventually};

/// How many start at once.
const CROWD: usize = 50;

/// Two crowds at once would be more sessions than the server has.
fn one_crowd() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn start(url: &str, name: &str, way: Way) -> Vec<Child> {
    // Each client is there.
    let one = |number: usize| {
        let mut process = process(url, name, way, "upgrade head");
        process.env(CLIENT, number.to_string()).stdout(Stdio::piped()).spawn().unwrap()
    };
    (0..CROWD).map(one).collect()
}

/// Waits for the last; gives what those say that fail.
fn ended(crowd: Vec<Child>) -> Vec<String> {
    let outputs = crowd.into_iter().map(|process| process.wait_with_output().unwrap());
    let failed = outputs.filter(|output| !output.status.success());
    failed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).collect()
}

/// Starts them, and waits for the last; tells how long that took.
fn crowd(url: &str, name: &str, way: Way) -> Duration {
    let began = Instant::now();
    let failed = ended(start(url, name, way));
    assert!(failed.is_empty(), "{} of {CROWD} failed: {}", failed.len(), failed[0]);
    began.elapsed()
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
    let _turn = one_crowd();
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
    let _turn = one_crowd();
    let database = database("stampede");
    let Some(pooler) = Pooler::new(&database, 5) else { return };
    let took = crowd(&pooler.url(&database), "actorhub", Way::Together);
    check_once(&database, "actorhub");
    println!("behind a pooler: the last of {CROWD} was ready after {took:?}");
}

/// They come while an index is built: nobody keeps it from its end, and it keeps nobody from theirs.
#[test]
fn fifty_processes_while_an_index_is_built() {
    let _turn = one_crowd();
    let database = database("stampede");
    let mut gate = Session::new(&database);
    gate.execute(&format!("SELECT pg_advisory_lock({GATE})"));
    let others = |what: &str| {
        format!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
             AND pid <> pg_backend_pid() AND query LIKE '{what}%'"
        )
    };
    let first = process(database.url(), "gated", Way::Together, "upgrade head").spawn().unwrap();
    let built = others("CREATE INDEX CONCURRENTLY");
    eventually("the index is being built", || gate.value(&built) == "1");
    let crowd = start(database.url(), "gated", Way::Together);
    let waiting = others("SELECT ''migrate:holder''");
    eventually("all wait", || gate.value(&waiting) == CROWD.to_string());
    let began = Instant::now();
    gate.execute(&format!("SELECT pg_advisory_unlock({GATE})"));
    let failed = ended(crowd);
    let took = began.elapsed();
    assert!(failed.is_empty(), "{} of {CROWD} failed: {}", failed.len(), failed[0]);
    assert!(first.wait_with_output().unwrap().status.success());
    check_once(&database, "gated");
    let valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix'::regclass";
    assert_eq!(gate.value(valid), "t");
    println!(
        "while an index is built: the last of {CROWD} was ready {took:?} after its first half"
    );
}

/// What needs a session of its own is refused behind a pooler, whoever else comes: nothing is left that others would
/// wait for, and with the server's own address it gets done.
#[test]
fn fifty_processes_with_an_index_behind_a_pooler() {
    let _turn = one_crowd();
    let database = database("stampede");
    let Some(pooler) = Pooler::new(&database, 5) else { return };
    let began = Instant::now();
    let failed = ended(start(&pooler.url(&database), "outside", Way::Together));
    let took = began.elapsed();
    for said in &failed {
        assert!(said.contains("TransactionPooler { revision: \"r2\" }"), "{said}");
    }
    println!("behind a pooler: {} of {CROWD} are refused, the last after {took:?}", failed.len());
    let mut session = Session::open(ClientKind::Blocking, &pooler.url(&database));
    nothing_is_left(&database, &mut session);
    let took = crowd(database.url(), "outside", Way::Together);
    println!("with the server's own address: the last of {CROWD} was ready after {took:?}");
    check_statements(&database);
}

/// A pool of one session is no other session each time, but one that all share.
#[test]
fn fifty_processes_with_an_index_that_share_one_session() {
    let _turn = one_crowd();
    let database = database("stampede");
    let Some(pooler) = Pooler::new(&database, 1) else { return };
    let took = crowd(&pooler.url(&database), "outside", Way::Together);
    println!("in one session: the last of {CROWD} was ready after {took:?}");
    check_statements(&database);
}

/// Each statement outside a transaction has run once.
fn check_statements(database: &Database) {
    check_once(database, "outside");
    let mut session = Session::new(database);
    assert_eq!(session.value("SELECT count(*), min(b), max(b) FROM t"), "100|11|11");
    assert_eq!(session.value("SELECT count(*) FROM migrate_progress"), "0");
}
