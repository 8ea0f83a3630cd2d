//! Processes that are killed at any message that they send. The next one goes on: everything is there once,
//! the schema is what it should be, and no lock is left.
//!
//! A plain run tries some of the places; `PROVE=full` tries all of them, and says how many there are.

use std::env;
use std::process::{Command, Stdio};

use actorhub_schema::migrations;
use migrate_core::catalog::Catalog;
use migrate_core::{Chain, Runner};
use migrate_testkit::{Database, postgres};

use crate::proxy::{Proxy, When};
use crate::support::{Kind, Session, Way, chain_of, database, eventually, file, server};

/// How many places a plain run tries, for each way, direction and chain.
const A_FEW: usize = 3;

/// What the process that is going to be killed is told.
const VARIABLES: [&str; 4] = ["KILLED_URL", "KILLED_CHAIN", "KILLED_WAY", "KILLED_COMMAND"];

/// The chains: ActorHub's, and one with all that has to be outside a transaction.
fn chain(name: &str) -> Chain<'static> {
    if name == "actorhub" {
        return migrations::CHAIN.clone();
    }
    let outside = |(name, text): (String, String)| {
        let text = text.replace("migrate:up", "migrate:up transaction:false");
        (name, text.replace("migrate:down", "migrate:down transaction:false"))
    };
    chain_of(&[
        file(
            "r1",
            "",
            "CREATE TABLE t (a int, b int);\nINSERT INTO t SELECT n, 0 FROM generate_series(1, 100) n;",
            "DROP TABLE t;",
        ),
        outside(file(
            "r2",
            "r1",
            "UPDATE t SET b = b + 1;\nCREATE INDEX CONCURRENTLY ix_a ON t (a);\nUPDATE t SET b = b + 10;\n\
             CREATE UNIQUE INDEX CONCURRENTLY ix_ab ON t (a, b);\nALTER TABLE t ADD CONSTRAINT uq UNIQUE USING INDEX ix_ab;",
            "ALTER TABLE t DROP CONSTRAINT uq;\nUPDATE t SET b = b - 11;\nDROP INDEX CONCURRENTLY ix_a;",
        )),
        file("r3", "r2", "CREATE TABLE u ();", "DROP TABLE u;"),
    ])
}

/// The process that is killed.
#[test]
#[ignore = "the other tests start it"]
fn the_process() {
    let [url, name, way, command] =
        VARIABLES.map(|name| env::var(name).unwrap_or_else(|_| panic!("{name} is not set")));
    let chain = chain(&name);
    let way = Way::ALL[way.parse::<usize>().unwrap()];
    let mut session = Session::open(Kind::Blocking, &url);
    session.command(&way.of(Runner::new(&chain)), &command).unwrap();
}

/// A place where a process is killed.
struct Case {
    chain: &'static str,
    way: usize,
    command: &'static str,
}

impl Case {
    fn process(&self, url: &str) -> Command {
        let mut process = Command::new(env::current_exe().unwrap());
        process.args(["--ignored", "--exact", "killed::the_process"]);
        let values = [url, self.chain, &self.way.to_string(), self.command].map(str::to_owned);
        process.envs(VARIABLES.into_iter().zip(values));
        process.stdout(Stdio::null()).stderr(Stdio::null());
        process
    }

    /// Kills the process at its messages; gives the number of places.
    fn run(&self, start: &Database, head: &Catalog) -> usize {
        let fresh = || server().database_from(start).unwrap();
        let all = {
            let database = fresh();
            let proxy = Proxy::new(&database);
            proxy.run(&mut self.process(&proxy.url(&database)), None)
        };
        let full = env::var("PROVE").is_ok_and(|value| value == "full");
        let step = if full { 1 } else { (2 * all).div_ceil(A_FEW).max(1) };
        // Another start each time, so that plain runs see other places, too.
        let first = if full { 0 } else { std::process::id() as usize % step };
        let places = (1..=all).flat_map(|nth| [(nth, When::Before), (nth, When::After)]);
        let places: Vec<_> = places.skip(first).step_by(step).collect();
        for (nth, when) in &places {
            let database = fresh();
            let proxy = Proxy::new(&database);
            proxy.run(&mut self.process(&proxy.url(&database)), Some((*nth, *when)));
            let Case { chain, command, .. } = self;
            let about = format!(
                "{chain}, {:?}, {command}: {when:?} message {nth} of {all}",
                Way::ALL[self.way]
            );
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
        for (way, sending) in Way::ALL.iter().enumerate() {
            if sending.is_single() && name == "outside" {
                continue;
            }
            for (command, start) in [("upgrade head", &empty), ("downgrade base", &at_head)] {
                places += Case { chain: name, way, command }.run(start, &head);
            }
        }
    }
    println!("killed at {places} places");
    assert!(places >= 16 * A_FEW, "{places}");
    if env::var("PROVE").is_ok_and(|value| value == "full") {
        assert!(places >= 500, "{places}");
    }
}
