//! The server of `DATABASE_URL`.

use std::time::Duration;

use postgres::Config;
use postgres::config::Host;

use crate::connection::{connect, reason};
use crate::obstacle::Obstacle;

/// A server that somebody else runs.
pub(crate) struct Found {
    pub(crate) url: String,
    /// Where it is, without the password.
    pub(crate) place: String,
}

/// `DATABASE_URL`, unless it is unset or empty.
pub(crate) fn setting() -> Option<String> {
    std::env::var("DATABASE_URL").ok().filter(|url| !url.trim().is_empty())
}

/// Reaches the server once.
pub(crate) fn find() -> Result<Found, Obstacle> {
    let url = setting().ok_or(Obstacle::NotSet("DATABASE_URL"))?;
    let mut config: Config = url.parse().map_err(|error| Obstacle::BadUrl(reason(&error)))?;
    config.connect_timeout(Duration::from_secs(10));
    let place = place(&config);
    match connect(&url) {
        Ok(_) => Ok(Found { url, place }),
        Err(error) => Err(Obstacle::Unreachable { place, reason: reason(&error) }),
    }
}

/// The hosts and ports of a connection string: never the user or the password.
fn place(config: &Config) -> String {
    let ports = config.get_ports();
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .enumerate()
        .map(|(index, host)| {
            let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(name) => format!("{name}:{port}"),
                Host::Unix(folder) => format!("{}:{port}", folder.display()),
            }
        })
        .collect();
    if hosts.is_empty() { "its server".to_owned() } else { hosts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_shows_no_secrets() {
        let check = |url: &str, expected: &str| {
            assert_eq!(url.parse().map(|config| place(&config)).ok().as_deref(), Some(expected));
        };
        check("postgresql://me:secret@one,two:7/db", "one:5432, two:7");
        check("host=/tmp user=me password=secret", "/tmp:5432");
    }
}
