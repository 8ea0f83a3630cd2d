//! The command `actorhub-migrate`: Alembic's commands over ActorHub's chain, which is embedded here. With
//! the feature `models`, for developers, it writes revisions from the models, too.

use std::process::ExitCode;

use actorhub_schema::migrations::CHAIN;

/// Its name, in the advice that it gives.
const NAME: &str = "actorhub-migrate";

#[cfg(feature = "models")]
fn main() -> ExitCode {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let arguments = std::env::args_os();
    migrate_cli::run_with_models(NAME, &CHAIN, actorhub_schema::models, folder, arguments)
}

#[cfg(not(feature = "models"))]
fn main() -> ExitCode {
    migrate_cli::run_embedded(NAME, &CHAIN, std::env::args_os())
}
