//! The arguments of `lint`.

use clap::{Args, ValueEnum};
use migrate_core::chain::Lint;

/// Examples, below the help.
pub(super) const LINT: &str = "\
Examples:
  migrate lint                         revisions that are not pinned
  migrate lint -v                      also which lock each statement takes
  migrate lint --explain drop-column   why, and the safe way
  migrate lint --format github         for a workflow: notes beside the lines of a pull request";

/// The arguments of `lint`.
#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// These revisions, instead of all that are not pinned
    #[arg(value_name = "REVISION")]
    pub(crate) revisions: Vec<String>,
    /// All revisions, also those that are pinned
    #[arg(long, conflicts_with = "revisions")]
    pub(crate) all: bool,
    /// As what
    #[arg(long, value_enum, default_value = "text", conflicts_with = "json")]
    pub(crate) format: LintFormat,
    /// Print the page of a lint: why, and the safe way
    #[arg(long, value_name = "CODE", value_parser = lint, conflicts_with_all = ["revisions", "all"])]
    pub(crate) explain: Option<Lint>,
    /// List the lints, each with the level that it has here
    #[arg(long, conflicts_with_all = ["revisions", "all", "explain", "format"])]
    pub(crate) list: bool,
}

/// As what findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LintFormat {
    /// As the compiler does it
    Text,
    /// Annotations of a GitHub workflow
    Github,
    /// For code scanning, version 2.1.0
    Sarif,
    /// A report of tests, for what shows those
    Junit,
}

/// A lint by its code.
fn lint(code: &str) -> Result<Lint, String> {
    Lint::of_code(code).ok_or_else(|| match Lint::suggestion(code) {
        Some(suggestion) => format!("there is no such lint; did you mean `{suggestion}`?"),
        None => "there is no such lint; `migrate lint --list` lists them".to_owned(),
    })
}
