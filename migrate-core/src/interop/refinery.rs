//! A chain for refinery's runner: what it takes of a revision, and what it can't.

use std::fmt;

use refinery_core::Runner;

use crate::chain::chain::{Chain, Migration};

/// Why refinery can't run a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefineryError {
    /// A revision runs outside a transaction; refinery runs each migration inside one.
    Outside {
        /// The revision.
        revision: String,
    },
    /// refinery takes a revision for no migration.
    Refused {
        /// The revision.
        revision: String,
        /// What refinery says.
        reason: String,
    },
}

impl RefineryError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            RefineryError::Outside { .. } => {
                "run the chain with its own runner: `migrations::runner()`; a database that refinery has made is \
                 taken over by `migrate adopt --from refinery`"
            }
            RefineryError::Refused { .. } => "give its file a name of letters, digits and `_`",
        }
    }
}

impl fmt::Display for RefineryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RefineryError::Outside { revision } => write!(
                f,
                "revision `{revision}` runs outside a transaction (`transaction:false`), which refinery can't"
            ),
            RefineryError::Refused { revision, reason } => {
                write!(f, "refinery does not take revision `{revision}`: {reason}")
            }
        }
    }
}

impl std::error::Error for RefineryError {}

impl Chain<'_> {
    /// A stock runner of refinery's with this chain: for a deployment that runs one already.
    ///
    /// What it does is what refinery does, not what the runner of this crate does: it takes no lock, so only
    /// one may run at a time; a migration and its record are two transactions unless all are
    /// grouped into one; there are no downgrades; the timeouts of a section are not set.
    /// A database may have both histories: `migrate adopt --from refinery` reads refinery's
    /// table and leaves it as it is.
    ///
    /// Its migrations are named as [`refinery_names`](Self::refinery_names) says. refinery's own
    /// features choose the driver, so a program that calls this depends on `refinery`, too.
    ///
    /// ```
    /// use migrate_core::{Folder, check};
    ///
    /// let sql = "-- revision: 001\n-- message: Users\n-- irreversible: no\n-- migrate:up\nCREATE TABLE users ();\n";
    /// let chain = check(Folder::of_texts("migrations", [("001_users.sql", sql)]))?;
    /// let runner = chain.refinery_runner()?;
    /// assert_eq!(runner.get_migrations()[0].to_string(), "V1__users");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a revision runs outside a transaction.
    pub fn refinery_runner(&self) -> Result<Runner, RefineryError> {
        let migration = |(migration, name): (&Migration<'_>, String)| {
            let revision = migration.id.to_string();
            if !migration.up.options.transactional {
                return Err(RefineryError::Outside { revision });
            }
            refinery_core::Migration::unapplied(&name, migration.up_sql())
                .map_err(|error| RefineryError::Refused { revision, reason: error.to_string() })
        };
        let migrations = self.migrations().iter().zip(self.refinery_names()).map(migration);
        Ok(Runner::new(&migrations.collect::<Result<Vec<_>, _>>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::check::check as check_folder;
    use crate::chain::folder::Folder;

    /// The names that refinery sees, of a chain in one line.
    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let mut parent = String::new();
        let text = |(_, id): &(&str, &str)| {
            let text = format!(
                "-- revision: {id}\n{parent}-- message: m\n-- irreversible: no\n-- migrate:up\nSELECT '{id}';\n"
            );
            parent = format!("-- parent: {id}\n");
            text
        };
        let texts: Vec<String> = files.iter().map(text).collect();
        let texts = files.iter().zip(&texts).map(|((name, _), text)| (*name, text.as_str()));
        let chain = check_folder(Folder::of_texts("m", texts)).unwrap_or(Chain::broken());
        let runner = chain.refinery_runner().map(|runner| {
            runner.get_migrations().iter().map(ToString::to_string).collect::<Vec<_>>()
        });
        assert_eq!(runner, Ok(expected.iter().map(|name| (*name).to_owned()).collect()));
        assert_eq!(chain.refinery_names(), expected);
    }

    #[test]
    fn names_of_revisions() {
        check(
            &[
                ("001_initial_schema.sql", "001"),
                ("91fd970f8f07_add_2fa.sql", "91fd970f8f07"),
                ("20251217_add_missing_indexes.sql", "20251217_indexes"),
                ("7.sql", "7"),
                ("6_größe-v1.2.sql", "6"),
            ],
            &[
                "V1__initial_schema",
                "V2__add_2fa",
                "V3__20251217_add_missing_indexes",
                "V7__7",
                "V8__größe_v1_2",
            ],
        );
        check(
            &[("1_a.sql", "1"), ("010_Add_age.sql", "10"), ("x.sql", "x")],
            &["V1__a", "V10__Add_age", "V11__x"],
        );
    }

    #[test]
    fn what_refinery_can_not_run() {
        let text = "-- revision: a\n-- message: m\n-- irreversible: no\n-- migrate:up transaction:false\nVACUUM;\n";
        let chain =
            check_folder(Folder::of_texts("m", [("a.sql", text)])).unwrap_or(Chain::broken());
        let error = chain.refinery_runner().err();
        assert_eq!(error, Some(RefineryError::Outside { revision: "a".to_owned() }));
    }
}
