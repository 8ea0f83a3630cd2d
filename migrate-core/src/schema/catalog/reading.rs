//! How a catalog is read: what to send, and what to make of the answers. It takes two round trips.

use std::error::Error;
use std::fmt;

use super::rows::{self, Row, SETTINGS, Unreadable};
use super::{Catalog, queries};
use crate::syntax::ident::quote;

/// The settings that definitions depend on, and what they are for the time of the query. With
/// `jit` the server would spend longer on compiling the query than on answering it.
const FIXED: [(&str, &str); 9] = [
    ("DateStyle", "ISO, MDY"),
    ("IntervalStyle", "postgres"),
    ("TimeZone", "UTC"),
    ("bytea_output", "hex"),
    ("extra_float_digits", "1"),
    ("jit", "off"),
    ("lc_monetary", "C"),
    ("quote_all_identifiers", "off"),
    ("standard_conforming_strings", "on"),
];

/// One reading of a catalog.
#[derive(Debug)]
pub(crate) struct Reading {
    search_path: String,
    /// Whether privileges are wanted, and the role that they are seen from, if it is another one.
    grants: Option<Option<String>>,
}

impl Reading {
    /// Names are qualified: all of them, or those outside one schema.
    pub(crate) fn new(seen_from: Option<&str>) -> Self {
        let search_path = seen_from.map(quote).unwrap_or_default();
        Reading { search_path, grants: None }
    }

    /// The same, with who may do what: seen from a role, by its name as SQL has it, or from the one that asks.
    pub(crate) fn with_grants(self, role: Option<&str>) -> Self {
        Reading { grants: Some(role.map(str::to_owned)), ..self }
    }

    fn settings(&self) -> impl Iterator<Item = (&str, &str)> {
        FIXED.into_iter().chain([("search_path", self.search_path.as_str())])
    }

    /// Asks for the settings that will have to be put back.
    pub(crate) fn look(&self) -> String {
        let current = |(name, _)| format!("pg_catalog.current_setting('{name}')");
        select(self.settings().map(current))
    }

    /// Asks for everything. The settings hold for this message or, inside the caller's transaction,
    /// until they are put back at its end; if the query fails, that transaction has failed, too.
    pub(crate) fn query(&self, found: &[Row]) -> Result<String, ReadError> {
        let found: Vec<&str> = found.iter().flatten().flatten().skip(1).map(|v| &**v).collect();
        if found.len() != self.settings().count() {
            return Err(ReadError::new("the server did not tell its settings"));
        }
        let set = select(self.settings().map(|(name, value)| local(name, value)));
        let put_back = self.settings().zip(found).map(|((name, _), value)| local(name, value));
        Ok(format!(
            "{set};\n{};\n{}",
            queries::catalog(self.grants.as_ref().map(Option::as_deref)),
            select(put_back)
        ))
    }

    /// What the answer says.
    pub(crate) fn catalog(&self, rows: &[Row]) -> Result<Catalog, ReadError> {
        rows::catalog(rows).map_err(|Unreadable { row, reason }| {
            ReadError::new(format!(
                "the answer {row} is not understood ({reason}); if something was dropped \
                 meanwhile, read again"
            ))
        })
    }
}

fn select(columns: impl Iterator<Item = String>) -> String {
    let columns: Vec<String> = columns.collect();
    format!("SELECT '{SETTINGS}', {}", columns.join(", "))
}

fn local(name: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('\'', "''");
    format!("pg_catalog.set_config('{name}', E'{value}', true)")
}

/// Why a catalog could not be read.
#[derive(Debug)]
pub struct ReadError {
    reason: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl ReadError {
    fn new(reason: impl Into<String>) -> Self {
        ReadError { reason: reason.into(), source: None }
    }

    /// The error of a client.
    #[cfg(any(feature = "postgres", feature = "tokio-postgres"))]
    pub(crate) fn of_client(reason: String, source: impl Error + Send + Sync + 'static) -> Self {
        ReadError { reason, source: Some(Box::new(source)) }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the catalog can't be read: {}", self.reason)
    }
}

impl Error for ReadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_put_back_as_they_were() {
        let reading = Reading::new(Some("My \"Shop\""));
        let look = reading.look();
        assert_eq!(look.matches("current_setting").count(), 10, "{look}");
        assert!(look.contains("pg_catalog.current_setting('search_path')"), "{look}");

        let mut row: Row = vec![Some("x'\\".to_owned()); 11];
        row[0] = Some(SETTINGS.to_owned());
        let query = reading.query(&[row.clone()]).unwrap();
        let set = query.lines().next().unwrap_or_default();
        assert!(set.contains("('search_path', E'\"My \"\"Shop\"\"\"', true)"), "{set}");
        let put_back = query.lines().last().unwrap_or_default();
        assert_eq!(put_back.matches("E'x''\\\\', true)").count(), 10, "{put_back}");

        row.pop();
        let error = reading.query(&[row]).unwrap_err().to_string();
        assert_eq!(error, "the catalog can't be read: the server did not tell its settings");
    }

    #[test]
    fn an_answer_that_is_not_understood_is_shown() {
        let rows = vec![vec![Some("schema".to_owned()), Some("1".to_owned()), None]];
        let error = Reading::new(None).catalog(&rows).unwrap_err().to_string();
        assert!(error.contains("the answer [Some(\"schema\"), Some(\"1\"), None]"), "{error}");
    }
}
