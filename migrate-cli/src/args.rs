//! The arguments of the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// PostgreSQL migrations, checked before they run.
#[derive(Debug, Parser)]
#[command(name = "migrate", version, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    /// The folder of the migrations
    #[arg(short, long, global = true, value_name = "FOLDER", default_value = "migrations")]
    pub(crate) directory: PathBuf,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// A command; the words and the spelling are Alembic's where it has them.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a new revision, after the head
    #[command(visible_aliases = ["new", "add", "create"])]
    Revision {
        /// What the revision does, in words
        #[arg(short, long)]
        message: String,
        /// The id, instead of the time and a few random digits
        #[arg(long, value_name = "ID")]
        rev_id: Option<String>,
        /// The revision to follow, instead of the head
        #[arg(long, value_name = "REVISION")]
        head: Option<String>,
    },
    /// Write a revision that joins all heads
    Merge {
        /// Why, in words
        #[arg(short, long)]
        message: String,
        /// The id, instead of the time and a few random digits
        #[arg(long, value_name = "ID")]
        rev_id: Option<String>,
    },
    /// Put a revision, and all that follows it, after another one: mends a fork
    Rebase {
        /// The first revision of the branch to move; it must not be deployed
        revision: String,
        /// The revision to follow
        #[arg(long, value_name = "REVISION")]
        onto: String,
    },
    /// Pin revisions as deployed, in chain.lock: builds fail when one of them changes
    Lock {
        /// Pin this revision and what it stands on, instead of the whole chain
        #[arg(long, value_name = "REVISION")]
        through: Option<String>,
        /// Take the downgrade of this deployed revision as it is now
        #[arg(long, value_name = "REVISION", conflicts_with = "through")]
        accept_down: Option<String>,
    },
    /// Check the chain as a build does
    Check,
    /// List the revisions, the newest first
    History {
        /// Tell more of each
        #[arg(short, long)]
        verbose: bool,
    },
    /// List the revisions that no other follows: one, unless the chain forks
    Heads,
    /// List the revisions that several others follow
    Branches,
    /// Show a revision
    Show {
        /// The revision, or `head`
        revision: String,
    },
}
