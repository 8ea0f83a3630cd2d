//! The arguments of `import` and `adopt`: which tool's folder, which tool's history.

use std::fmt;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// A tool that a project may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tool {
    Alembic,
    Refinery,
    Sqlx,
    Diesel,
    Dbmate,
    Goose,
}

impl Tool {
    /// Those whose migrations stand in one line.
    pub(crate) const LINES: [Tool; 5] =
        [Tool::Refinery, Tool::Sqlx, Tool::Diesel, Tool::Dbmate, Tool::Goose];

    /// As it is written on the command line.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Tool::Alembic => "alembic",
            Tool::Refinery => "refinery",
            Tool::Sqlx => "sqlx",
            Tool::Diesel => "diesel",
            Tool::Dbmate => "dbmate",
            Tool::Goose => "goose",
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Tool::Alembic => f.write_str("Alembic"),
            tool => f.write_str(tool.word()),
        }
    }
}

pub(super) const IMPORT: &str = "\
Examples:
  migrate import sqlx migrations --to chain
  migrate import alembic alembic/versions           runs `alembic … --sql` for each revision
  migrate import alembic versions --sql-dir sql     sql/REVISION.up.sql, sql/REVISION.down.sql

Then, with the databases that the other tool has made: migrate adopt --from TOOL";

/// The arguments of `import`.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The tool that the folder is of
    pub(crate) tool: Tool,
    /// The folder of its migrations
    #[arg(value_name = "FOLDER")]
    pub(crate) from: PathBuf,
    /// The folder to write into, instead of `--directory`; it must have no migrations
    #[arg(long, value_name = "FOLDER")]
    pub(crate) to: Option<PathBuf>,
    /// Of Alembic: take the SQL from files here, REVISION.up.sql and REVISION.down.sql
    #[arg(long, value_name = "FOLDER", conflicts_with = "alembic")]
    pub(crate) sql_dir: Option<PathBuf>,
    /// Of Alembic: how it is called, where it is to print the SQL: `alembic -c other.ini`
    #[arg(long, value_name = "COMMAND", default_value = "alembic")]
    pub(crate) alembic: String,
    /// Of Alembic: the name of its table
    #[arg(long, value_name = "[SCHEMA.]NAME", default_value = "alembic_version")]
    pub(crate) version_table: String,
}
