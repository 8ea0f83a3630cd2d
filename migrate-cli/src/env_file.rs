//! Variables of the environment, and of a file such as `.env` if that was asked for. The process's
//! own environment is left as it is.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;

use crate::failure::Failure;

/// Where settings come from.
#[derive(Default)]
pub(crate) struct Variables {
    file: HashMap<String, String>,
}

impl Variables {
    /// Those of the environment, then those of this file.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Variables::default()) };
        // A line that can't be read may hold a password, so it is not shown.
        let unreadable = |error: dotenvy::Error| Failure::Unreadable {
            path: path.to_owned(),
            reason: match error {
                dotenvy::Error::Io(error) => error.to_string(),
                _ => {
                    "a line is not of the form NAME=value; quote a value that has blanks".to_owned()
                }
            },
        };
        let pairs = dotenvy::from_path_iter(path).map_err(unreadable)?;
        let file = pairs.collect::<Result<_, _>>().map_err(unreadable)?;
        Ok(Variables { file })
    }

    /// The value of a variable; what the environment has, counts.
    pub(crate) fn get(&self, name: &str) -> Option<OsString> {
        let own = std::env::var_os(name).filter(|value| !value.is_empty());
        own.or_else(|| self.file.get(name).map(OsString::from))
    }

    /// Whether its file says where a database is.
    pub(crate) fn says_where(&self) -> bool {
        ["DATABASE_URL", "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE"]
            .iter()
            .any(|name| self.file.get(*name).is_some_and(|value| !value.is_empty()))
    }

    /// The same as text; what is none says nothing.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.get(name)?.into_string().ok()
    }
}
