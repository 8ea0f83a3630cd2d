//! Alembic's commands for a chain of PostgreSQL migrations, as a library: the binary `migrate` is
//! one call of [`run`].
//!
//! ```
//! use std::process::ExitCode;
//!
//! let code: ExitCode = migrate_cli::run(["migrate", "--version"]);
//! ```
//!
//! Everything that can be decided is decided in `migrate-core`; here are arguments, files and
//! words. Data goes to standard output, words to standard error.

mod args;
mod commands;
mod failure;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::args::Arguments;

/// Runs one command and tells how it went: 0 when all is well, 1 when it failed, 2 when the
/// arguments make no command.
pub fn run(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are asked for, and no mistake.
            let code = if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
            let _ = error.print();
            return code;
        }
    };
    match commands::run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}
