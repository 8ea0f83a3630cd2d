//! Which database, where the history is in it, and how long things may take: from the arguments, from what
//! `migrate.toml` says, and else as usual.

use std::ffi::OsString;
use std::path::PathBuf;

use migrate_core::Rejection;
use migrate_core::chain::{Config, Environment, RunSettings};

use crate::args::ConnectionArgs;
use crate::env_file::Variables;
use crate::failure::{Failure, FailureKind};

/// Where a run goes, and its limits.
pub(crate) struct Connection {
    /// As the arguments have it.
    pub(crate) database_url: Option<String>,
    pub(crate) env_file: Option<PathBuf>,
    pub(crate) schema: String,
    pub(crate) table_prefix: String,
    /// The limits of `migrate.toml`; arguments go before them.
    pub(crate) limits: RunSettings,
    /// The name that `--env` gives.
    env: Option<String>,
    database_url_env: Option<String>,
    dev_url_env: Option<String>,
    /// Why the settings are unknown, if they are: then no database is opened.
    unread: Option<Rejection>,
}

impl Connection {
    /// For a folder, whose settings are in a file.
    ///
    /// # Errors
    ///
    /// When there is no such environment.
    pub(crate) fn of_folder(
        arguments: ConnectionArgs,
        env: Option<String>,
        config: Result<Config, Rejection>,
    ) -> Result<Self, Failure> {
        match config {
            Ok(config) => {
                let found = config.environment(env.as_deref());
                let found =
                    found.ok_or_else(|| unknown(&config, env.as_deref().unwrap_or_default()))?;
                Ok(Connection::of(arguments, found, env, None))
            }
            Err(rejection) => {
                Ok(Connection::of(arguments, Environment::default(), env, Some(rejection)))
            }
        }
    }

    /// For a chain in a program, which has the settings with it.
    pub(crate) fn of_program(arguments: ConnectionArgs, run: &RunSettings) -> Self {
        let found = Environment { run: run.clone(), ..Environment::default() };
        Connection::of(arguments, found, None, None)
    }

    fn of(
        arguments: ConnectionArgs,
        found: Environment,
        env: Option<String>,
        unread: Option<Rejection>,
    ) -> Self {
        let ConnectionArgs { database_url, env_file, schema, table_prefix } = arguments;
        let Environment { run, database_url_env, dev_url_env } = found;
        let said =
            |name: &Option<std::borrow::Cow<'static, str>>| name.as_ref().map(ToString::to_string);
        Connection {
            database_url,
            env_file,
            schema: schema.or_else(|| said(&run.schema)).unwrap_or_else(|| "public".to_owned()),
            table_prefix: table_prefix
                .or_else(|| said(&run.table_prefix))
                .unwrap_or_else(|| "migrate_".to_owned()),
            limits: run,
            env,
            database_url_env,
            dev_url_env,
            unread,
        }
    }

    /// The settings of another chain in the same environment.
    pub(crate) fn settings_of(&self, config: &Config) -> RunSettings {
        config.environment(self.env.as_deref()).unwrap_or_default().run
    }

    /// The name of the history's table.
    pub(crate) fn history(&self) -> String {
        format!("{}history", self.table_prefix)
    }

    /// The URL of the database, if anything but the usual variables says it.
    ///
    /// # Errors
    ///
    /// When the settings can't be read, or name a variable that is not set: the usual variables may lead to another
    /// database.
    pub(crate) fn url(&self, variables: &Variables) -> Result<Option<String>, Failure> {
        if let Some(rejection) = &self.unread {
            return Err(rejection.clone().into());
        }
        match (&self.database_url, &self.database_url_env) {
            (Some(url), _) => Ok(Some(url.clone())),
            (None, Some(name)) => match variables.text(name) {
                Some(url) => Ok(Some(url)),
                None => Err(self.unset(name)),
            },
            (None, None) => Ok(None),
        }
    }

    fn unset(&self, name: &str) -> Failure {
        let whose = match &self.env {
            Some(env) => format!("`[env.{env}]`"),
            None => "migrate.toml".to_owned(),
        };
        Failure::Nowhere(Some(format!(
            "{whose} takes the URL from the variable {name}, which is not set: set it, or use `--database-url`"
        )))
    }

    /// The URL of a server for scratch databases, from its variable.
    pub(crate) fn dev_url(&self, variables: &Variables) -> Option<String> {
        let named = self.dev_url_env.as_deref().and_then(|name| variables.text(name));
        named.or_else(|| variables.text("MIGRATE_DEV_URL"))
    }

    /// The URL as an environment variable of a child process.
    pub(crate) fn child_url(&self, variables: &Variables) -> Result<Option<OsString>, Failure> {
        Ok(self.url(variables)?.map(OsString::from).or_else(|| variables.get("DATABASE_URL")))
    }
}

fn unknown(config: &Config, name: &str) -> Failure {
    let known: Vec<String> = config.environments().map(|name| format!("`{name}`")).collect();
    let help = match known.as_slice() {
        [] => format!(
            "add it to migrate.toml: `[env.{name}]`, and below it such as `database_url_env = \"…\"`"
        ),
        known => format!("migrate.toml has {}", known.join(", ")),
    };
    Failure::refused(
        FailureKind::Usage,
        format!("there is no environment `{name}` in migrate.toml"),
        help,
    )
}

#[cfg(test)]
mod tests {
    use migrate_core::syntax::Source;

    use super::*;

    fn connection(
        arguments: &[Option<&str>; 2],
        env: Option<&str>,
        text: &'static str,
    ) -> Result<Connection, Failure> {
        let [schema, table_prefix] = arguments.map(|it| it.map(str::to_owned));
        let arguments = ConnectionArgs { database_url: None, env_file: None, schema, table_prefix };
        let config = Config::read(Source::new("migrate.toml", text))
            .map(|config| config.of_chain("billing"));
        Connection::of_folder(arguments, env.map(str::to_owned), config)
    }

    #[test]
    fn what_goes_before_what() {
        const TEXT: &str = "schema = \"a\"\ntable_prefix = \"all_\"\nlock_timeout = \"1s\"\n\
            [chain.billing]\ntable_prefix = \"billing_\"\n[chain.other]\nschema = \"x\"\n\
            [env.staging]\nlock_timeout = \"2s\"\n[env.tenant]\nschema = \"t\"\n";
        let check = |arguments: [Option<&str>; 2], env, expected: (&str, &str, u64)| {
            let found = connection(&arguments, env, TEXT).map(|found| {
                (
                    found.schema,
                    found.table_prefix,
                    found.limits.lock_timeout.map_or(0, |it| it.as_secs()),
                )
            });
            let found = found.unwrap();
            assert_eq!((&*found.0, &*found.1, found.2), expected, "{arguments:?} {env:?}");
        };
        check([None, None], None, ("a", "billing_", 1));
        check([None, None], Some("staging"), ("a", "billing_", 2));
        check([None, None], Some("tenant"), ("t", "billing_", 1));
        check([Some("b"), Some("c_")], Some("tenant"), ("b", "c_", 1));
        let usual =
            connection(&[None, None], None, "").map(|found| (found.schema, found.table_prefix));
        assert_eq!(usual.unwrap(), ("public".to_owned(), "migrate_".to_owned()));
        let unknown =
            connection(&[None, None], Some("production"), TEXT).err().unwrap().to_string();
        assert!(unknown.contains("migrate.toml has `staging`, `tenant`"), "{unknown}");
    }

    /// The usual variables may lead to another database.
    #[test]
    fn a_variable_that_is_named_and_not_set_is_an_error() {
        let found =
            connection(&[None, None], None, "database_url_env = \"MIGRATE_NOT_SET\"").unwrap();
        assert!(found.url(&Variables::default()).is_err());
        let unread = connection(&[None, None], None, "schema = 1").unwrap();
        assert!(matches!(unread.url(&Variables::default()), Err(Failure::Rejected(_))));
        let none = connection(&[None, None], None, "").unwrap();
        assert!(matches!(none.url(&Variables::default()), Ok(None)));
    }
}
