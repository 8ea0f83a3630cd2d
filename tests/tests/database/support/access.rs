//! Ways to a database: other roles, other settings.

use std::collections::BTreeMap;

use migrate_testkit::{Database, postgres};

use super::Session;

/// A role of one test, which may log in; dropped with the value, and with all that it owns.
pub(crate) struct Role<'d> {
    pub(crate) name: String,
    database: &'d Database,
}

impl<'d> Role<'d> {
    pub(crate) fn new(database: &'d Database) -> Self {
        let name = format!("{}_role", database.name().trim_start_matches("migrate_test_"));
        let sql = format!("CREATE ROLE \"{name}\" LOGIN PASSWORD 'of {name}'");
        Session::new(database).execute(&sql);
        Role { name, database }
    }

    /// Lets it do something: `SELECT ON migrate_history`.
    pub(crate) fn grant(&self, what: &str) {
        Session::new(self.database).execute(&format!("GRANT {what} TO \"{}\"", self.name));
    }

    /// How it logs in.
    pub(crate) fn url(&self) -> String {
        connection(
            self.database,
            &[("user", &self.name), ("password", &format!("of {}", self.name))],
        )
    }
}

impl Drop for Role<'_> {
    fn drop(&mut self) {
        let name = &self.name;
        let sql = format!("DROP OWNED BY \"{name}\" CASCADE; DROP ROLE \"{name}\"");
        // A failed test tells more than what it left here.
        let _ = Session::new(self.database).try_rows(&sql);
    }
}

/// How to connect to a database, with some settings in place of its own.
pub(crate) fn connection(database: &Database, settings: &[(&str, &str)]) -> String {
    let config: postgres::Config = database.url().parse().unwrap();
    let (host, port) = address(&config);
    let password = String::from_utf8_lossy(config.get_password().unwrap_or_default()).into_owned();
    let mut words = BTreeMap::from([
        ("host", host),
        ("port", port.to_string()),
        ("user", config.get_user().unwrap_or("postgres").to_owned()),
        ("password", password),
        ("dbname", database.name().to_owned()),
    ]);
    words.extend(settings.iter().map(|(word, value)| (*word, (*value).to_owned())));
    let quoted = |value: &str| value.replace('\\', "\\\\").replace('\'', "\\'");
    let words = words.iter().map(|(word, value)| format!("{word}='{}'", quoted(value)));
    words.collect::<Vec<_>>().join(" ")
}

/// Where a server is.
pub(crate) fn address(config: &postgres::Config) -> (String, u16) {
    let host = match config.get_hosts() {
        [postgres::config::Host::Tcp(host), ..] => host.clone(),
        [postgres::config::Host::Unix(folder), ..] => folder.display().to_string(),
        [] => "localhost".to_owned(),
    };
    (host, config.get_ports().first().copied().unwrap_or(5432))
}
