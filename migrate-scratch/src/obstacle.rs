//! Why one backend could not give a server.

use std::io;
use std::path::{Path, PathBuf};

use crate::server::Version;

/// One reason, worded so that it can follow "local: ".
#[derive(Debug, thiserror::Error)]
pub(crate) enum Obstacle {
    #[error("{0} is not set")]
    NotSet(&'static str),
    #[error("{0}")]
    SwitchedOff(&'static str),
    #[error("DATABASE_URL is set, but it can't be read as a connection string: {0}")]
    BadUrl(String),
    #[error("DATABASE_URL is set, but {place} can't be used: {reason}")]
    Unreachable { place: String, reason: String },
    #[error(
        "the role {role:?} may not create databases on the server of DATABASE_URL: run `ALTER ROLE \"{role}\" CREATEDB` \
         as a superuser, or name another role"
    )]
    MayNotCreateDatabases { role: String },
    #[error("PostgreSQL {0} is too old: 14 is the oldest supported")]
    TooOld(Version),
    #[error("{0}")]
    Container(String),
    #[error("no PostgreSQL 14 or newer is installed{}", tried(.0))]
    NoBinaries(Vec<String>),
    #[error("there is no unprivileged user to run PostgreSQL as: add a user named postgres")]
    NoAccount,
    #[error("could not {action} {}: {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("{} {problem}", path.display())]
    Directory { path: PathBuf, problem: String },
    #[error("{program} failed:\n{log}")]
    Program { program: &'static str, log: String },
    #[error("the supervisor shell can't work: {0}")]
    Supervisor(#[from] io::Error),
    #[error("the server started but does not answer: {0}")]
    NoAnswer(String),
    #[error("the server does not do what is needed: {0}")]
    Refused(#[from] crate::Error),
    #[error("{0}")]
    Download(String),
}

impl Obstacle {
    /// A `map_err` argument that names the file.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

fn tried(places: &[String]) -> String {
    if places.is_empty() { String::new() } else { format!(" ({})", places.join("; ")) }
}
