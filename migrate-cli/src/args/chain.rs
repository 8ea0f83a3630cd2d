//! The commands over a chain and a database, which write no file.

use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::Shell;
use migrate_core::Target;
use migrate_core::plan::BadTarget;

use super::db::DbCommand;
use super::import::{ADOPT, Adopt};
use super::lint::{LINT, LintArgs, LintFormat};
use super::schema::SchemaCommand;
use super::schemas::SchemaMap;
use super::test::{TEST, TestArgs};
use super::{ModelArgs, duration};

const UPGRADE: &str = "\
Examples:
  migrate upgrade                  all that is pending
  migrate upgrade +1               the next revision
  migrate upgrade --dry-run        what would run, and which locks it takes
  migrate upgrade --wait 30s       in a container that starts beside its database
  migrate upgrade 001:head --sql   a script for psql, from revision 001 on
  migrate upgrade --backup-command 'pg_dump -Fc -f before.dump'

What `migrate check` refuses in a revision that would run is refused here, too, before anything runs.";

const DOWNGRADE: &str = "\
Examples:
  migrate downgrade -1             undo the last revision
  migrate downgrade 001            undo all that came after revision 001
  migrate downgrade base           undo everything
  migrate downgrade head --stored  after a rollback to an older release: undo what is newer
  migrate downgrade --stored 001   undo what was applied after 001, also what was edited or moved since";

const REDO: &str = "\
Examples:
  migrate redo                     the revision applied last: its file was edited after it was applied
  migrate redo 002                 revision 002 and all that was applied after it
  migrate redo --dry-run           what would run, and which locks it takes

For development databases: what the revisions have created is dropped, with its data. Each is undone by the
downgrade that the database keeps, which is the one that fits what ran, and applied again from its file.";

const STAMP: &str = "\
Examples:
  migrate stamp head               the database has all of it already, made by another tool
  migrate stamp --purge 001        throw away what is recorded, the database is at 001
  migrate stamp base               nothing is applied";

const FORGET: &str = "\
Removes the history, the log and what else has the prefix of migrate's tables (`--schema`, `--table-prefix`): to begin
anew, or to stop using migrate. What the migrations have created stays. Afterwards no revision is recorded:
  migrate stamp REVISION           says which revision the schema is at
  migrate upgrade                  applies the chain from its beginning, to an empty schema";

const HISTORY: &str = "\
Examples:
  migrate history -i               with a mark where the database is
  migrate history -r 001:head      from revision 001 on
  migrate history -r -3:current    where the database is, and the three before";

/// A command; the words and the spelling are Alembic's where it has them.
#[derive(Debug, Subcommand)]
pub(crate) enum ChainCommand {
    /// Bring the database to a revision, forwards
    #[command(visible_alias = "up", aliases = ["apply", "run"], after_help = UPGRADE)]
    Upgrade(Upgrade),
    /// Undo revisions, the last first
    #[command(visible_alias = "down", aliases = ["revert", "rollback", "undo"])]
    #[command(after_help = DOWNGRADE)]
    Downgrade(Downgrade),
    /// Undo the last revision, or down to a revision, and apply it again from its file
    #[command(after_help = REDO)]
    Redo(Redo),
    /// Record that the database is at a revision, and run nothing
    #[command(alias = "baseline", after_help = STAMP)]
    Stamp(Stamp),
    /// Take over a database that another tool has made: record what it has applied, and run nothing
    #[command(after_help = ADOPT)]
    Adopt(Adopt),
    /// Remove migrate's own tables, with all that is recorded, and nothing else
    #[command(after_help = FORGET)]
    Forget(Forget),
    /// Show the revision that the database is at
    Current,
    /// Show the chain beside the database: what is applied, pending, pinned, unknown
    #[command(alias = "info")]
    Status {
        /// Exit with 3 when the database is not at head, and with 4 when it has diverged
        #[arg(long)]
        exit_code: bool,
    },
    /// Compare every digest that the database has recorded with the chain; it must be at head
    #[command(alias = "validate")]
    Verify,
    /// Check the chain as a build does, and that it builds what the models want
    Check {
        /// The database must be at head, too: else exit with 3, or with 4 when it has diverged
        #[arg(long)]
        at_head: bool,
        /// As what
        #[arg(long, value_enum, default_value = "text", conflicts_with = "json")]
        format: LintFormat,
        /// Report what the database has that the chain does not build; with `--database-url` it is done anyway
        #[arg(long)]
        drift: bool,
        /// Compare privileges, default privileges and owners, too; also `grants = true` in migrate.toml
        #[arg(long)]
        grants: bool,
        /// For `--drift`: the database has a schema of the chain under another name; may be repeated
        #[arg(long, value_name = "CHAIN=DATABASE")]
        schema_map: Vec<SchemaMap>,
        #[command(flatten)]
        models: ModelArgs,
    },
    /// Tell what is correct, yet unsafe on a live database: locks, lost data, broken releases
    #[command(after_help = LINT)]
    Lint(LintArgs),
    /// Test each revision in scratch databases: up, down and up again, also with generated rows
    #[command(after_help = TEST)]
    Test(TestArgs),
    /// List the revisions, the newest first
    #[command(after_help = HISTORY)]
    History {
        /// Only from one revision to another; also `current`, and an open end: `001:`, `-3:current`
        #[arg(short, long, value_name = "FROM:TO", allow_hyphen_values = true)]
        rev_range: Option<Range>,
        /// Mark the revision that the database is at
        #[arg(short, long)]
        indicate_current: bool,
    },
    /// List the revisions that no other follows: one, unless the chain forks
    #[command(alias = "head")]
    Heads,
    /// List the revisions that several others follow
    #[command(alias = "branch")]
    Branches,
    /// Show a revision
    Show {
        /// The revision, or `head`
        revision: String,
    },
    /// Draw the chain
    Graph {
        /// As what
        #[arg(long, value_enum, default_value = "text")]
        format: GraphFormat,
    },
    /// Create, drop or reset the database itself, or wait for its server
    #[command(subcommand, alias = "database")]
    Db(DbCommand),
    /// Write the schema that the chain builds, as SQL or as a diagram, to be committed and reviewed
    #[command(subcommand)]
    Schema(SchemaCommand),
    /// Tell what was done to the database: upgrades, downgrades, stamps, failures
    Log {
        /// At most so many entries, the newest ones; 0 for all
        #[arg(short = 'n', long, value_name = "NUMBER", default_value_t = 20)]
        limit: usize,
    },
    /// Print what makes a shell complete the arguments
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, in roff: `migrate man | man -l -`
    Man {
        /// Of this command
        command: Option<String>,
    },
}

/// The arguments of `upgrade`.
#[derive(Debug, Args)]
pub(crate) struct Upgrade {
    /// Where to: head, +1, a revision or the beginning of one; with `--sql` also FROM:TO
    #[arg(value_name = "TARGET", default_value = "head", allow_negative_numbers = true)]
    pub(crate) target: Range,
    /// Show what would run, statement by statement, with the lock that each takes
    #[arg(long, conflicts_with = "sql")]
    pub(crate) dry_run: bool,
    /// Print a script for psql instead of running; without a database, so from base unless FROM:TO
    #[arg(long)]
    pub(crate) sql: bool,
    /// Run this first, in a shell, when something is pending; it has DATABASE_URL and PGHOST and so on
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["sql", "dry_run"])]
    pub(crate) backup_command: Option<String>,
    /// Wait so long for a server that is not there yet, or still starting
    #[arg(long, value_name = "TIME", value_parser = duration, conflicts_with = "sql")]
    pub(crate) wait: Option<Duration>,
    /// Apply revisions that `migrate check` refuses, too
    #[arg(long)]
    pub(crate) unchecked: bool,
    /// For scripts that say so to each command: an upgrade never asks
    #[arg(short, long = "yes", hide = true)]
    pub(crate) _yes: bool,
    #[command(flatten)]
    pub(crate) how: How,
}

/// The arguments of `downgrade`.
#[derive(Debug, Args)]
pub(crate) struct Downgrade {
    /// Where to: -1, a revision or the beginning of one, base; with `--sql` FROM:TO
    #[arg(value_name = "TARGET", allow_negative_numbers = true)]
    pub(crate) target: Range,
    /// Show what would run, statement by statement, with the lock that each takes
    #[arg(long, conflicts_with = "sql")]
    pub(crate) dry_run: bool,
    /// Print a script for psql instead of running; FROM:TO says from where
    #[arg(long)]
    pub(crate) sql: bool,
    /// Undo by the downgrade that the database keeps, where a revision is not in this chain or was edited or moved
    #[arg(long, conflicts_with = "sql")]
    pub(crate) stored: bool,
    /// Don't ask
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) how: How,
}

/// The arguments of `redo`.
#[derive(Debug, Args)]
pub(crate) struct Redo {
    /// The revision, or the beginning of its id; all that was applied after it goes down and up again, too
    /// [default: the revision applied last]
    pub(crate) revision: Option<String>,
    /// Show what would run, statement by statement, with the lock that each takes
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Don't ask
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Apply revisions that `migrate check` refuses, too
    #[arg(long)]
    pub(crate) unchecked: bool,
    #[command(flatten)]
    pub(crate) limits: Limits,
}

/// The arguments of `stamp`.
#[derive(Debug, Args)]
pub(crate) struct Stamp {
    /// The revision that the database is at: head, base, a revision or the beginning of one
    #[arg(value_name = "TARGET", allow_negative_numbers = true)]
    pub(crate) target: Target,
    /// Throw away all that is recorded first
    #[arg(long)]
    pub(crate) purge: bool,
    /// Show what would change
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Don't ask
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// How long to wait for another migration to finish
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) lock_wait_timeout: Option<Duration>,
    /// Forget how far a revision has come that stopped outside a transaction, and was undone by hand
    #[arg(long)]
    pub(crate) forget_progress: bool,
}

/// The arguments of `forget`.
#[derive(Debug, Args)]
pub(crate) struct Forget {
    /// Show what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Don't ask
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// How a run runs.
#[derive(Debug, Args)]
pub(crate) struct How {
    /// Run all revisions in one transaction: all are done, or none
    #[arg(long)]
    pub(crate) single_transaction: bool,
    #[command(flatten)]
    pub(crate) limits: Limits,
    /// Run a statement again that may have run already: one that commits itself and was cut off, or was edited
    #[arg(long, conflicts_with = "sql")]
    pub(crate) run_again: bool,
    /// Forget how far a revision has come that stopped outside a transaction, and was undone by hand
    #[arg(long, conflicts_with = "sql")]
    pub(crate) forget_progress: bool,
}

/// How long things may take.
#[derive(Debug, Args)]
pub(crate) struct Limits {
    /// How long a statement may wait for a lock on a table [default: 5s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) lock_timeout: Option<Duration>,
    /// How long a statement may take [default: the server's own limit]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) statement_timeout: Option<Duration>,
    /// How long to wait for another migration to finish [default: 5min]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) lock_wait_timeout: Option<Duration>,
}

/// As what a chain is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// Lines of text, as `git log --graph` has them
    Text,
    /// For Markdown
    Mermaid,
    /// For Graphviz
    Dot,
    /// A picture
    Svg,
}

/// `TO` or `FROM:TO`; what is left out is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Range {
    /// Whether there is a colon.
    pub(crate) is_range: bool,
    pub(crate) from: Option<Point>,
    pub(crate) to: Option<Point>,
}

/// An end of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Point {
    /// Where the database is.
    Current,
    /// Anywhere else.
    Target(Target),
}

impl FromStr for Range {
    type Err = BadTarget;

    fn from_str(text: &str) -> Result<Self, BadTarget> {
        let point = |text: &str| match text {
            "" => Ok(None),
            "current" => Ok(Some(Point::Current)),
            text => text.parse().map(|target| Some(Point::Target(target))),
        };
        match text.split_once(':') {
            Some((from, to)) => Ok(Range { is_range: true, from: point(from)?, to: point(to)? }),
            None if text.is_empty() => Err(BadTarget { text: String::new() }),
            None => Ok(Range { is_range: false, from: None, to: point(text)? }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        let target = |text: &str| text.parse().ok().map(Point::Target);
        let check = |text: &str, expected: Option<(bool, Option<Point>, Option<Point>)>| {
            let found = text.parse::<Range>().ok();
            let found = found.map(|range| (range.is_range, range.from, range.to));
            assert_eq!(found, expected, "{text}");
        };
        check("head", Some((false, None, target("head"))));
        check("-1", Some((false, None, target("-1"))));
        check("a:b", Some((true, target("a"), target("b"))));
        check("a:", Some((true, target("a"), None)));
        check(":b", Some((true, None, target("b"))));
        check("-3:current", Some((true, target("-3"), Some(Point::Current))));
        check("", None);
        check("a b:c", None);
        check("a:--1", None);
    }
}
