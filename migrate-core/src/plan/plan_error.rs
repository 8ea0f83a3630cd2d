//! Why a plan is not possible, and what to do about it.

use std::fmt;

use crate::chain::problem::list;
use crate::plan::direction::Direction;
use crate::plan::status::{Divergence, HalfDone, are};

/// Why a plan is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanError {
    /// The chain contains no such revision.
    UnknownRevision {
        /// The requested id.
        id: String,
        /// The id that was probably meant.
        suggestion: Option<String>,
    },
    /// Several ids start with this prefix.
    AmbiguousRevision {
        /// The requested prefix.
        prefix: String,
        /// The ids.
        candidates: Vec<String>,
    },
    /// A downgrade was requested, but no revision is applied.
    NothingApplied,
    /// A relative target is outside of the chain.
    OutOfChain {
        /// The requested target.
        target: String,
    },
    /// An upgrade to a target that is not ahead of the database.
    NotAhead {
        /// The requested target.
        target: String,
        /// The revision that the database is at.
        current: String,
    },
    /// A downgrade to a target that is not behind the database.
    NotBehind {
        /// The requested target.
        target: String,
        /// The revision that the database is at.
        current: Option<String>,
    },
    /// A revision to undo is declared irreversible.
    Irreversible {
        /// The revision.
        revision: String,
        /// The reason given in its header.
        reason: String,
    },
    /// A single transaction was requested, and a revision cannot be part of one.
    NotOneTransaction {
        /// The revision.
        revision: String,
    },
    /// A revision to undo is not in the chain.
    UnknownApplied {
        /// The revision.
        revision: String,
    },
    /// A redo was requested, but no revision is applied.
    NothingToRedo,
    /// A revision to redo is not applied.
    NotApplied {
        /// The revision.
        revision: String,
    },
    /// A revision that a redo would undo is not in the chain, so it cannot be applied again.
    NotReapplied {
        /// The revision.
        revision: String,
        /// The target of a downgrade that undoes it: the revision that was applied before it.
        below: String,
    },
    /// A revision to undo differs from the chain, and its recorded downgrade cannot be used.
    RecordedDowngradeInvalid {
        /// The revision.
        revision: String,
        /// Why it cannot be used.
        reason: &'static str,
    },
    /// The database is ahead of the chain, and the runner is configured to refuse that.
    Ahead {
        /// The revisions that are not in the chain.
        unknown: Vec<String>,
    },
    /// A non-transactional revision is half done, and the completed statements no longer match its
    /// file.
    Interrupted {
        /// The revision.
        revision: String,
        /// Whether it is being applied or undone.
        direction: Direction,
        /// How many of its statements are done.
        done: usize,
        /// Whether its section now runs in a transaction.
        is_transactional: bool,
    },
    /// The database is no longer in the state that the plan starts from.
    Changed,
    /// A non-transactional revision is half done, and has to be completed first.
    HalfDone(HalfDone),
    /// The database cannot have been migrated by this chain.
    Diverged(Divergence),
}

impl PlanError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            PlanError::UnknownRevision { suggestion: Some(suggestion), .. } => {
                format!("did you mean `{suggestion}`?")
            }
            PlanError::UnknownRevision { .. } => {
                "`migrate history` lists the revisions of the chain".into()
            }
            PlanError::AmbiguousRevision { .. } => "write more of the id".into(),
            PlanError::NothingApplied => "`migrate status` shows where the database is".into(),
            PlanError::NothingToRedo => "`migrate upgrade` applies the chain".into(),
            PlanError::OutOfChain { .. } => {
                "the chain is not that long; name a revision, head or base".into()
            }
            PlanError::NotAhead { target, .. } => {
                format!("to go back, use a downgrade: `migrate downgrade {target}`")
            }
            PlanError::NotBehind { target, .. } => {
                format!("to go on, use an upgrade: `migrate upgrade {target}`")
            }
            PlanError::Irreversible { .. } => {
                "restore a backup, or write a new revision that repairs what is wrong".into()
            }
            PlanError::NotOneTransaction { revision } => {
                format!(
                    "go to the revision before it, then past `{revision}` without the single transaction"
                )
            }
            PlanError::UnknownApplied { .. } => {
                "a newer release applied it: run that release, or add `--stored` to undo it by the downgrade \
                 that the database keeps"
                    .into()
            }
            PlanError::NotApplied { revision } => format!("apply it: `migrate upgrade {revision}`"),
            PlanError::NotReapplied { below, .. } => format!(
                "undo it by the downgrade that the database keeps: `migrate downgrade --stored {below}`; then \
                 apply what is pending: `migrate upgrade`"
            ),
            PlanError::RecordedDowngradeInvalid { .. } => {
                "undo it with the release that applied it; or undo it by hand, and record the revision that the \
                 schema is at: `migrate stamp REVISION`"
                    .into()
            }
            PlanError::Ahead { .. } => "a newer release applied it: run that release".into(),
            PlanError::Interrupted { done, .. } => format!(
                "restore the original text of {}: the next run continues behind it. Put what should be different in a \
                 new revision; or undo by hand what is done, and add `--forget-progress`",
                match done {
                    0 => "its section".to_owned(),
                    1 => "the first statement of its section".to_owned(),
                    done => format!("the first {done} statements of its section"),
                },
            ),
            PlanError::Changed => "run it again to see what it would do now".into(),
            PlanError::HalfDone(half_done) => half_done.help(),
            PlanError::Diverged(divergence) => divergence.help(),
        }
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlanError::UnknownRevision { id, .. } => write!(f, "the chain has no revision `{id}`"),
            PlanError::AmbiguousRevision { prefix, candidates } => {
                write!(f, "`{prefix}` may mean {}", list(candidates))
            }
            PlanError::NothingApplied => write!(f, "nothing to downgrade: no revision is applied"),
            PlanError::OutOfChain { target } => write!(f, "`{target}` goes beyond the chain"),
            PlanError::NotAhead { target, current } => {
                write!(f, "`{target}` is not ahead: the database is at `{current}`")
            }
            PlanError::NotBehind { target, current } => match current {
                Some(current) => {
                    write!(f, "`{target}` is not behind: the database is at `{current}`")
                }
                None => write!(f, "`{target}` is not behind: no revision is applied"),
            },
            PlanError::Irreversible { revision, reason } => {
                write!(f, "revision `{revision}` can't be undone: {reason}")
            }
            PlanError::NotOneTransaction { revision } => write!(
                f,
                "revision `{revision}` runs outside a transaction (`transaction:false`), so not all can be one"
            ),
            PlanError::UnknownApplied { revision } => {
                write!(f, "revision `{revision}` is applied, but not in this chain")
            }
            PlanError::NothingToRedo => write!(f, "nothing to redo: no revision is applied"),
            PlanError::NotApplied { revision } => {
                write!(f, "nothing to redo: revision `{revision}` is not applied")
            }
            PlanError::NotReapplied { revision, .. } => write!(
                f,
                "revision `{revision}` is applied, but not in this chain, so it can't be applied again"
            ),
            PlanError::RecordedDowngradeInvalid { revision, reason } => {
                write!(f, "the stored downgrade of revision `{revision}` can't be used: {reason}")
            }
            PlanError::Ahead { unknown } => {
                write!(f, "the database is ahead: {} not in this chain", are(unknown))
            }
            PlanError::Interrupted { revision, direction, done, is_transactional } => {
                let edited = match is_transactional {
                    true => "its section was then given a transaction",
                    false => "its file was then edited before that place",
                };
                let at = match done {
                    0 => "at its first statement".to_owned(),
                    done => format!("after statement {done}"),
                };
                write!(f, "the {direction} of `{revision}` stopped {at}, and {edited}")
            }
            PlanError::Changed => {
                write!(f, "the database has changed since the plan was made")
            }
            PlanError::HalfDone(half_done) => write!(f, "{half_done}"),
            PlanError::Diverged(divergence) => write!(f, "the database has diverged: {divergence}"),
        }
    }
}

impl std::error::Error for PlanError {}
