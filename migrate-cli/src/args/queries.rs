//! The arguments of `queries`.

use clap::Args;

use super::lint::LintFormat;

/// Examples, below the help.
pub(super) const QUERIES: &str = "\
Examples:
  migrate queries                    the queries of the deployed release, and what each uses
  migrate queries users.age          those that use a column, or a table
  migrate queries --record           with each release: build, and write its queries to queries.lock
  migrate queries --record -- -p api --features tls
  migrate queries --check            for CI: exit with 1 if queries.lock is not of the deployed release";

/// The arguments of `queries`.
#[derive(Debug, Args)]
pub(crate) struct QueriesArgs {
    /// Only the queries that use this table or column: `users`, `users.age`
    #[arg(value_name = "NAME", conflicts_with = "record")]
    pub(crate) name: Option<String>,
    /// Build the program with `cargo check`, and write its queries to queries.lock
    #[arg(long)]
    pub(crate) record: bool,
    /// Exit with 1 if queries.lock is not of the release that is pinned, or a query is wrong for it
    #[arg(long, conflicts_with = "record")]
    pub(crate) check: bool,
    /// As what
    #[arg(long, value_enum, default_value = "text", conflicts_with_all = ["json", "record"])]
    pub(crate) format: LintFormat,
    /// For `--record`: arguments of `cargo check`, instead of `--workspace`
    #[arg(last = true, value_name = "CARGO ARGUMENTS", requires = "record")]
    pub(crate) cargo: Vec<String>,
}
