//! The arguments of what compares the models with the chain.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::duration;

/// Where the models are, and where to build them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Models")]
pub(crate) struct ModelArgs {
    /// The wanted schema: SQL that builds it in an empty database; else MIGRATE_MODELS, or this program's
    #[arg(long, value_name = "FILE")]
    pub(crate) models: Option<PathBuf>,
    /// A server for two scratch databases, else MIGRATE_DEV_URL, else one is started; never production's
    #[arg(long, value_name = "URL")]
    pub(crate) dev_url: Option<String>,
    /// The role that runs the chain in production: on a server that is started, the chain and the models are
    /// built as that role, so that what they say of it is true there
    #[arg(long, value_name = "ROLE")]
    pub(crate) run_as: Option<String>,
    /// How long building the models may take [default: 5min]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) models_timeout: Option<Duration>,
}
