//! The server of a measurement, and databases on it.

use std::error::Error;

use migrate_testkit::{Database, Server};

use crate::tools::Upgrade;

/// Whether something was done, and what the tool said if it was not.
pub(crate) type Ran = Result<(), String>;

/// A fresh database.
pub(crate) fn database() -> Result<Database, Box<dyn Error>> {
    Ok(Server::shared()?.database("peers")?)
}

/// The server's address in a URL: host and port.
pub(crate) fn address(database: &Database) -> String {
    let (_, rest) = database.url().split_once("://").unwrap_or_default();
    let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default().to_owned()
}

/// A database at head.
pub(crate) fn at_head(upgrade: &Upgrade) -> Result<Database, Box<dyn Error>> {
    let database = database()?;
    upgrade(database.url())?;
    Ok(database)
}
