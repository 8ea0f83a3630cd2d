//! What a command works with: the chain's source, the database and the way to talk.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use migrate_core::connect::Connector;
use migrate_core::runner::Notices;
use migrate_core::{Chain, ConnectError, Error, Folder, History, Record, Runner, check};
use postgres::Client;

use crate::connection::Connection;
use crate::env_file::Variables;
use crate::failure::Failure;
use crate::server_wait;
use crate::tree::{Source, Tree};
use crate::ui::Ui;

/// What a command works with.
pub(crate) struct Context {
    pub(crate) source: Source,
    pub(crate) connection: Connection,
    pub(crate) ui: Ui,
    /// The models that this program declares.
    pub(crate) models: Option<fn() -> String>,
    /// The arguments that there are, for completions and manual pages.
    pub(crate) program: clap::Command,
}

/// An open database.
pub(crate) struct Database {
    pub(crate) client: Client,
    /// Where it is, without the password.
    pub(crate) place: String,
    pub(crate) connector: Connector,
    /// What the server says beside its answers.
    pub(crate) notices: Notices,
}

impl Context {
    /// A way to the database; nothing is opened yet.
    pub(crate) fn connector(&self) -> Result<Connector, Failure> {
        let variables = Variables::read(self.connection.env_file.as_deref())?;
        let url = self.connection.url(&variables)?;
        Connector::from_variables(url.as_deref(), |name| variables.get(name)).map_err(|error| {
            match error {
                ConnectError::Nowhere => self.nowhere(),
                error => error.into(),
            }
        })
    }

    /// Nothing says where the database is; perhaps a file does that nobody has named.
    fn nowhere(&self) -> Failure {
        match &self.connection.env_file {
            Some(file) => Failure::Nowhere(Some(format!(
                "`{}` doesn't set DATABASE_URL: add it, as in `DATABASE_URL=postgres://user:password@host:5432/database`",
                file.display()
            ))),
            None if Variables::read(Some(Path::new(".env")))
                .is_ok_and(|file| file.says_where()) =>
            {
                let help = "`.env` is only read when it is asked for: add `--env-file`";
                Failure::Nowhere(Some(help.to_owned()))
            }
            None => Failure::Nowhere(None),
        }
    }

    /// What a program that is started for this database finds in its environment; has the password.
    pub(crate) fn child_environment(
        &self,
        connector: &Connector,
    ) -> Result<Vec<(&'static str, Option<OsString>)>, Failure> {
        let variables = Variables::read(self.connection.env_file.as_deref())?;
        let url = self.connection.child_url(&variables)?;
        let mut environment = connector.child_environment();
        environment.push(("DATABASE_URL", url));
        Ok(environment)
    }

    /// Connects.
    pub(crate) fn open(&self) -> Result<Database, Failure> {
        self.open_within(None)
    }

    /// Connects, and waits so long for a server that is not there yet.
    pub(crate) fn open_within(&self, wait: Option<Duration>) -> Result<Database, Failure> {
        let notices = Notices::new();
        let connector = self.connector()?.pass_on_notices(&notices);
        for warning in connector.warnings() {
            self.ui.warn(warning);
        }
        let client = match wait {
            Some(limit) => server_wait::connect(&self.ui, &connector, limit)?,
            None => connector.connect()?,
        };
        Ok(Database { client, place: connector.to_string(), connector, notices })
    }

    /// Do privileges and owners count? They do if an argument says so, or the project's settings.
    pub(crate) fn grants(&self, argument: bool) -> Result<bool, Failure> {
        Ok(argument || self.source.config()?.grants())
    }

    /// The schema and the name of the table with the history.
    pub(crate) fn history_table(&self) -> (String, String) {
        let Connection { schema, table_prefix, .. } = &self.connection;
        (schema.clone(), format!("{table_prefix}history"))
    }

    /// A runner of this chain, with the names that the arguments give to the history.
    pub(crate) fn runner<'c>(&self, chain: &'c Chain<'static>) -> Runner<'c> {
        let Connection { schema, table_prefix, .. } = &self.connection;
        Runner::new(chain).schema(schema).table_prefix(table_prefix).revision_at_a_time()
    }

    /// What the database says was applied, also beside a chain that is broken.
    pub(crate) fn history(&self, database: &mut Database, tree: &Tree) -> Result<History, Failure> {
        self.with_runner(tree, |runner| runner.history(&mut database.client))
    }

    /// Reads with a runner. That needs no particular chain, but a runner needs one, so a broken
    /// one gets a stand-in.
    pub(crate) fn with_runner<T>(
        &self,
        tree: &Tree,
        read: impl FnOnce(&Runner<'_>) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        if let Ok(chain) = &tree.chain {
            return Ok(read(&self.runner(chain))?);
        }
        Ok(read(&self.runner(&stand_in()?))?)
    }
}

/// A chain for a runner that is asked what has nothing to do with its chain.
pub(crate) fn stand_in() -> Result<Chain<'static>, Failure> {
    let text = "-- revision: none\n-- message: none\n-- irreversible: none\n\
                -- migrate:up\nSELECT 1;\n";
    Ok(check(Folder::of_texts("", [("none.sql", text)]))?)
}

/// The revisions that a database is at: applied, and none of those that follow them are.
pub(crate) fn current(history: &History) -> Vec<&Record> {
    let records = &history.records;
    let followed: HashSet<&str> =
        records.iter().flat_map(|record| &record.parents).map(String::as_str).collect();
    // The last one is, whatever a history made by hand says.
    let last = records.len().saturating_sub(1);
    let at = records.iter().enumerate();
    at.filter(|(at, record)| *at == last || !followed.contains(record.revision.as_str()))
        .map(|(_, record)| record)
        .collect()
}
