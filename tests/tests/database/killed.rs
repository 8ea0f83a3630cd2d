//! Processes that are killed at any message that they send. The next one goes on: everything is there once,
//! the schema is what it should be, and no lock is left.
//!
//! A plain run tries some of the places; `PROVE=full` tries all of them, and says how many there are.

use migrate_core::Runner;
use migrate_core::catalog::Catalog;
use migrate_testkit::{Database, postgres};

use crate::process::{chain, is_full, process};
use crate::proxy::{Proxy, When};
use crate::support::{Session, Way, database, eventually, server};

/// How many places a plain run tries, for each way, direction and chain.
const A_FEW: usize = 3;

/// A place where a process is killed.
struct Case {
    chain: &'static str,
    way: Way,
    command: &'static str,
}

impl Case {
    /// Kills the process at its messages; gives the number of places.
    fn run(&self, start: &Database, head: &Catalog) -> usize {
        let fresh = || server().database_from(start).unwrap();
        let all = {
            let database = fresh();
            let proxy = Proxy::new(&database);
            proxy.run(&mut process(&proxy.url(&database), self.chain, self.way, self.command), None)
        };
        let step = if is_full() { 1 } else { (2 * all).div_ceil(A_FEW).max(1) };
        // Another start each time, so that plain runs see other places, too.
        let first = if is_full() { 0 } else { std::process::id() as usize % step };
        let places = (1..=all).flat_map(|nth| [(nth, When::Before), (nth, When::After)]);
        let places: Vec<_> = places.skip(first).step_by(step).collect();
        for (nth, when) in &places {
            let database = fresh();
            let proxy = Proxy::new(&database);
            proxy.run(
                &mut process(&proxy.url(&database), self.chain, self.way, self.command),
                Some((*nth, *when)),
            );
            let Case { chain, command, .. } = self;
            let about =
                format!("{chain}, {:?}, {command}: {when:?} message {nth} of {all}", self.way);
            check_goes_on(&database, self, head, &about);
        }
        places.len()
    }
}

/// A fresh start does what was begun, then another reaches head; nothing tells that there was one before.
fn check_goes_on(database: &Database, case: &Case, head: &Catalog, about: &str) {
    let chain = chain(case.chain);
    let mut session = Session::new(database);
    for command in [case.command, "upgrade head"] {
        let ran = session.command(&Runner::new(&chain), command);
        ran.unwrap_or_else(|error| panic!("{about}: {command}: {error}"));
    }
    let ids: Vec<String> = chain.migrations().iter().map(|it| it.id.to_string()).collect();
    assert_eq!(
        session.rows("SELECT revision FROM migrate_history ORDER BY position"),
        ids,
        "{about}"
    );
    assert_eq!(session.value("SELECT count(*) FROM migrate_progress"), "0", "{about}");
    let Session::Blocking(client) = &mut session else { unreachable!() };
    assert_eq!(catalog(client).differences(head), [], "{about}");
    if case.chain == "outside" {
        // Each statement has run once.
        let sums = "SELECT count(*), min(b), max(b) FROM t";
        assert_eq!(session.value(sums), "100|11|11", "{about}");
    }
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = \
                 (SELECT oid FROM pg_database WHERE datname = current_database())";
    // The server may still be busy with what the dead have sent.
    eventually(about, || session.value(locks) == "0");
}

fn catalog(client: &mut postgres::Client) -> Catalog {
    Catalog::read(client).unwrap().without(|name| name.name.starts_with("migrate_"))
}

#[test]
fn a_process_that_is_killed_at_any_message() {
    let mut places = 0;
    for name in ["actorhub", "outside"] {
        let (empty, at_head) = (database("empty"), database("head"));
        let head = {
            let Session::Blocking(mut client) = Session::new(&at_head) else { unreachable!() };
            Runner::new(&chain(name)).upgrade(&mut client).unwrap();
            catalog(&mut client)
        };
        for way in Way::ALL {
            if way.is_single() && name == "outside" {
                continue;
            }
            for (command, start) in [("upgrade head", &empty), ("downgrade base", &at_head)] {
                places += Case { chain: name, way, command }.run(start, &head);
            }
        }
    }
    println!("killed at {places} places");
    assert!(places >= 16 * (A_FEW - 1), "{places}");
    if is_full() {
        assert!(places >= 500, "{places}");
    }
}
