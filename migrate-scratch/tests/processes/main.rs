//! What needs more than one process: killing one and looking at what it leaves, and two that use the same server.
//!
//! The other process is this binary again, running only the test `child`; the environment tells it what to do.
#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod choice;
mod cleanup;
mod persistent;
mod process;
mod shared_server;

use std::io::Read;

use migrate_scratch::{Backend, Server};

/// What the child is to do; unset when the tests are run by hand.
const TASK: &str = "TESTKIT_CHILD_TASK";
/// The name of a persistent server.
const NAME: &str = "TESTKIT_CHILD_NAME";

#[test]
#[ignore = "the other tests run it in a process of its own"]
fn child() {
    let Ok(task) = std::env::var(TASK) else { return };
    let server = match task.as_str() {
        // A static is never dropped: the worst case for cleaning up.
        "shared" => Server::shared().map_err(ToString::to_string),
        "persistent" => Server::start_persistent(&std::env::var(NAME).unwrap(), &Backend::ORDER)
            .map(|server| &*Box::leak(Box::new(server)))
            .map_err(|error| error.to_string()),
        other => panic!("unknown task {other}"),
    };
    let server = match server {
        Ok(server) => server,
        Err(error) => return say("error", &error),
    };
    say("server", &server.to_string());
    say("backend", server.backend().name());
    say("url", server.admin_url());
    let database = server.database("child").unwrap();
    say("database", database.name());
    let shown = database.connect().unwrap().query_one("SHOW data_directory", &[]);
    say("data", &shown.map_or_else(|_| String::new(), |row| row.get(0)));
    say("ready", "");
    // Until the parent says so, or kills us.
    let mut buffer = Vec::new();
    std::io::stdin().read_to_end(&mut buffer).unwrap();
    std::mem::forget(database);
}

/// One line for the parent; newlines would be new lines.
fn say(word: &str, text: &str) {
    println!("\nchild {word} {}", text.replace('\n', "\\n"));
}
