//! Processes that are killed at any message that they send. The next one goes on: everything is there once,
//! the schema is what it should be, and no lock is left.
//!
//! A plain run tries some of the places, always the same unless `PROVE_SEED` says otherwise; `PROVE=full` tries all
//! of them, and says how many there are.

use std::process::Command;

use migrate_core::Runner;
use migrate_core::schema::catalog::Catalog;
use migrate_testkit::{Database, Server, postgres};

use crate::process::{CLIENT, chain, is_full, process};
use crate::proxy::{Proxy, When};
use crate::random::Random;
use crate::support::{Session, Way, database, eventually, server};

/// How many places a plain run tries, for each way, direction and chain.
const A_FEW: usize = 3;

/// A place where a process is killed.
struct Case {
    chain: &'static str,
    way: Way,
    command: &'static str,
    client: usize,
}

impl Case {
    fn process(&self, url: &str) -> Command {
        let mut process = process(url, self.chain, self.way, self.command);
        process.env(CLIENT, self.client.to_string());
        process
    }

    /// Kills the process at its messages; gives the number of places.
    fn run(&self, start: &Database, head: &Catalog, random: &mut Random) -> usize {
        let fresh = || server().database_from(start).unwrap();
        let all = {
            let database = fresh();
            let proxy = Proxy::new(&database);
            proxy.run(&mut self.process(&proxy.url(&database)), None)
        };
        let step = if is_full() { 1 } else { (2 * all).div_ceil(A_FEW).max(1) };
        let first = if is_full() { 0 } else { random.below(step) };
        let places = (1..=all).flat_map(|nth| [(nth, When::Before), (nth, When::After)]);
        let places: Vec<_> = places.skip(first).step_by(step).collect();
        for (nth, when) in &places {
            let database = fresh();
            let proxy = Proxy::new(&database);
            proxy.run(&mut self.process(&proxy.url(&database)), Some((*nth, *when)));
            let Case { chain, command, client, .. } = self;
            let about = format!(
                "{chain}, {:?}, {command}, client {client}: {when:?} message {nth} of {all}",
                self.way
            );
            check_goes_on(&database, (chain, command), head, &about);
        }
        places.len()
    }
}

/// A fresh start does what was begun, then another reaches head; nothing tells that there was one before.
pub(crate) fn check_goes_on(
    database: &Database,
    (name, command): (&str, &str),
    head: &Catalog,
    about: &str,
) {
    let chain = chain(name);
    let mut session = Session::new(database);
    for command in [command, "upgrade head"] {
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
    if name == "outside" {
        // Each statement has run once.
        let sums = "SELECT count(*), min(b), max(b) FROM t";
        assert_eq!(session.value(sums), "100|11|11", "{about}");
    }
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = \
                 (SELECT oid FROM pg_database WHERE datname = current_database())";
    // The server may still be busy with what the dead have sent.
    eventually(about, || session.value(locks) == "0");
}

/// A database at head, and what is in it.
pub(crate) fn at_head(server: &Server, name: &str) -> (Database, Catalog) {
    let database = server.database("head").unwrap();
    let mut client = database.connect().unwrap();
    Runner::new(&chain(name)).upgrade(&mut client).unwrap();
    let catalog = catalog(&mut client);
    (database, catalog)
}

fn catalog(client: &mut postgres::Client) -> Catalog {
    Catalog::read(client).unwrap().without(|name| name.name.starts_with("migrate_"))
}

#[test]
fn a_process_that_is_killed_at_any_message() {
    let (mut places, mut client, mut random) = (0, 0, Random::new());
    for name in ["actorhub", "outside"] {
        let (empty, (at_head, head)) = (database("empty"), at_head(server(), name));
        for way in Way::ALL {
            if way.is_single() && name == "outside" {
                continue;
            }
            for (command, start) in [("upgrade head", &empty), ("downgrade base", &at_head)] {
                // Each client in turn.
                client += 1;
                let case = Case { chain: name, way, command, client };
                places += case.run(start, &head, &mut random);
            }
        }
    }
    println!("killed at {places} places");
    assert!(places >= 16 * (A_FEW - 1), "{places}");
    if is_full() {
        assert!(places >= 500, "{places}");
    }
}
