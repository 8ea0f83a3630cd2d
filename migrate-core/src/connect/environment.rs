//! Where to connect, from a connection string and the environment, by the rules of PostgreSQL's own
//! clients. Pure: what is around the process is asked of the caller.

use std::ffi::OsString;

use super::ConnectError;
use super::passwords::{self, PasswordFile};
use super::place::Wanted;
use super::settings::Settings;

/// The variable that holds a whole connection string.
const URL: &str = "DATABASE_URL";

/// The variables of libpq, and the parameter that each stands for.
const VARIABLES: [(&str, &str); 15] = [
    ("PGHOST", "host"),
    ("PGHOSTADDR", "hostaddr"),
    ("PGPORT", "port"),
    ("PGDATABASE", "dbname"),
    ("PGUSER", "user"),
    ("PGPASSWORD", "password"),
    ("PGSSLMODE", "sslmode"),
    ("PGSSLROOTCERT", "sslrootcert"),
    ("PGSSLNEGOTIATION", "sslnegotiation"),
    ("PGCHANNELBINDING", "channel_binding"),
    ("PGAPPNAME", "application_name"),
    ("PGCONNECT_TIMEOUT", "connect_timeout"),
    ("PGOPTIONS", "options"),
    ("PGTARGETSESSIONATTRS", "target_session_attrs"),
    ("PGLOADBALANCEHOSTS", "load_balance_hosts"),
];

/// The parameters of which one has to be given: the others say who and how, but not where.
const WHERE: [&str; 4] = ["host", "hostaddr", "port", "dbname"];

/// Where a server has its socket unless it was told another folder: packages for Linux, and
/// PostgreSQL as it is.
const SOCKET_FOLDERS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// What is around the process.
pub(super) struct Around<'a> {
    /// A variable of the environment.
    pub(super) variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// The operating system's name of the user.
    pub(super) user: &'a dyn Fn() -> Option<String>,
    /// Whether there is such a file.
    pub(super) exists: &'a dyn Fn(&str) -> bool,
    /// The file with the passwords: this one, or the user's.
    pub(super) passwords: &'a dyn Fn(Option<&str>) -> PasswordFile,
}

/// What was found, and what the user should know about it.
pub(super) struct Found {
    pub(super) wanted: Wanted,
    pub(super) warnings: Vec<String>,
}

/// Where to connect: by this string, or else by `DATABASE_URL`; what it leaves out by the variables
/// of libpq, and what they leave out by default.
pub(super) fn read(url: Option<&str>, around: &Around<'_>) -> Result<Found, ConnectError> {
    let by_variable = || Ok(variable(around, URL)?.map(|text| (text, Some(URL))));
    let (text, origin) = match url {
        Some(text) if text.trim().is_empty() => {
            return Err(ConnectError::BadUrl { part: "text", why: "is empty" });
        }
        Some(text) => (text.to_owned(), None),
        None => by_variable()?.unwrap_or_default(),
    };
    let mut settings = Settings::read(&text).map_err(|error| error.in_variable(origin))?;
    if !settings.has("host") && variable(around, "PGSERVICE")?.is_some() {
        let why = "names a service, and service files are not read";
        return Err(ConnectError::BadUrl { part: "service", why }.in_variable(Some("PGSERVICE")));
    }
    let mut origins = Vec::new();
    for (name, parameter) in VARIABLES {
        let value = variable(around, name)?.filter(|_| !settings.has(parameter));
        if let Some(value) = value {
            settings.fill(parameter, value).map_err(|error| error.in_variable(Some(name)))?;
            origins.push((parameter, name));
        }
    }
    if text.is_empty() && !WHERE.iter().any(|parameter| settings.has(parameter)) {
        return Err(ConnectError::Nowhere);
    }
    fill_defaults(&mut settings, around)?;
    let mut wanted = Wanted::of(settings).map_err(|error| {
        let of =
            |(parameter, name): &(&str, &'static str)| error.is_about(parameter).then_some(*name);
        let name = origins.iter().find_map(of).or(origin);
        error.in_variable(name)
    })?;
    let mut warnings = Vec::new();
    if !wanted.has_own_password() {
        let file = variable(around, "PGPASSFILE")?;
        match (around.passwords)(file.as_deref()) {
            PasswordFile::Missing => {}
            PasswordFile::Ignored(why) => warnings.push(why),
            PasswordFile::Text(text) => wanted.passwords = passwords::read(&text),
        }
    }
    Ok(Found { wanted, warnings })
}

/// The variables for a program that is to connect to the same; `None` for those that it must not see.
pub(super) fn for_a_child(settings: &Settings) -> Vec<(&'static str, Option<OsString>)> {
    let known = VARIABLES.iter().map(|(name, parameter)| (*name, settings.get_secret(parameter)));
    known.chain(["PGSERVICE", "PGSERVICEFILE"].map(|name| (name, None))).collect()
}

/// What this variable says; an empty one says nothing.
fn variable(around: &Around<'_>, name: &'static str) -> Result<Option<String>, ConnectError> {
    let Some(value) = (around.variable)(name) else { return Ok(None) };
    let value = value.into_string().map_err(|_| {
        let error = ConnectError::BadUrl { part: "text", why: "is not UTF-8" };
        error.in_variable(Some(name))
    })?;
    Ok(Some(value).filter(|value| !value.is_empty()))
}

fn fill_defaults(settings: &mut Settings, around: &Around<'_>) -> Result<(), ConnectError> {
    if !settings.has("host") && !settings.has("hostaddr") {
        let ports = settings.get("port").unwrap_or("5432").to_owned();
        let port = ports.split(',').next().unwrap_or_default();
        let is_there =
            |folder: &&str| (around.exists)(&format!("{folder}/.s.PGSQL.{}", port.trim()));
        let host = SOCKET_FOLDERS.into_iter().find(is_there).unwrap_or("localhost");
        settings.fill("host", host.to_owned())?;
    }
    if !settings.has("user")
        && let Some(user) = (around.user)()
    {
        settings.fill("user", user)?;
    }
    if !settings.has("dbname")
        && let Some(user) = settings.get("user").map(str::to_owned)
    {
        settings.fill("dbname", user)?;
    }
    Ok(())
}

/// Whether this is a folder in which servers have their sockets by default.
pub(super) fn is_default_socket(host: &str) -> bool {
    SOCKET_FOLDERS.contains(&host.trim_end_matches('/'))
}

#[cfg(test)]
mod tests;
