//! What is around the process, for `environment`: variables, the user, sockets, the file with the
//! passwords.

#![expect(clippy::disallowed_methods, reason = "here the environment is asked")]

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::environment::{self, Around};
use super::pgpass::PasswordFile;
use super::{ConnectError, Connector};

impl Connector {
    /// Where a command line connects: by `url`, or else by the variable `DATABASE_URL`. What that
    /// leaves out is filled in as psql does it: by the service that `service` or `PGSERVICE` names,
    /// then by `PGHOST`, `PGPORT`, `PGUSER`, `PGDATABASE`, `PGSSLMODE` and all other variables that
    /// libpq has for parameters of [`Connector`]. One that can't be honoured is an error.
    ///
    /// Unless one of them says otherwise, the host is a Unix socket in `/var/run/postgresql` or
    /// `/tmp`, or `localhost` if there is none; the user is called as the operating system calls
    /// them, and the database like the user. A password that nothing says is looked for in the file
    /// `PGPASSFILE`, or `~/.pgpass`.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new); [`ConnectError::Variable`] names the variable that is wrong.
    /// [`ConnectError::Nowhere`] when nothing says where: `url`, `DATABASE_URL`, `PGHOST`,
    /// `PGHOSTADDR`, `PGPORT` and `PGDATABASE` are all missing.
    pub fn from_environment(url: Option<&str>) -> Result<Self, ConnectError> {
        Self::from_variables(url, |name| env::var_os(name))
    }

    /// The same with other variables than those of the process, of a `.env` file for one.
    ///
    /// ```
    /// use migrate_core::connect::Connector;
    ///
    /// let variable = |name: &str| match name {
    ///     "PGHOST" => Some("db.example".into()),
    ///     "PGUSER" => Some("app".into()),
    ///     _ => None,
    /// };
    /// let connector = Connector::from_variables(Some("postgres:///shop"), variable)?;
    /// assert_eq!(connector.to_string(), "app@db.example:5432/shop");
    /// # Ok::<(), migrate_core::ConnectError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`from_environment`](Self::from_environment).
    pub fn from_variables(
        url: Option<&str>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ConnectError> {
        let around = Around {
            variable: &variable,
            user: &|| whoami::username().ok(),
            exists: &|path| Path::new(path).exists(),
            passwords: &password_file,
            services: &|| Some(service_file()?.display().to_string()),
            file: &|path| match fs::read_to_string(path) {
                Ok(text) => Ok(Some(text)),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error.to_string()),
            },
        };
        Ok(Connector::to(environment::read(url, &around)?))
    }
}

fn password_file(named: Option<&str>) -> PasswordFile {
    let Some(path) = named.map(PathBuf::from).or_else(default_path) else {
        return PasswordFile::Missing;
    };
    let ignored = |why: &str| {
        PasswordFile::Ignored(format!("the password file {} is not read: {why}", path.display()))
    };
    let is_file = match fs::metadata(&path) {
        Ok(found) if found.is_file() && is_open_to_others(&found) => {
            return ignored("others than you may; `chmod 600` it");
        }
        Ok(found) => found.is_file(),
        Err(error) if error.kind() == ErrorKind::NotFound => return PasswordFile::Missing,
        Err(error) => return ignored(&error.to_string()),
    };
    if !is_file {
        return ignored("it is no plain file");
    }
    match fs::read_to_string(&path) {
        Ok(text) => PasswordFile::Text(text),
        Err(error) => ignored(&error.to_string()),
    }
}

#[cfg(windows)]
fn service_file() -> Option<PathBuf> {
    Some(PathBuf::from(env::var_os("APPDATA")?).join("postgresql").join(".pg_service.conf"))
}

#[cfg(not(windows))]
fn service_file() -> Option<PathBuf> {
    Some(env::home_dir()?.join(".pg_service.conf"))
}

#[cfg(windows)]
fn default_path() -> Option<PathBuf> {
    Some(PathBuf::from(env::var_os("APPDATA")?).join("postgresql").join("pgpass.conf"))
}

#[cfg(not(windows))]
fn default_path() -> Option<PathBuf> {
    Some(env::home_dir()?.join(".pgpass"))
}

#[cfg(unix)]
fn is_open_to_others(file: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &fs::Metadata) -> bool {
    false
}
