//! The settings of runs that a project keeps in `migrate.toml`: where the history is, how long
//! things may take, and which variables have the URLs.

use std::borrow::Cow;
use std::time::Duration;

use toml_span::Value;

use crate::chain::sections::parse_duration;

/// Where the history of a chain is and how long things may take; `None` where nothing is said. A
/// [`Chain`](crate::Chain) has them, so every runner of it uses them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunSettings {
    /// The schema of the history's tables.
    pub schema: Option<Cow<'static, str>>,
    /// How the names of the history's tables begin.
    pub table_prefix: Option<Cow<'static, str>>,
    /// How long a statement may wait for a lock on a table.
    pub lock_timeout: Option<Duration>,
    /// How long a statement may take.
    pub statement_timeout: Option<Duration>,
    /// How long to wait for another runner to finish.
    pub lock_wait_timeout: Option<Duration>,
}

impl RunSettings {
    /// Nothing is said.
    pub const NONE: Self = RunSettings {
        schema: None,
        table_prefix: None,
        lock_timeout: None,
        statement_timeout: None,
        lock_wait_timeout: None,
    };

    /// These, and those of `below` where these say nothing.
    #[must_use]
    pub fn over(self, below: &Self) -> Self {
        RunSettings {
            schema: self.schema.or_else(|| below.schema.clone()),
            table_prefix: self.table_prefix.or_else(|| below.table_prefix.clone()),
            lock_timeout: self.lock_timeout.or(below.lock_timeout),
            statement_timeout: self.statement_timeout.or(below.statement_timeout),
            lock_wait_timeout: self.lock_wait_timeout.or(below.lock_wait_timeout),
        }
    }
}

/// What `migrate.toml` says of a database: at its top, in `[env.NAME]` or in `[chain.FOLDER]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Environment {
    /// The settings of runs.
    pub run: RunSettings,
    /// The variable that has the URL of the database.
    pub database_url_env: Option<String>,
    /// The variable that has the URL of a server for scratch databases.
    pub dev_url_env: Option<String>,
}

/// The settings of an environment.
pub(crate) const NAMES: [&str; 7] = [
    "database_url_env",
    "dev_url_env",
    "lock_timeout",
    "lock_wait_timeout",
    "schema",
    "statement_timeout",
    "table_prefix",
];

const TIME: &str = "a time in quotes: a whole number and a unit (ms, s, min, h), such as `\"5s\"`; `\"0\"` means no limit";
const VARIABLE: &str = "the name of an environment variable that has the URL, such as `\"STAGING_DATABASE_URL\"`; the \
                        URL itself may have a password, and doesn't belong here";

impl Environment {
    /// These, and those of `below` where these say nothing.
    #[must_use]
    pub fn over(self, below: &Self) -> Self {
        Environment {
            run: self.run.over(&below.run),
            database_url_env: self.database_url_env.or_else(|| below.database_url_env.clone()),
            dev_url_env: self.dev_url_env.or_else(|| below.dev_url_env.clone()),
        }
    }

    /// Takes one of [`NAMES`]; what it should be, if it is something else.
    pub(crate) fn set(&mut self, name: &str, value: &Value<'_>) -> Result<(), &'static str> {
        let text = || value.as_str().filter(|text| !text.trim().is_empty());
        let time = || text().and_then(parse_duration).ok_or(TIME);
        let variable =
            || text().filter(|name| is_variable(name)).map(str::to_owned).ok_or(VARIABLE);
        match name {
            "schema" => {
                let schema = text().ok_or("a name in quotes, such as `\"app\"`")?;
                self.run.schema = Some(Cow::Owned(schema.to_owned()));
            }
            "table_prefix" => {
                let prefix =
                    text().ok_or("how the names begin, in quotes, such as `\"billing_\"`")?;
                self.run.table_prefix = Some(Cow::Owned(prefix.to_owned()));
            }
            "lock_timeout" => self.run.lock_timeout = Some(time()?),
            "statement_timeout" => self.run.statement_timeout = Some(time()?),
            "lock_wait_timeout" => self.run.lock_wait_timeout = Some(time()?),
            "database_url_env" => self.database_url_env = Some(variable()?),
            _ => self.dev_url_env = Some(variable()?),
        }
        Ok(())
    }
}

/// Whether a setting names a variable: what stands there in its place may be a secret.
pub(crate) fn names_a_variable(setting: &str) -> bool {
    setting.ends_with("_env")
}

fn is_variable(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
}
