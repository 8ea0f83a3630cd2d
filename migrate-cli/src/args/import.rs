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
    GolangMigrate,
    Flyway,
    Prisma,
    Drizzle,
    Supabase,
    Atlas,
}

impl Tool {
    pub(crate) const ALL: [Tool; 12] = [
        Tool::Alembic,
        Tool::Refinery,
        Tool::Sqlx,
        Tool::Diesel,
        Tool::Dbmate,
        Tool::Goose,
        Tool::GolangMigrate,
        Tool::Flyway,
        Tool::Prisma,
        Tool::Drizzle,
        Tool::Supabase,
        Tool::Atlas,
    ];

    /// Those whose migrations stand in one line.
    #[cfg(test)]
    pub(crate) fn lines() -> impl Iterator<Item = Tool> {
        Tool::ALL.into_iter().filter(|tool| *tool != Tool::Alembic)
    }

    /// Whether its table names only the last migration that was applied, which stands for all below it.
    pub(crate) fn names_heads_alone(self) -> bool {
        matches!(self, Tool::Alembic | Tool::GolangMigrate)
    }

    /// Whether its table has a checksum of each file that can be made again.
    pub(crate) fn has_checksums(self) -> bool {
        matches!(self, Tool::Refinery | Tool::Sqlx | Tool::Flyway | Tool::Prisma | Tool::Drizzle)
    }

    /// As it is written on the command line.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Tool::Alembic => "alembic",
            Tool::Refinery => "refinery",
            Tool::Sqlx => "sqlx",
            Tool::Diesel => "diesel",
            Tool::Dbmate => "dbmate",
            Tool::Goose => "goose",
            Tool::GolangMigrate => "golang-migrate",
            Tool::Flyway => "flyway",
            Tool::Prisma => "prisma",
            Tool::Drizzle => "drizzle",
            Tool::Supabase => "supabase",
            Tool::Atlas => "atlas",
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Tool::Alembic => f.write_str("Alembic"),
            Tool::Flyway => f.write_str("Flyway"),
            Tool::Prisma => f.write_str("Prisma"),
            Tool::Drizzle => f.write_str("Drizzle"),
            Tool::Supabase => f.write_str("Supabase"),
            Tool::Atlas => f.write_str("Atlas"),
            tool => f.write_str(tool.word()),
        }
    }
}

pub(super) const ADOPT: &str = "\
Examples:
  migrate adopt --from alembic --dry-run            what would be recorded, and what differs
  migrate adopt --from sqlx
  migrate adopt --from refinery --dir old           with refinery's own files, if the chain's were edited";

pub(super) const IMPORT: &str = "\
Examples:
  migrate import sqlx migrations --to chain
  migrate import alembic alembic/versions           runs `alembic upgrade base:heads --sql`
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

/// What becomes of what only the database has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Gap {
    /// The revision adds it to the chain
    Keep,
    /// The revision drops it
    Drop,
}

/// The arguments of `adopt`.
#[derive(Debug, Args)]
pub(crate) struct Adopt {
    /// The tool that has made the database
    #[arg(long, value_name = "TOOL")]
    pub(crate) from: Tool,
    /// Show what would be recorded, and what differs
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The tool's table, if it has another name, or is in several schemas
    #[arg(long, value_name = "[SCHEMA.]NAME")]
    pub(crate) version_table: Option<String>,
    /// The tool's own folder, for the checksums of files that were edited since the import
    #[arg(long, value_name = "FOLDER")]
    pub(crate) dir: Option<PathBuf>,
    /// Give constraints, indexes and sequences the names that they have in the chain, first
    #[arg(long)]
    pub(crate) rename_constraints: bool,
    /// Take the database over although it differs, and print the revision that closes the gap: it keeps what only
    /// the database has, or drops it
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "keep")]
    #[arg(value_name = "WHAT")]
    pub(crate) accept_drift: Option<Gap>,
    /// Compare privileges, default privileges and owners, too; also `grants = true` in migrate.toml
    #[arg(long)]
    pub(crate) grants: bool,
    /// Don't build the chain in a scratch database to compare it with this one
    #[arg(long, conflicts_with_all = ["rename_constraints", "accept_drift", "grants", "dev_url"])]
    pub(crate) no_compare: bool,
    /// A server for a scratch database, else MIGRATE_DEV_URL, else one is started; never production's
    #[arg(long, value_name = "URL")]
    pub(crate) dev_url: Option<String>,
}
