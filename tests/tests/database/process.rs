//! Migrations in processes of their own, so that they can be killed, or come in crowds.

use std::env;
use std::process::{Command, Stdio};
use std::time::Duration;

use actorhub_schema::migrations;
use migrate_core::{Chain, Runner};

use crate::stress::Story;
use crate::support::{ClientKind, Session, Way, chain_of, file};

/// What a process is told.
const VARIABLES: [&str; 4] = ["PROCESS_URL", "PROCESS_CHAIN", "PROCESS_WAY", "PROCESS_COMMAND"];

/// And if it is not to wait for long: how many milliseconds.
pub(crate) const LOCK_TIMEOUT: &str = "PROCESS_LOCK_TIMEOUT";

/// With which client, by its number: [`ClientKind::nth`]. The blocking one, unless it is told.
pub(crate) const CLIENT: &str = "PROCESS_CLIENT";

/// Whether all is to be tried, and not only as much as a plain run has time for.
pub(crate) fn is_full() -> bool {
    env::var("PROVE").is_ok_and(|value| value == "full")
}

/// The chains: ActorHub's, one with all that has to be outside a transaction, one whose index takes long, and those that
/// are made at random.
pub(crate) fn chain(name: &str) -> Chain<'static> {
    match name {
        "actorhub" => migrations::CHAIN.clone(),
        "outside" => outside(),
        "gated" => gated(),
        name => Story::named(name).unwrap_or_else(|| panic!("no chain {name}")),
    }
}

/// The file of a revision whose sections run outside a transaction.
fn outside_file(id: &str, parent: &str, up: &str, down: &str) -> (String, String) {
    let (name, text) = file(id, parent, up, down);
    let text = text.replace("migrate:up", "migrate:up transaction:false");
    (name, text.replace("migrate:down", "migrate:down transaction:false"))
}

fn outside() -> Chain<'static> {
    chain_of(&[
        file(
            "r1",
            "",
            "CREATE TABLE t (a int, b int);\nINSERT INTO t SELECT n, 0 FROM generate_series(1, 100) n;",
            "DROP TABLE t;",
        ),
        outside_file(
            "r2",
            "r1",
            "UPDATE t SET b = b + 1;\nCREATE INDEX CONCURRENTLY ix_a ON t (a);\nUPDATE t SET b = b + 10;\n\
             CREATE UNIQUE INDEX CONCURRENTLY ix_ab ON t (a, b);\nALTER TABLE t ADD CONSTRAINT uq UNIQUE USING INDEX ix_ab;",
            "ALTER TABLE t DROP CONSTRAINT uq;\nUPDATE t SET b = b - 11;\nDROP INDEX CONCURRENTLY ix_a;",
        ),
        file("r3", "r2", "CREATE TABLE u ();", "DROP TABLE u;"),
    ])
}

/// While somebody has this lock, the index of [`gated`] is not finished.
pub(crate) const GATE: u32 = 77;

/// The index over its many rows waits at one of them until the gate is open.
fn gated() -> Chain<'static> {
    let up = format!(
        "CREATE TABLE t (n int);\nINSERT INTO t SELECT generate_series(1, 100000);\n\
         CREATE FUNCTION gate(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$\n\
         BEGIN\n  WHILE n = 50000 AND NOT pg_try_advisory_xact_lock_shared({GATE}) LOOP PERFORM pg_sleep(0.01); END LOOP;\n\
         RETURN n;\nEND $$;"
    );
    chain_of(&[
        file("r1", "", &up, "DROP TABLE t;\nDROP FUNCTION gate;"),
        outside_file(
            "r2",
            "r1",
            "CREATE INDEX CONCURRENTLY ix ON t (gate(n));",
            "DROP INDEX CONCURRENTLY ix;",
        ),
        file("r3", "r2", "CREATE TABLE u ();", "DROP TABLE u;"),
    ])
}

/// A process that runs a command, `upgrade head` for one, over one of the chains.
pub(crate) fn process(url: &str, chain: &str, way: Way, command: &str) -> Command {
    let mut process = Command::new(env::current_exe().unwrap());
    process.args(["--ignored", "--exact", "process::the_process"]);
    let way = Way::ALL.iter().position(|it| *it == way).unwrap().to_string();
    process.envs(VARIABLES.into_iter().zip([url, chain, &way, command]));
    process.stdout(Stdio::null()).stderr(Stdio::null());
    process
}

#[test]
#[ignore = "the other tests start it"]
fn the_process() {
    let [url, name, way, command] =
        VARIABLES.map(|name| env::var(name).unwrap_or_else(|_| panic!("{name} is not set")));
    let chain = chain(&name);
    let way = Way::ALL[way.parse::<usize>().unwrap()];
    let client = env::var(CLIENT)
        .map_or(ClientKind::Blocking, |number| ClientKind::nth(number.parse().unwrap()));
    let mut session = Session::open(client, &url);
    let mut runner = way.of(Runner::new(&chain));
    if let Ok(limit) = env::var(LOCK_TIMEOUT) {
        runner = runner.lock_timeout(Duration::from_millis(limit.parse().unwrap())).retries(1);
    }
    session.command(&runner, &command).unwrap();
}
