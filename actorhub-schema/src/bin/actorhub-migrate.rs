//! The command `actorhub-migrate`: Alembic's commands over ActorHub's chain, which is embedded here.

use std::process::ExitCode;

fn main() -> ExitCode {
    let chain = &actorhub_schema::migrations::CHAIN;
    migrate_cli::run_embedded("actorhub-migrate", chain, std::env::args_os())
}
