//! The arguments of `schema`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

const DUMP: &str = "\
Examples:
  migrate schema dump -o schema.sql    what the chain builds, to be committed: `schema_file` in
                                       migrate.toml has `migrate check` compare it
  migrate schema dump -o schema.html   an entity diagram for a browser, in one file
  migrate schema dump --format mermaid for Markdown
  migrate schema dump --database-url postgres://…   what a database has";

/// What to do with the schema.
#[derive(Debug, Subcommand)]
pub(crate) enum SchemaCommand {
    /// Write what the chain builds or, with `--database-url`, what that database has
    #[command(after_help = DUMP)]
    Dump(Dump),
}

/// The arguments of `schema dump`.
#[derive(Debug, Args)]
pub(crate) struct Dump {
    /// As what [default: by the ending of `--output`, else sql]
    #[arg(long, value_enum)]
    pub(crate) format: Option<SchemaFormat>,
    /// Write it to this file, and print its path
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// A server for a scratch database, else MIGRATE_DEV_URL, else one is started; never production's
    #[arg(long, value_name = "URL")]
    pub(crate) dev_url: Option<String>,
}

/// As what a schema is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaFormat {
    /// Statements that build it in an empty database
    Sql,
    /// A diagram for Markdown
    Mermaid,
    /// A diagram for Graphviz
    Dot,
    /// A diagram for a browser, in one page
    Html,
    /// Tables, columns and keys as data
    Json,
}
