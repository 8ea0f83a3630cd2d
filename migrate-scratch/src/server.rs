//! A running server: one for the whole process, a private one, or one that keeps its data.

mod start;

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use migrate_core::__private::quote;

use crate::Backend;
use crate::backend::container::Container;
use crate::backend::local::Local;
use crate::binaries::Binaries;
use crate::connection::{connect, with_database};
use crate::database::{Database, name};
use crate::error::Error;
use crate::lease::Lease;
use crate::persistent::Guest;
use crate::unavailable::Unavailable;

static SHARED: OnceLock<Result<Server, Unavailable>> = OnceLock::new();

/// A running PostgreSQL. Dropping the value stops it, unless it was running before us.
pub struct Server {
    backend: Backend,
    place: String,
    version: Version,
    admin_url: String,
    /// Eight hexadecimal digits, in the names of our databases.
    run: String,
    databases: AtomicU64,
    /// Only on a server that others use, too: with any other, our databases vanish together with it.
    lease: Option<Lease>,
    process: Process,
}

/// What keeps the server running.
enum Process {
    Elsewhere,
    /// By another process; but not before we have ended, too.
    Attached {
        _guest: Guest,
    },
    Local(Mutex<Local>),
    Container {
        _container: Box<Container>,
    },
}

/// How to stop a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shutdown {
    /// Sessions are ended, and what is in memory is written.
    Fast,
    /// As in a crash: the next start has to recover.
    Immediate,
}

/// A version of PostgreSQL. Versions can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 15 in 15.18.
    pub major: u32,
    /// 18 in 15.18.
    pub minor: u32,
}

impl Server {
    /// The one server of this process, started by the first call in the usual order ([`Backend::ORDER`]).
    pub fn shared() -> Result<&'static Self, &'static Unavailable> {
        SHARED.get_or_init(|| Self::start(&Backend::ORDER)).as_ref()
    }

    /// Starts a private server: the first of these backends that works, or the one that `PG_BACKEND` names.
    pub fn start(order: &[Backend]) -> Result<Self, Unavailable> {
        start::ephemeral(order)
    }

    /// Starts a server that keeps its data for the next call with the same name: in a folder for temporary files that only
    /// this user can enter, or in a volume of Docker's or Podman's. The server itself stops with this process.
    ///
    /// Should another live process run it already, that one is used, and standard error says whose it is; it stops with
    /// its process. With [`Backend::Url`] it is the server of `DATABASE_URL`. A name has up to 40 letters, digits, `-` and
    /// `_`.
    pub fn start_persistent(name: &str, order: &[Backend]) -> Result<Self, Unavailable> {
        start::persistent(name, order)
    }

    /// Where it comes from.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Its version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// How to connect to the database that is there from the start, with the password.
    pub fn admin_url(&self) -> &str {
        &self.admin_url
    }

    /// A program of PostgreSQL's own, as `pg_dump`, of the server's version, if it is installed here.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let found = Binaries::find(None, Some(self.version.major)).ok()?;
        Some(found.folder.join(name)).filter(|program| program.exists())
    }

    /// Makes an empty database. `hint` becomes a part of its name, so that logs can be read.
    pub fn database(&self, hint: &str) -> Result<Database, Error> {
        // The other template may have been changed, or be in use.
        self.copy("template0", hint)
    }

    /// Makes a copy of a database. Nobody may be connected to the template meanwhile.
    pub fn database_from(&self, template: &Database) -> Result<Database, Error> {
        self.copy(template.name(), template.hint())
    }

    /// Makes a database that stays, unless it is there already, and returns how to connect to it. For a demo on a
    /// [persistent](Self::start_persistent) server.
    pub fn lasting_database(&self, name: &str) -> Result<String, Error> {
        let doing = || Error::doing(format!("make the database {name:?}"));
        let mut admin = connect(&self.admin_url).map_err(doing())?;
        let there = admin
            .query_opt("SELECT FROM pg_catalog.pg_database WHERE datname = $1", &[&name])
            .map_err(doing())?;
        if there.is_none() {
            let made = admin.batch_execute(&format!("CREATE DATABASE {}", quote(name)));
            // Another process that uses the same server may have been faster.
            if let Err(error) = made
                && error.code() != Some(&postgres::error::SqlState::DUPLICATE_DATABASE)
            {
                return Err(doing()(error));
            }
        }
        Ok(with_database(&self.admin_url, name))
    }

    /// Could `CREATE EXTENSION` make this one here?
    pub fn offers_extension(&self, name: &str) -> Result<bool, Error> {
        let doing = || Error::doing(format!("ask for the extension {name:?}"));
        let mut admin = connect(&self.admin_url).map_err(doing())?;
        let sql = "SELECT FROM pg_catalog.pg_available_extensions WHERE name = $1";
        Ok(admin.query_opt(sql, &[&name]).map_err(doing())?.is_some())
    }

    /// Stops a private server from binaries, and keeps its data for [`resume`](Self::resume).
    pub fn stop(&self, how: Shutdown) -> Result<(), Error> {
        let mode = match how {
            Shutdown::Fast => "fast",
            Shutdown::Immediate => "immediate",
        };
        self.control("stop", |local| local.stop(mode))
    }

    /// Starts it again, at the same address and with the same data.
    pub fn resume(&self) -> Result<(), Error> {
        self.control("start", Local::resume)
    }

    fn control(
        &self,
        action: &'static str,
        order: impl FnOnce(&mut Local) -> std::io::Result<bool>,
    ) -> Result<(), Error> {
        let Process::Local(local) = &self.process else {
            return Err(Error::NotOurs { backend: self.backend });
        };
        let mut local = local.lock().unwrap_or_else(PoisonError::into_inner);
        if order(&mut local)? { Ok(()) } else { Err(Error::Control { action, log: local.log() }) }
    }

    fn copy(&self, template: &str, hint: &str) -> Result<Database, Error> {
        if let Some(lease) = &self.lease {
            lease.renew()?;
        }
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = name(std::process::id(), &self.run, number, hint);
        Database::create(&self.admin_url, name, template, hint)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL has the password in it.
        f.debug_struct("Server")
            .field("backend", &self.backend)
            .field("place", &self.place)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgresql {} from {}", self.version, self.place)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}
