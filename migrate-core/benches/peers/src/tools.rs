//! The tools, each behind one face: read a chain once, then bring databases to its head.

mod embedded;
mod programs;

use std::error::Error;
use std::path::Path;

use crate::chain::{self, Step};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    Migrate,
    MigrateSingle,
    Refinery,
    RefineryGrouped,
    Sqlx,
    Diesel,
    SeaOrm,
    Alembic,
    Psql,
    OneMessage,
}

/// Brings the database at this address to head.
pub(crate) type Upgrade = Box<dyn Fn(&str) -> Result<(), String> + Send + Sync>;

impl Tool {
    pub(crate) const ALL: [Tool; 10] = [
        Tool::Migrate,
        Tool::MigrateSingle,
        Tool::Refinery,
        Tool::RefineryGrouped,
        Tool::Sqlx,
        Tool::Diesel,
        Tool::SeaOrm,
        Tool::Alembic,
        Tool::Psql,
        Tool::OneMessage,
    ];

    /// Those that keep a history; the others only run SQL.
    pub(crate) fn all_with_history() -> impl Iterator<Item = Tool> {
        Tool::ALL.into_iter().filter(|tool| !matches!(tool, Tool::Psql | Tool::OneMessage))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Tool::Migrate => "migrate",
            Tool::MigrateSingle => "migrate, one transaction",
            Tool::Refinery => "refinery",
            Tool::RefineryGrouped => "refinery, grouped",
            Tool::Sqlx => "sqlx",
            Tool::Diesel => "diesel_migrations",
            Tool::SeaOrm => "sea-orm-migration",
            Tool::Alembic => "Alembic (a process)",
            Tool::Psql => "psql (a process)",
            Tool::OneMessage => "the SQL alone, in one message",
        }
    }

    /// Whether it has a way for what must run outside a transaction.
    pub(crate) fn runs_outside_a_transaction(self) -> bool {
        !matches!(
            self,
            Tool::MigrateSingle | Tool::Refinery | Tool::RefineryGrouped | Tool::OneMessage
        )
    }

    /// Writes the chain into the folder in the tool's form and reads it, which is not measured: a program has
    /// it embedded. `None` where the tool is not on this machine.
    pub(crate) fn prepare(
        self,
        steps: Vec<Step>,
        folder: &Path,
    ) -> Result<Option<Upgrade>, Box<dyn Error>> {
        let write = |files: Vec<(String, String)>| chain::write(folder, &files);
        Ok(Some(match self {
            Tool::Migrate | Tool::MigrateSingle => {
                write(chain::migrate(&steps))?;
                embedded::migrate(folder, self == Tool::MigrateSingle)?
            }
            Tool::Refinery | Tool::RefineryGrouped => {
                write(chain::refinery(&steps))?;
                embedded::refinery(folder, self == Tool::RefineryGrouped)?
            }
            Tool::Sqlx => {
                write(chain::sqlx(&steps))?;
                embedded::sqlx(folder)?
            }
            Tool::Diesel => {
                write(chain::diesel(&steps))?;
                embedded::diesel(folder)?
            }
            Tool::SeaOrm => embedded::sea_orm(steps),
            Tool::Alembic => {
                write(chain::alembic(&steps))?;
                return Ok(programs::alembic(folder));
            }
            Tool::Psql => {
                write(vec![("all.sql".to_owned(), chain::script(&steps))])?;
                return Ok(programs::psql(folder));
            }
            Tool::OneMessage => embedded::one_message(chain::script(&steps)),
        }))
    }
}
