//! The child that cleans up after us, however we end.
//!
//! It is a small `sh` script whose standard input is a pipe that only this process holds. The kernel closes the pipe when
//! the process ends, for whatever reason, and the script then stops the server and removes what it used. It sits in a
//! process group of its own, so that a Ctrl-C meant for us does not end it first. A server whose data stays may have
//! guests, other processes that use it, too: then the script waits until the last of them has ended.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::account::Account;
use crate::persistent::Home;

/// Stops PostgreSQL's processes and removes their directory.
pub(crate) const POSTGRES: &str = include_str!("supervisor/postgres.sh");
/// Runs a container, and removes it.
pub(crate) const CONTAINER: &str = include_str!("supervisor/container.sh");
/// What both need for guests.
const GUESTS: &str = include_str!("supervisor/guests.sh");

/// A running supervisor. Dropping it lets it clean up, and waits until it has.
#[derive(Debug)]
pub(crate) struct Supervisor {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Supervisor {
    /// Starts one of the scripts. It keeps the lock of `home` open, and with it locked, until it has cleaned up.
    pub(crate) fn start<S: AsRef<OsStr>>(
        script: &str,
        arguments: impl IntoIterator<Item = S>,
        account: Option<&Account>,
        home: Option<&Home>,
    ) -> io::Result<Self> {
        let of_home =
            |path: fn(&Home) -> &Path| home.map_or(OsStr::new(""), |home| path(home).as_os_str());
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("{GUESTS}{script}"), "migrate-scratch-supervisor"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(match home {
                Some(home) => Stdio::from(home.lock.try_clone()?),
                // Not ours: whoever reads our standard error would wait for the supervisor's end, too.
                None => Stdio::null(),
            })
            .current_dir("/")
            .process_group(0)
            // macOS: PostgreSQL refuses to start when looking up the locale made it multithreaded.
            .env("LC_ALL", "C")
            .env("MIGRATE_SCRATCH_GUESTS", of_home(|home| &home.guests))
            .env("MIGRATE_SCRATCH_NOTE", of_home(|home| &home.note));
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        if let Some(account) = account {
            command.gid(account.gid).uid(account.uid);
        }
        let mut child = command.spawn()?;
        let (Some(orders), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("its pipes are missing"));
        };
        let mut supervisor = Self { child, orders: Some(orders), answers: BufReader::new(answers) };
        match supervisor.answer()?.as_str() {
            "ok" => Ok(supervisor),
            problem => Err(io::Error::other(problem.to_owned())),
        }
    }

    /// Gives an order, and says whether it was carried out.
    pub(crate) fn order(&mut self, line: &str) -> io::Result<bool> {
        Ok(self.ask(line)? == "ok")
    }

    /// Gives an order, and returns the answer.
    pub(crate) fn ask(&mut self, line: &str) -> io::Result<String> {
        let Some(orders) = &mut self.orders else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        writeln!(orders, "{line}")?;
        self.answer()
    }

    fn answer(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line.truncate(line.trim_end().len());
        Ok(line)
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        drop(self.orders.take());
        // Others use the server, so it goes on.
        if self.answer().is_ok_and(|answer| answer == "kept") {
            return;
        }
        // Nobody is left to tell of an error, and the script retries by itself.
        let _ = self.child.wait();
    }
}
