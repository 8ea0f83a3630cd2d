//! The arguments of `test`.

use clap::{Args, ValueEnum};

/// Examples, below the help.
pub(super) const TEST: &str = "\
Examples:
  migrate test                         every revision: up, down, up again
  migrate test --rows 50               the same, with rows in the tables before each upgrade
  migrate test --pending --rows 50     what the database has not applied yet
  migrate test 0042 --rows 50 --seed 7
  migrate test --format junit > test.xml

Nothing is done to your database: scratch databases are made on a server that is started for them, or on the
one of `--dev-url`.";

/// The arguments of `test`.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// These revisions, or the beginnings of their ids [default: all]
    #[arg(value_name = "REVISION")]
    pub(crate) revisions: Vec<String>,
    /// Only revisions that the database has not applied
    #[arg(long, conflicts_with = "revisions")]
    pub(crate) pending: bool,
    /// Fill each table with so many generated rows before the upgrade
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(u32).range(..=10_000))]
    pub(crate) rows: u32,
    /// Which rows are generated; the same number gives the same rows
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Compare privileges, default privileges and owners, too; also `grants = true` in migrate.toml
    #[arg(long)]
    pub(crate) grants: bool,
    /// As what
    #[arg(long, value_enum, default_value = "text", conflicts_with = "json")]
    pub(crate) format: TestFormat,
    /// A server for the scratch databases, else MIGRATE_DEV_URL, else one is started; never production's
    #[arg(long, value_name = "URL")]
    pub(crate) dev_url: Option<String>,
}

/// As what the results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    /// A line for each revision, and each failure as the compiler does it
    Text,
    /// XML that CI systems read
    Junit,
}
