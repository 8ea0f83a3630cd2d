//! A database of one test, dropped with its value.

use std::fmt;

use migrate_core::__private::quote;
use postgres::Client;

use crate::connection::connect;
use crate::error::Error;

/// A fresh database. Dropping the value drops it, also when clients are still connected.
pub struct Database {
    name: String,
    hint: String,
    url: String,
    admin_url: String,
}

impl Database {
    /// Creates it as a copy of `template`.
    pub(crate) fn create(
        admin_url: &str,
        name: String,
        template: &str,
        hint: &str,
    ) -> Result<Self, Error> {
        let url = crate::connection::with_database(admin_url, &name);
        let mut admin = connect(admin_url)
            .map_err(Error::doing(format!("connect to create the database of {hint:?}")))?;
        admin
            .batch_execute(&format!(
                "CREATE DATABASE {} TEMPLATE {}",
                quote(&name),
                quote(template)
            ))
            .map_err(Error::doing(format!("copy {template} into the database of {hint:?}")))?;
        Ok(Self { name, hint: hint.to_owned(), url, admin_url: admin_url.to_owned() })
    }

    /// Its name on the server.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn hint(&self) -> &str {
        &self.hint
    }

    /// How to connect to it, with the password: for clients of your own and for `--database-url`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Opens a connection to it.
    pub fn connect(&self) -> Result<Client, Error> {
        connect(&self.url).map_err(Error::doing(format!("connect to the database {}", self.name)))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A test may have stopped the server; then there is nothing to drop, and nobody to tell.
        if let Ok(mut admin) = connect(&self.admin_url) {
            let _ = admin.batch_execute(&drop_statement(&self.name));
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL has the password in it.
        f.debug_struct("Database").field("name", &self.name).finish_non_exhaustive()
    }
}

fn drop_statement(name: &str) -> String {
    format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote(name))
}

/// The name of the database of one test: recognisable, unique, and at most 63 bytes long.
pub(crate) fn name(process: u32, run: &str, number: u64, hint: &str) -> String {
    let mut name = format!("migrate_test_{process}_{run}_{number}_");
    let words: String = hint
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect();
    name.extend(words.chars().take(63_usize.saturating_sub(name.len())));
    name.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_short_whatever_the_hint() {
        assert_eq!(name(7, "00ff00ff", 3, "Two Words::é"), "migrate_test_7_00ff00ff_3_two_words");
        assert_eq!(name(7, "00ff00ff", 3, ""), "migrate_test_7_00ff00ff_3");
        assert_eq!(name(u32::MAX, "00ff00ff", u64::MAX, &"x".repeat(99)).len(), 63);
    }
}
