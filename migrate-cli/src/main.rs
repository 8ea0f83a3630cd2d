//! The command `migrate`: Alembic's commands over a folder of migrations.

use std::process::ExitCode;

fn main() -> ExitCode {
    migrate_cli::run(std::env::args_os())
}
