//! Trying one backend after the other.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};

use super::{Process, Server, Version};
use crate::Backend;
use crate::account::Account;
use crate::backend::container::Container;
use crate::backend::local::{Kept, Local};
use crate::backend::{Choice, download, url};
use crate::binaries::Binaries;
use crate::connection::{connect, random_hex};
use crate::error::Error;
use crate::lease::Lease;
use crate::obstacle::Obstacle;
use crate::persistent::{Claim, Guest, Home, Running, claim, full_name};
use crate::unavailable::Unavailable;

/// A server before its first use.
struct Candidate {
    place: String,
    admin_url: String,
    /// May others use it, too?
    others: bool,
    process: Process,
}

/// A server that vanishes together with the process.
pub(super) fn ephemeral(order: &[Backend]) -> Result<Server, Unavailable> {
    first(order, |backend| match backend {
        Backend::Url => from_url(),
        Backend::Docker => Container::start().map(container),
        Backend::Local | Backend::Download => {
            let account = Account::to_switch_to()?;
            let binaries = binaries(backend, account.as_ref(), None)?;
            let local = Local::start(&binaries, account.as_ref())?;
            Ok(installed(backend, &binaries, local))
        }
    })
}

/// A server whose data stays.
pub(super) fn persistent(name: &str, order: &[Backend]) -> Result<Server, Unavailable> {
    first(order, |backend| {
        let account = match backend {
            Backend::Url => return from_url(),
            // The engine does not need an unprivileged user, and the folder has only the lock in it.
            Backend::Docker => None,
            Backend::Local | Backend::Download => Account::to_switch_to()?,
        };
        // Both run on the same data.
        let lock = if backend == Backend::Docker { backend } else { Backend::Local };
        let (mut candidate, home) = match claim(name, lock, account.as_ref())? {
            Claim::Theirs(running, guest) => return Ok(attached(running, guest)),
            Claim::Ours(home) if backend == Backend::Docker => {
                (container(Container::start_kept(&full_name(name, None)?, &home)?), home)
            }
            Claim::Ours(home) => (kept(backend, account.as_ref(), &home)?, home),
        };
        home.announce(&candidate.admin_url)?;
        candidate.others = true;
        Ok(candidate)
    })
}

fn kept(backend: Backend, account: Option<&Account>, home: &Home) -> Result<Candidate, Obstacle> {
    let made_by = std::fs::read_to_string(home.folder.join("data/PG_VERSION"));
    let binaries =
        binaries(backend, account, made_by.ok().and_then(|text| text.trim().parse().ok()))?;
    let password = home.remember("password", || random_hex(16))?;
    let kept = Kept { home, password };
    let local = Local::start_kept(&binaries, account, &kept)?;
    let mut candidate = installed(backend, &binaries, local);
    candidate.place = format!("{}, data in {}", candidate.place, home.folder.display());
    Ok(candidate)
}

fn binaries(
    backend: Backend,
    account: Option<&Account>,
    major: Option<u32>,
) -> Result<Binaries, Obstacle> {
    if backend == Backend::Local { Binaries::find(account, major) } else { download::find(account) }
}

fn from_url() -> Result<Candidate, Obstacle> {
    let found = url::find()?;
    let place = format!("DATABASE_URL, {}", found.place);
    Ok(Candidate { place, admin_url: found.url, others: true, process: Process::Elsewhere })
}

fn container(container: Container) -> Candidate {
    Candidate {
        place: format!("the image {} in {}", container.image, container.engine.name()),
        admin_url: container.url.clone(),
        others: false,
        process: Process::Container { _container: Box::new(container) },
    }
}

fn installed(backend: Backend, binaries: &Binaries, local: Local) -> Candidate {
    let what = if backend == Backend::Download { "downloaded" } else { "local" };
    Candidate {
        place: format!("{what} binaries in {}", binaries.folder.display()),
        admin_url: local.url.clone(),
        others: false,
        process: Process::Local(Mutex::new(local)),
    }
}

fn attached(running: Running, guest: Guest) -> Candidate {
    Candidate {
        place: format!("process {} ({}), which runs it already", running.process, running.program),
        admin_url: running.url,
        others: true,
        process: Process::Attached { _guest: guest },
    }
}

/// The first backend that gives a server, or why none does.
fn first(
    order: &[Backend],
    try_one: impl Fn(Backend) -> Result<Candidate, Obstacle>,
) -> Result<Server, Unavailable> {
    let choice = Choice::new(order, std::env::var("PG_BACKEND").ok().as_deref())?;
    let mut attempts = Vec::new();
    for backend in choice.order {
        match try_one(backend).and_then(|candidate| check(backend, candidate)) {
            Ok(server) => {
                say_once(&server.to_string());
                return Ok(server);
            }
            Err(obstacle) => {
                attempts.push((backend, obstacle));
                // Whoever names a server means that one: another in its place would hide the mistake.
                if backend == Backend::Url && url::setting().is_some() {
                    break;
                }
            }
        }
    }
    Err(Unavailable::failed(choice.forced, attempts))
}

/// Makes sure that the server is one we can work with.
fn check(backend: Backend, candidate: Candidate) -> Result<Server, Obstacle> {
    let Candidate { place, admin_url, others, process } = candidate;
    let doing = || Error::doing("ask the server for its version");
    let mut admin = connect(&admin_url).map_err(doing())?;
    let row = admin
        .query_one(
            "SELECT current_setting('server_version_num')::int, rolcreatedb OR rolsuper, current_user::text
             FROM pg_catalog.pg_roles WHERE rolname = current_user",
            &[],
        )
        .map_err(doing())?;
    let number: i32 = row.try_get(0).map_err(doing())?;
    let number = number.unsigned_abs();
    let version = Version { major: number / 10_000, minor: number % 10_000 };
    if version.major < 14 {
        return Err(Obstacle::TooOld(version));
    }
    if !row.try_get::<_, bool>(1).map_err(doing())? {
        return Err(Obstacle::MayNotCreateDatabases { role: row.try_get(2).map_err(doing())? });
    }
    let run = random_hex(4)?;
    let lease = if others { Some(Lease::take(&admin_url, &run)?) } else { None };
    let dropped = lease.as_ref().map_or(Ok(0), Lease::sweep)?;
    if dropped > 0 {
        say_once(&format!("databases of killed test runs dropped: {dropped}"));
    }
    let databases = AtomicU64::new(0);
    Ok(Server { backend, place, version, admin_url, run, databases, lease, process })
}

/// Past the test harness, which swallows what `eprintln!` says; each line once in a process.
fn say_once(line: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if said.insert(line.to_owned()) {
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}
