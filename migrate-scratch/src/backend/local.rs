//! A server from installed binaries, on a data directory and a port of its own.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::account::{Account, temp_dir};
use crate::binaries::Binaries;
use crate::connection::{random_hex, wait_for};
use crate::obstacle::Obstacle;
use crate::persistent::Home;
use crate::supervisor::{POSTGRES, Supervisor};

/// Settings that every server of ours has. There is no socket file: its path would be too long in some temp folders.
const ALWAYS: [&str; 6] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "timezone=UTC",
    "log_timezone=UTC",
    "logging_collector=off",
];
/// Settings for data that nobody wants to see again.
const FAST: [&str; 5] = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum_naptime=1d",
    "max_wal_size=4GB",
];

/// A postmaster of ours.
#[derive(Debug)]
pub(crate) struct Local {
    supervisor: Supervisor,
    log: PathBuf,
    port: u16,
    pub(crate) url: String,
}

/// A data directory that outlives the server.
pub(crate) struct Kept<'a> {
    pub(crate) home: &'a Home,
    pub(crate) password: String,
}

impl Local {
    /// Makes a cluster in a new temporary directory and starts it.
    pub(crate) fn start(binaries: &Binaries, account: Option<&Account>) -> Result<Self, Obstacle> {
        let random = random_hex(8)?;
        let folder =
            temp_dir(account).join(format!("migrate-test-{}-{random}", std::process::id()));
        let settings = ALWAYS.iter().chain(&FAST);
        let supervisor = supervise(binaries, account, &folder, None, settings)?;
        Self::run(supervisor, &folder, &random_hex(16)?)
    }

    /// Starts the cluster in a directory that stays, and makes it first when there is none.
    pub(crate) fn start_kept(
        binaries: &Binaries,
        account: Option<&Account>,
        kept: &Kept<'_>,
    ) -> Result<Self, Obstacle> {
        let supervisor =
            supervise(binaries, account, &kept.home.folder, Some(kept.home), ALWAYS.iter())?;
        Self::run(supervisor, &kept.home.folder, &kept.password)
    }

    fn run(mut supervisor: Supervisor, folder: &Path, password: &str) -> Result<Self, Obstacle> {
        let log = folder.join("log");
        let failed = |program, log: &Path| Obstacle::Program { program, log: tail(log) };
        if !folder.join("data/PG_VERSION").exists()
            && !supervisor.order(&format!("init {password}"))?
        {
            return Err(failed("initdb", &log));
        }
        // Between our choice and PostgreSQL's bind another process may take the port.
        let mut attempts = 5;
        let port = loop {
            let port = free_port()?;
            if supervisor.order(&format!("start {port}"))? {
                break port;
            }
            attempts -= 1;
            if attempts == 0 || !tail(&log).contains("Address already in use") {
                return Err(failed("postgres", &log));
            }
        };
        let url = format!("postgresql://postgres:{password}@127.0.0.1:{port}/postgres");
        let urls = std::slice::from_ref(&url);
        wait_for(urls, Duration::from_secs(10), |_| None).map_err(Obstacle::NoAnswer)?;
        Ok(Self { supervisor, log, port, url })
    }

    /// Stops it; `false` when it did not stop in time.
    pub(crate) fn stop(&mut self, mode: &str) -> io::Result<bool> {
        self.supervisor.order(&format!("stop {mode}"))
    }

    /// Starts it again on the same port.
    pub(crate) fn resume(&mut self) -> io::Result<bool> {
        self.supervisor.order(&format!("start {}", self.port))
    }

    /// The end of its log.
    pub(crate) fn log(&self) -> String {
        tail(&self.log)
    }
}

/// A supervisor for `folder`, which it makes and removes unless it is a home, which stays.
fn supervise<'a>(
    binaries: &Binaries,
    account: Option<&Account>,
    folder: &Path,
    home: Option<&Home>,
    settings: impl Iterator<Item = &'a &'a str>,
) -> Result<Supervisor, Obstacle> {
    let trash = if home.is_some() { Path::new("") } else { folder };
    let shutdown_timeout = if home.is_some() { "30" } else { "3" };
    let mut arguments = vec![
        binaries.folder.clone().into_os_string(),
        folder.join("data").into(),
        folder.join("log").into(),
        trash.into(),
        shutdown_timeout.into(),
    ];
    for setting in settings {
        arguments.extend(["-c".into(), (*setting).into()]);
    }
    Ok(Supervisor::start(POSTGRES, arguments, account, home)?)
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// The last lines of a log, or a word when there are none.
pub(crate) fn tail(log: &Path) -> String {
    const ENOUGH: u64 = 2000;
    let read = || -> io::Result<String> {
        let mut file = File::open(log)?;
        let length = fs::metadata(log)?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(ENOUGH)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
    };
    read().ok().filter(|text| !text.is_empty()).unwrap_or_else(|| "(its log is empty)".to_owned())
}
