//! The arguments of what compares the models with the chain.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::duration;

/// Where the models are, and where to build them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Models")]
pub(crate) struct ModelArgs {
    /// The wanted schema: a file of SQL that builds it, or a folder of such files; may be repeated
    /// [default: MIGRATE_MODELS, or `models` in migrate.toml, or this program's]
    #[arg(long, value_name = "PATH")]
    pub(crate) models: Vec<PathBuf>,
    /// A command that prints the SQL of the wanted schema; it runs in a shell
    #[arg(long, value_name = "COMMAND", conflicts_with = "models")]
    pub(crate) models_command: Option<String>,
    /// A server for two scratch databases, else MIGRATE_DEV_URL, else one is started; never production's
    #[arg(long, value_name = "URL")]
    pub(crate) dev_url: Option<String>,
    /// Build the chain and the models as this role, which runs the chain in production; only on a server that is started
    #[arg(long, value_name = "ROLE")]
    pub(crate) run_as: Option<String>,
    /// How long building the models may take [default: 5min]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) models_timeout: Option<Duration>,
}
