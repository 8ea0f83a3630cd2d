//! The arguments of the command line: what stands before every command, and which commands there are.

mod chain;
mod db;
mod import;
mod lint;
mod models;
mod queries;
mod schema;
mod schemas;
mod test;
mod words;
mod write;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ColorChoice, Parser, Subcommand};
use migrate_core::chain::parse_duration;

pub(crate) use self::chain::{
    ChainCommand, Downgrade, Forget, GraphFormat, How, Limits, Point, Range, Redo, Stamp, Upgrade,
};
pub(crate) use self::db::{DbCommand, Removal, Reset};
pub(crate) use self::import::{Adopt, Gap, Import, Tool};
pub(crate) use self::lint::{LintArgs, LintFormat};
pub(crate) use self::models::ModelArgs;
pub(crate) use self::queries::QueriesArgs;
pub(crate) use self::schema::{Dump, SchemaCommand, SchemaFormat};
pub(crate) use self::schemas::SchemaMap;
pub(crate) use self::test::{TestArgs, TestFormat};
pub(crate) use self::words::{WRITING, advise};
pub(crate) use self::write::{RevisionArgs, WriteCommand};

const AFTER: &str = "\
Exit codes: 0 all is well, 1 it failed, 2 the arguments make no command,
            3 the database is not at head, 4 the database has diverged from the chain

Create:      migrate revision -m \"add users\"    then fill in the file, and `migrate check`
Try:         migrate upgrade head, migrate downgrade -1, migrate upgrade head
Production:  migrate status, a backup (`--backup-command`), migrate upgrade head
Elsewhere:   migrate import TOOL FOLDER, and for its databases migrate adopt --from TOOL;
             migrate stamp REVISION, for a database that was created by hand";

/// The folder of the migrations, unless another one is named.
pub(crate) const DIRECTORY: &str = "migrations";

/// PostgreSQL migrations, checked before they run.
#[derive(Debug, Parser)]
#[command(name = "migrate", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = AFTER)]
pub(crate) struct OnFolder {
    /// The folder of the migrations
    #[arg(short, long, global = true, value_name = "FOLDER", default_value = DIRECTORY)]
    pub(crate) directory: PathBuf,

    /// The environment of migrate.toml, `[env.NAME]`, whose database and limits are meant
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) env: Option<String>,

    #[command(flatten)]
    pub(crate) common: Common,

    #[command(subcommand)]
    pub(crate) command: FolderCommand,
}

/// PostgreSQL migrations, embedded in this program.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Embedded {
    #[command(flatten)]
    pub(crate) common: Common,

    #[command(subcommand)]
    pub(crate) command: ChainCommand,
}

/// PostgreSQL migrations and models, embedded in this program.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct WithModels {
    /// The folder of the migrations, for `revision`
    #[arg(short, long, global = true, value_name = "FOLDER", default_value = DIRECTORY)]
    pub(crate) directory: PathBuf,

    #[command(flatten)]
    pub(crate) common: Common,

    #[command(subcommand)]
    pub(crate) command: ModelCommand,
}

/// The commands of a program that has the models, too.
#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Write a new revision, after the head, and print its path
    Revision(RevisionArgs),
    #[command(flatten)]
    Chain(ChainCommand),
}

/// The commands over a folder: those that write files, and those that an embedded chain has, too.
#[derive(Debug, Subcommand)]
pub(crate) enum FolderCommand {
    #[command(flatten)]
    Write(WriteCommand),
    #[command(flatten)]
    Chain(ChainCommand),
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Which database, and where the history is in it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Database")]
pub(crate) struct ConnectionArgs {
    /// The database; else DATABASE_URL, else PGHOST, PGUSER and so on, as psql has them
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// Read variables that are not set from this file, too
    #[arg(long, global = true, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = ".env")]
    pub(crate) env_file: Option<PathBuf>,
    /// The schema of the history's tables [default: schema in migrate.toml, else public]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) schema: Option<String>,
    /// How the names of the history's tables begin [default: table_prefix in migrate.toml, else migrate_]
    #[arg(long, global = true, value_name = "PREFIX")]
    pub(crate) table_prefix: Option<String>,
}

/// How things look.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Output {
    /// One JSON object on standard output; JSON lines while a database changes
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,
    /// Say nothing but data and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Tell more
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

/// A time, written as in a migration: `5s`, `2min`.
fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| {
        "want a whole number and a unit (ms, s, min, h), such as `5s`; `0` means no limit".into()
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// docs/CLI.md has every command and every option.
    #[test]
    fn the_reference_is_whole() {
        let reference = include_str!("../../docs/CLI.md");
        let program = OnFolder::command();
        program.clone().debug_assert();
        Embedded::command().debug_assert();
        WithModels::command().mut_arg("directory", |it| it.default_value("m")).debug_assert();
        let has = |word: &str| {
            [" ", "`", "["].iter().any(|end| reference.contains(&format!("{word}{end}")))
        };
        let check = |name: &str, command: &clap::Command| {
            assert!(has(&format!("`{name}")), "docs/CLI.md lacks `{name}`");
            for option in command.get_arguments().filter_map(clap::Arg::get_long) {
                let is_listed = has(&format!("--{option}")) || option == "message";
                assert!(is_listed, "docs/CLI.md lacks `--{option}` of `{name}`");
            }
        };
        for option in program.get_arguments().filter_map(clap::Arg::get_long) {
            assert!(has(&format!("--{option}")), "docs/CLI.md lacks `--{option}`");
        }
        for command in program.get_subcommands() {
            let name = command.get_name();
            check(name, command);
            for below in command.get_subcommands() {
                check(&format!("{name} {}", below.get_name()), below);
            }
        }
    }
}
