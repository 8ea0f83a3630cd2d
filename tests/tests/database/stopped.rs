//! A server that is stopped hard at any moment of a run, as in a crash. It comes back, and the next run goes on.
//!
//! A moment is a message and a part of the time that a whole run takes. A plain run tries a few, always the same
//! unless `PROVE_SEED` says otherwise; `PROVE=full` tries many.

use std::sync::Arc;
use std::thread;
use std::time::Instant;

use migrate_core::schema::catalog::Catalog;
use migrate_testkit::{Backend, Database, Server, Shutdown, postgres};

use crate::killed::{at_head, check_goes_on};
use crate::process::{is_full, process};
use crate::proxy::{Proxy, When};
use crate::random::Random;
use crate::support::{Session, Way};

/// A run that meets the end of its server.
struct Case {
    chain: &'static str,
    way: Way,
    command: &'static str,
}

impl Case {
    /// Stops the server at this many moments; gives the number of runs that had an end in the middle.
    fn run(
        &self,
        server: &Arc<Server>,
        (start, head): (&Database, &Catalog),
        moments: usize,
        random: &mut Random,
    ) -> usize {
        let Case { chain, way, command } = *self;
        let began = Instant::now();
        let all = {
            let database = server.database_from(start).unwrap();
            let proxy = Proxy::new(&database);
            proxy.run(&mut process(&proxy.url(&database), chain, way, command), None)
        };
        let took = began.elapsed();
        let mut midway = 0;
        for _ in 0..moments {
            let nth = 1 + random.below(all);
            let (when, percent) = match random.below(5) {
                0 => (When::Before, 0),
                part => (When::After, (part as u32 - 1) * 10 + random.below(10) as u32),
            };
            let about = format!(
                "{chain}, {way:?}, {command}: stopped {when:?} message {nth} of {all}, {percent} %"
            );
            let database = server.database_from(start).unwrap();
            let before = state(&database);
            let proxy = Proxy::new(&database);
            let server_of_run = Arc::clone(server);
            proxy.run_until(
                &mut process(&proxy.url(&database), chain, way, command),
                Some((nth, when)),
                Box::new(move |_| {
                    thread::sleep(took * percent / 100);
                    // The server kills a process after 5 s that can't answer it, and the order waits 3 s.
                    let stop = || server_of_run.stop(Shutdown::Immediate);
                    stop().or_else(|_| stop()).or_else(|_| stop()).unwrap();
                }),
            );
            server.resume().unwrap();
            let after = state(&database);
            check_goes_on(&database, (chain, command), head, &about);
            midway += usize::from(before != after);
        }
        midway
    }
}

/// What is applied, and what is half done.
fn state(database: &Database) -> String {
    let mut session = Session::new(database);
    let applied = session.applied();
    let progress = session.try_rows("SELECT * FROM migrate_progress").unwrap_or_default();
    format!("{applied} {progress:?}")
}

#[test]
fn a_server_that_is_stopped_hard_at_any_moment() {
    let server = Server::start(&[Backend::Local, Backend::Docker, Backend::Url]).unwrap();
    if server.backend() != Backend::Local {
        eprintln!("skipped: a server from {} can't be stopped", server.backend());
        return;
    }
    // What it says is done has to be there after a crash; for other tests that is turned off.
    let mut admin = postgres::Client::connect(server.admin_url(), postgres::NoTls).unwrap();
    admin.batch_execute("ALTER ROLE CURRENT_USER SET synchronous_commit = on").unwrap();
    drop(admin);
    let (server, mut random) = (Arc::new(server), Random::new());
    let (mut moments, mut midway) = (0, 0);
    for name in ["actorhub", "outside"] {
        let empty = server.database("empty").unwrap();
        let (at_head, head) = at_head(&server, name);
        for way in Way::ALL {
            if way.is_single() && name == "outside" {
                continue;
            }
            for (command, start) in [("upgrade head", &empty), ("downgrade base", &at_head)] {
                // A plain run has no time for all ways.
                let here = match (is_full(), way) {
                    (true, _) => 12,
                    (false, Way::Together | Way::ByStatement) => 1,
                    (false, _) => 0,
                };
                if here > 0 {
                    let case = Case { chain: name, way, command };
                    midway += case.run(&server, (start, &head), here, &mut random);
                    moments += here;
                }
            }
        }
    }
    println!("stopped at {moments} moments, {midway} of them after a part of the work");
    assert!(moments >= 8, "{moments}");
    if is_full() {
        assert!(midway > moments / 10, "{midway} of {moments}");
    }
}
