//! The commands that write files of the chain; a program with an embedded chain has none of them.

use clap::{Args, Subcommand};

use super::ModelArgs;

/// A new revision, to be filled in or filled in already.
#[derive(Debug, Args)]
pub(crate) struct RevisionArgs {
    /// What the revision does, in words
    #[arg(short, long)]
    pub(crate) message: String,
    /// Compare the models with the chain, and write the statements that lead from one to the other
    #[arg(long)]
    pub(crate) autogenerate: bool,
    /// The id, instead of the time and a few random digits
    #[arg(long, value_name = "ID")]
    pub(crate) rev_id: Option<String>,
    /// The revision to follow, instead of the head
    #[arg(long, value_name = "REVISION", conflicts_with = "autogenerate")]
    pub(crate) head: Option<String>,
    /// What is only renamed or moved in the models: `users.email=mail`, `people=users`, `orders=shop.orders`; may be repeated
    #[arg(long, value_name = "OLD=NEW", requires = "autogenerate")]
    pub(crate) rename: Vec<String>,
    /// Build indexes and check constraints in the transaction, and block writers for as long
    #[arg(long, requires = "autogenerate")]
    pub(crate) plain: bool,
    /// Refuse every hazard but these: deletes-data, lossy-cast, may-be-rename, rewrites-table, blocks-writes,
    /// may-fail; or `all`, `none` [default: allow_hazards in migrate.toml, else nothing is refused]
    #[arg(long, value_name = "HAZARD,…", requires = "autogenerate", value_delimiter = ',')]
    pub(crate) allow_hazards: Vec<String>,
    /// Write privileges, default privileges and owners, too; also `grants = true` in migrate.toml
    #[arg(long, requires = "autogenerate")]
    pub(crate) grants: bool,
    #[command(flatten)]
    pub(crate) models: ModelArgs,
}

use super::import::{IMPORT, Import};
use super::queries::{QUERIES, QueriesArgs};

/// A command that writes; the words and the spelling are Alembic's where it has them.
#[derive(Debug, Subcommand)]
pub(crate) enum WriteCommand {
    /// Write a new revision, after the head, and print its path
    #[command(visible_aliases = ["new", "add", "create"], alias = "generate")]
    Revision(RevisionArgs),
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
        /// The first revision of the branch to move; it must not be pinned
        revision: String,
        /// The revision to follow
        #[arg(long, value_name = "REVISION")]
        onto: String,
    },
    /// Pin deployed revisions in chain.lock: builds fail when one of them changes
    #[command(visible_alias = "pin")]
    Lock {
        /// Pin this revision and what it stands on, instead of the whole chain
        #[arg(long, value_name = "REVISION")]
        through: Option<String>,
        /// Pin what this database has applied
        #[arg(long, conflicts_with = "through")]
        from_database: bool,
        /// Accept the downgrade of this pinned revision as it is now
        #[arg(long, value_name = "REVISION", conflicts_with_all = ["through", "from_database"])]
        accept_down: Option<String>,
        /// Pin revisions that `migrate check` refuses, too; it is silent about pinned ones
        #[arg(long, conflicts_with = "from_database")]
        unchecked: bool,
    },
    /// Show the queries of the deployed release, and what each uses; or record those of a new one
    #[command(after_help = QUERIES)]
    Queries(QueriesArgs),
    /// Turn another tool's folder of migrations into a chain
    #[command(after_help = IMPORT)]
    Import(Import),
    /// Start a project: the folder, its first revision, and migrate.toml; and say what the crate needs
    Init {
        /// What the first revision does, in words
        #[arg(short, long, default_value = "Initial schema")]
        message: String,
    },
    /// Open a revision's file in $VISUAL or $EDITOR
    Edit {
        /// The revision, or `head`
        #[arg(default_value = "head")]
        revision: String,
    },
}
