//! A server whose data outlives its processes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use migrate_scratch::postgres::{Client, NoTls};

use crate::process::{Process, containers, eventually, is_running, run};

/// The name of one test's server; what it leaves is removed at the end.
struct Name(String, Option<PathBuf>);

impl Name {
    fn new(test: &str) -> Self {
        Self(format!("{test}-{}", std::process::id()), None)
    }

    fn start(&mut self) -> Process {
        let process = Process::persistent(&self.0);
        assert_eq!(process.fact("error"), "");
        if process.fact("backend") == "local" {
            self.1 = Some(Path::new(process.fact("data")).parent().unwrap().to_owned());
        }
        process
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        if let Some(folder) = &self.1 {
            eventually("the server lets go of its folder", || {
                std::fs::remove_dir_all(folder).is_ok() && !folder.exists()
            });
        } else {
            let lock = std::env::temp_dir().join(format!("{}-{}", self.0, run("id", &["-u"])));
            let _ = std::fs::remove_dir_all(lock);
            let volumes =
                containers(&["volume", "ls", "-q", "--filter", &format!("name={}", self.0)]);
            for volume in volumes.lines() {
                eventually("the container lets go of its volume", || {
                    !containers(&["volume", "rm", volume]).is_empty()
                });
            }
        }
    }
}

fn client(process: &Process) -> Client {
    Client::connect(process.fact("url"), NoTls).unwrap()
}

fn numbers(process: &Process) -> Vec<i32> {
    let rows = client(process).query("SELECT n FROM t ORDER BY n", &[]).unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

fn postmaster(process: &Process) -> String {
    let file = Path::new(process.fact("data")).join("postmaster.pid");
    std::fs::read_to_string(file).unwrap().lines().next().unwrap().to_owned()
}

#[test]
fn the_data_stays_and_a_second_process_joins() {
    let mut name = Name::new("joined");
    let mut owner = name.start();
    if owner.fact("backend") == "url" {
        return;
    }
    client(&owner).batch_execute("CREATE TABLE t AS SELECT 1 AS n").unwrap();

    let guest = name.start();
    assert_eq!(guest.fact("url"), owner.fact("url"));
    let who = format!("from process {} (", owner.id());
    assert!(guest.fact("server").contains(&who), "{}", guest.fact("server"));
    client(&guest).batch_execute("INSERT INTO t VALUES (2)").unwrap();
    assert!(guest.end());
    assert_eq!(numbers(&owner), [1, 2], "the guest's end is not the server's");

    owner.kill("KILL", "");
    let url = owner.fact("url").to_owned();
    eventually("the server stops with its owner", || Client::connect(&url, NoTls).is_err());

    let next = name.start();
    assert!(!next.fact("server").contains("from process"), "{}", next.fact("server"));
    assert_eq!(numbers(&next), [1, 2]);
    assert!(next.end());
}

#[test]
fn the_server_runs_until_its_last_guest_has_ended() {
    let mut name = Name::new("guests");
    for kills in [false, true] {
        let mut owner = name.start();
        if owner.fact("backend") == "url" {
            return;
        }
        let guest = name.start();
        let url = owner.fact("url").to_owned();
        // Without a wait for the guest.
        match kills {
            false => assert!(owner.end()),
            true => owner.kill("KILL", ""),
        }
        std::thread::sleep(Duration::from_millis(500));
        client(&guest).batch_execute("CREATE TABLE IF NOT EXISTS t AS SELECT 1 AS n").unwrap();
        let later = name.start();
        assert_eq!(later.fact("url"), url, "it can still be joined");
        assert!(guest.end());
        assert_eq!(numbers(&later), [1]);
        assert!(later.end());
        eventually("the server stops behind its last guest", || {
            Client::connect(&url, NoTls).is_err()
        });
    }
}

#[test]
fn who_starts_while_the_last_one_stops_waits_for_it() {
    let mut name = Name::new("relay");
    let mut first = name.start();
    if first.fact("backend") == "url" {
        return;
    }
    client(&first).batch_execute("CREATE TABLE t AS SELECT 1 AS n").unwrap();
    first.kill("KILL", "");
    let second = name.start();
    assert_eq!(numbers(&second), [1]);
    assert!(second.end());
}

#[test]
fn what_a_killed_supervisor_leaves_does_not_hurt() {
    let mut name = Name::new("orphan");
    for also_the_server in [false, true] {
        let mut owner = name.start();
        if owner.fact("backend") != "local" {
            return;
        }
        client(&owner).batch_execute("CREATE TABLE IF NOT EXISTS t AS SELECT 1 AS n").unwrap();
        let postmaster = postmaster(&owner);
        let supervisor = run("ps", &["-o", "ppid=", "-p", &postmaster]);
        run("kill", &["-KILL", &supervisor]);
        if also_the_server {
            run("kill", &["-KILL", &postmaster]);
        }
        owner.kill("KILL", "");
        if also_the_server {
            // The signal is sent; on a busy machine it takes a while to die of it.
            eventually("the server has ended", || !is_running(&postmaster));
        } else {
            assert!(is_running(&postmaster));
        }

        let next = name.start();
        assert!(!is_running(&postmaster));
        assert_eq!(numbers(&next), [1]);
        assert!(next.end());
    }
}
