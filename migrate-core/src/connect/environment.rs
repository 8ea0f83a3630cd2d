//! Where to connect, from a connection string and the environment, by the rules of PostgreSQL's own
//! clients. Pure: what is around the process is asked of the caller.

use std::ffi::OsString;

use super::endpoint::ConnectConfig;
use super::parameters::{self, PARAMETERS};
use super::pgpass::{self, PasswordFile, SOCKET_FOLDERS};
use super::settings::Settings;
use super::tls::SslMode;
use super::{ConnectError, service};

/// The variable that holds a whole connection string.
const URL: &str = "DATABASE_URL";

/// The variables that name a service and its file; what it says is filled in, and they are not passed on.
const SERVICE: [&str; 2] = ["PGSERVICE", "PGSERVICEFILE"];

/// The parameters of which one has to be given: the others say who and how, but not where.
const WHERE: [&str; 4] = ["host", "hostaddr", "port", "dbname"];

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
    /// The user's own file with services, wherever that is on this system.
    pub(super) services: &'a dyn Fn() -> Option<String>,
    /// The text of a file, `None` if there is none, or why it can't be read.
    pub(super) file: &'a dyn Fn(&str) -> Result<Option<String>, String>,
}

/// Where to connect: by this string, or else by `DATABASE_URL`; what it leaves out by the
/// service that is named, by the variables of libpq, and what they leave out by default.
pub(super) fn read(url: Option<&str>, around: &Around<'_>) -> Result<ConnectConfig, ConnectError> {
    let by_variable = || Ok(variable(around, URL)?.map(|text| (text, Some(URL))));
    let (text, origin) = match url {
        Some(text) if text.trim().is_empty() => {
            return Err(ConnectError::BadUrl { part: "text", why: "is empty" });
        }
        Some(text) => (text.to_owned(), None),
        None => by_variable()?.unwrap_or_default(),
    };
    let mut settings = Settings::read(&text).map_err(|error| error.in_variable(origin))?;
    // Each parameter that the string does not say, with the variable that does; `None` is the service.
    let mut origins: Vec<(&str, Option<&'static str>)> = Vec::new();
    let service = fill_from_service(&mut settings, around)?;
    origins.extend(service.iter().flat_map(|service| &service.filled).map(|name| (*name, None)));
    for known in &PARAMETERS {
        let Some(name) = known.variable.filter(|name| !SERVICE.contains(name)) else { continue };
        let value = variable(around, name)?.filter(|_| !settings.has(known.name));
        if let Some(value) = value {
            settings.fill(known.name, value).map_err(|error| error.in_variable(Some(name)))?;
            origins.push((known.name, Some(name)));
        }
    }
    let required = variable(around, "PGREQUIRESSL")?.is_some_and(|value| value.starts_with('1'));
    if required && !settings.has("sslmode") && settings.get("sslrootcert") != Some("system") {
        settings.fill("sslmode", SslMode::Require.word().to_owned())?;
    }
    if text.is_empty() && !WHERE.iter().any(|parameter| settings.has(parameter)) {
        return Err(ConnectError::Nowhere);
    }
    fill_defaults(&mut settings, around)?;
    let mut wanted = ConnectConfig::of(settings).map_err(|error| {
        let origin_of = origins.iter().find(|(parameter, _)| error.is_about(parameter));
        match (origin_of, &service) {
            (Some((_, Some(name))), _) => error.in_variable(Some(name)),
            (Some((_, None)), Some(service)) => service.bad(&error.in_short()),
            _ => error.in_variable(origin),
        }
    })?;
    if !wanted.has_own_password() {
        match (around.passwords)(wanted.settings.get("passfile")) {
            PasswordFile::Missing => {}
            PasswordFile::Ignored(why) => wanted.warnings.push(why),
            PasswordFile::Text(text) => wanted.passwords = pgpass::read(&text),
        }
    }
    Ok(wanted)
}

/// The variables for a program that is to connect to the same; `None` for those that it must not see.
pub(super) fn for_a_child(settings: &Settings) -> Vec<(&'static str, Option<OsString>)> {
    let known = PARAMETERS.iter().filter_map(|known| {
        known.variable.map(|name| (name, settings.for_environment(known.name)))
    });
    known.chain([("PGREQUIRESSL", None)]).collect()
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

/// The service that was used.
struct Service {
    name: String,
    /// The file that has it.
    path: String,
    /// What it says that the string does not.
    filled: Vec<&'static str>,
}

impl Service {
    fn bad(&self, why: &str) -> ConnectError {
        bad_service(&self.name, format!("{}: {why}", self.path))
    }
}

fn bad_service(name: &str, reason: String) -> ConnectError {
    ConnectError::BadService { name: name.to_owned(), reason }
}

/// Fills in what the service says that the string, or else PGSERVICE, names.
fn fill_from_service(
    settings: &mut Settings,
    around: &Around<'_>,
) -> Result<Option<Service>, ConnectError> {
    let [by_name, by_file] = SERVICE;
    let (name, file) = (settings.take("service"), settings.take("servicefile"));
    let Some(name) = or_variable(name, around, by_name)? else { return Ok(None) };
    let given = or_variable(file, around, by_file)?;
    let system_wide = variable(around, "PGSYSCONFDIR")?;
    let system_wide = system_wide.map(|folder| format!("{folder}/pg_service.conf"));
    let own = given.clone().or_else(|| (around.services)());
    let mut seen = Vec::new();
    for path in own.into_iter().chain(system_wide) {
        let text = (around.file)(&path)
            .map_err(|why| bad_service(&name, format!("{path} can't be read: {why}")))?;
        let Some(text) = text else {
            if given.as_ref() == Some(&path) {
                return Err(bad_service(&name, format!("there is no file {path}")));
            }
            continue;
        };
        let found = service::find(&text, &name)
            .map_err(|why| bad_service(&name, format!("{path}: {why}")))?;
        let Some(found) = found else {
            seen.push(path);
            continue;
        };
        let mut service = Service { name, path, filled: Vec::new() };
        for (line, parameter, value) in found {
            let known = parameters::find(&parameter).map(|known| known.name);
            if known.is_none_or(|known| !settings.has(known)) {
                settings
                    .fill(&parameter, value)
                    .map_err(|error| service.bad(&format!("line {line}: {}", error.in_short())))?;
                service.filled.extend(known);
            }
        }
        return Ok(Some(service));
    }
    Err(bad_service(
        &name,
        match seen.as_slice() {
            [] => "there is no service file".to_owned(),
            seen => format!("{} has no section [{name}]", seen.join(" and ")),
        },
    ))
}

fn or_variable(
    value: Option<String>,
    around: &Around<'_>,
    name: &'static str,
) -> Result<Option<String>, ConnectError> {
    match value {
        Some(value) => Ok(Some(value)),
        None => variable(around, name),
    }
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

#[cfg(test)]
mod tests;
