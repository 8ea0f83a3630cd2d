//! The arguments of `db`.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::{Limits, duration};

const RESET: &str = "\
For development databases: all that is in the database is lost. The new one has the owner, the encoding and the locale of
the old one. The chain is checked before anything is dropped.";

/// What to do with the database itself.
#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Create the database, unless it exists
    Create,
    /// Drop the database, with all that is in it
    Drop(Removal),
    /// Drop the database, create it again, and bring it to head
    #[command(after_help = RESET)]
    Reset(Reset),
    /// Wait until the server accepts connections; it may still be starting
    Wait {
        /// How long to wait
        #[arg(long, value_name = "TIME", value_parser = duration, default_value = "1min")]
        timeout: Duration,
    },
}

/// How a database is dropped.
#[derive(Debug, Args)]
pub(crate) struct Removal {
    /// Don't ask; needed where nobody can be asked
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// End the sessions that are connected to the database
    #[arg(long)]
    pub(crate) force: bool,
}

/// The arguments of `db reset`.
#[derive(Debug, Args)]
pub(crate) struct Reset {
    #[command(flatten)]
    pub(crate) removal: Removal,
    /// Apply revisions that `migrate check` refuses, too
    #[arg(long)]
    pub(crate) unchecked: bool,
    #[command(flatten)]
    pub(crate) limits: Limits,
}
