//! The plan: which revisions run, in which direction and order. Pure; a plan is data.

mod back;
mod redo;

use std::borrow::Cow;
use std::fmt;

pub use self::redo::{Redo, redo};

use crate::chain::{Chain, Down, Migration};
use crate::history::History;
use crate::problem::list;
use crate::status::{Divergence, Status, are, standing, status};
use crate::target::{self, Target};

/// Up or down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Apply.
    Up,
    /// Undo.
    Down,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Direction::Up => "upgrade",
            Direction::Down => "downgrade",
        })
    }
}

/// One revision to apply or to undo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step<'c> {
    /// Which way.
    pub direction: Direction,
    /// The revision: of the chain, or as the database keeps it.
    pub migration: Cow<'c, Migration<'static>>,
    /// Its place in the order of application.
    pub position: i64,
    /// How many revisions are applied before the step.
    pub count: usize,
    /// The revision applied last before the step, if any is.
    pub last: Option<Cow<'c, str>>,
}

impl Step<'_> {
    /// Whether it runs inside a transaction.
    pub fn is_transactional(&self) -> bool {
        match self.direction {
            Direction::Up => self.migration.up.options.transactional,
            Direction::Down => self.migration.down_options().transactional,
        }
    }
}

/// What will run, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan<'c> {
    /// The steps; none when there is nothing to do.
    pub steps: Vec<Step<'c>>,
    /// The revisions in the database that the chain does not have: it is ahead.
    pub ahead: Vec<String>,
}

impl Plan<'_> {
    /// Whether all of it can be one transaction.
    pub(crate) fn one_transaction(&self) -> Result<(), PlanError> {
        match self.steps.iter().find(|step| !step.is_transactional()) {
            None => Ok(()),
            Some(step) => {
                Err(PlanError::NotOneTransaction { revision: step.migration.id.to_string() })
            }
        }
    }
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanError {
    /// The chain has no such revision.
    UnknownRevision {
        /// The id that was asked for.
        id: String,
        /// The id that was probably meant.
        meant: Option<String>,
    },
    /// Several ids begin like this.
    AmbiguousRevision {
        /// The beginning that was asked for.
        prefix: String,
        /// The ids.
        candidates: Vec<String>,
    },
    /// A downgrade was asked for where no revision is applied.
    NothingApplied,
    /// So many revisions on or back, there is none.
    OutOfChain {
        /// The target that was asked for.
        target: String,
    },
    /// An upgrade was asked for to where the database has already been.
    NotAhead {
        /// The target that was asked for.
        target: String,
        /// The revision that the database is at.
        current: String,
    },
    /// A downgrade was asked for to where the database has not been.
    NotBehind {
        /// The target that was asked for.
        target: String,
        /// The revision that the database is at.
        current: Option<String>,
    },
    /// A revision to undo says that it can't be.
    Irreversible {
        /// The revision.
        revision: String,
        /// The reason that its header gives.
        reason: String,
    },
    /// All was to be one transaction, and a revision can't be a part of one.
    NotOneTransaction {
        /// The revision.
        revision: String,
    },
    /// A revision to undo is not in the chain.
    UnknownApplied {
        /// The revision.
        revision: String,
    },
    /// A revision to redo is not applied.
    NotApplied {
        /// The revision.
        revision: String,
    },
    /// A revision that a redo would undo is not in the chain, so that it can't be applied again.
    NotReapplied {
        /// The revision.
        revision: String,
        /// Where a downgrade leads that undoes it: the revision that was applied before it.
        below: String,
    },
    /// A revision to undo is not as the chain has it, and what the database keeps to undo it can't be used.
    Stored {
        /// The revision.
        revision: String,
        /// Why not.
        reason: &'static str,
    },
    /// The database is ahead of the chain, and the runner was told to refuse that.
    Ahead {
        /// The revisions that the chain does not have.
        unknown: Vec<String>,
    },
    /// The database can't be the work of this chain.
    Diverged(Divergence),
}

impl PlanError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            PlanError::UnknownRevision { meant: Some(meant), .. } => {
                format!("did you mean `{meant}`?")
            }
            PlanError::UnknownRevision { .. } => {
                "`migrate history` lists the revisions of the chain".into()
            }
            PlanError::AmbiguousRevision { .. } => "write more of the id".into(),
            PlanError::NothingApplied => "`migrate status` shows where the database is".into(),
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
            PlanError::Stored { .. } => {
                "undo it with the release that applied it; or undo it by hand, and record the revision that the \
                 schema is at: `migrate stamp REVISION`"
                    .into()
            }
            PlanError::Ahead { .. } => "a newer release applied it: run that release".into(),
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
            PlanError::OutOfChain { target } => write!(f, "`{target}` leads out of the chain"),
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
            PlanError::NotApplied { revision } => {
                write!(f, "nothing to redo: revision `{revision}` is not applied")
            }
            PlanError::NotReapplied { revision, .. } => write!(
                f,
                "revision `{revision}` is applied, but not in this chain, so it can't be applied again"
            ),
            PlanError::Stored { revision, reason } => {
                write!(f, "the stored downgrade of revision `{revision}` can't be used: {reason}")
            }
            PlanError::Ahead { unknown } => {
                write!(f, "the database is ahead: {} not in this chain", are(unknown))
            }
            PlanError::Diverged(divergence) => write!(f, "the database has diverged: {divergence}"),
        }
    }
}

impl std::error::Error for PlanError {}

/// Plans an upgrade.
///
/// # Errors
///
/// When the database has diverged, or the target is not ahead of it.
pub fn upgrade<'c>(
    chain: &'c Chain<'static>,
    history: &History,
    target: &Target,
) -> Result<Plan<'c>, PlanError> {
    let ahead = known(status(chain, history))?;
    let pending = || {
        chain.migrations().iter().filter(|migration| history.get(migration.id.as_str()).is_none())
    };
    let out = || PlanError::OutOfChain { target: target.to_string() };
    let wanted: Vec<&'c Migration<'static>> = match target {
        Target::Head => pending().collect(),
        Target::Base => return Err(not_ahead(target, history)),
        Target::Relative(offset) => {
            let count = usize::try_from(*offset).map_err(|_| not_ahead(target, history))?;
            let wanted: Vec<_> = pending().take(count).collect();
            if wanted.len() < count {
                return Err(out());
            }
            wanted
        }
        Target::Revision { id, offset } => {
            let at = target::find_from(chain, id, *offset)?.ok_or_else(out)?;
            let id = chain.migrations()[at].id.as_str();
            let lineage = chain.lineage(id);
            let in_lineage = chain.migrations().iter().zip(lineage).filter(|(_, wanted)| *wanted);
            let wanted: Vec<_> = in_lineage
                .map(|(migration, _)| migration)
                .filter(|migration| history.get(migration.id.as_str()).is_none())
                .collect();
            let here = history.last().is_some_and(|record| record.revision == id);
            if wanted.is_empty() && !here {
                return Err(not_ahead(target, history));
            }
            wanted
        }
    };
    let steps = steps_up(history, wanted);
    Ok(Plan { steps, ahead })
}

/// The steps that apply these revisions on top of what is applied.
fn steps_up<'c>(history: &History, wanted: Vec<&'c Migration<'static>>) -> Vec<Step<'c>> {
    let applied = history.records.len();
    let position = history.last().map_or(0, |record| record.position);
    let mut last = history.last().map(|record| Cow::Owned(record.revision.clone()));
    wanted
        .into_iter()
        .zip((position + 1..).zip(applied..))
        .map(|(migration, (position, count))| Step {
            direction: Direction::Up,
            migration: Cow::Borrowed(migration),
            position,
            count,
            last: last.replace(Cow::Borrowed(migration.id.as_str())),
        })
        .collect()
}

/// Plans a downgrade: undoes in the opposite order of application. Revisions that the chain does
/// not have, or has with another text or in another place, are undone by what the history keeps, if
/// it was read with that.
///
/// # Errors
///
/// When the database has diverged and the history was read without the stored downgrades, the target
/// is not behind the database, or a revision can't be undone.
pub fn downgrade<'c>(
    chain: &'c Chain<'static>,
    history: &History,
    target: &Target,
) -> Result<Plan<'c>, PlanError> {
    match standing(chain, history) {
        // What is not as the chain has it is undone by what is stored.
        Status::Diverged(divergence) if divergence.record().stored.is_some() => {}
        // One that has stopped before its end goes on.
        status => drop(known(status)?),
    }
    let keep = back::kept(chain, history, target)?;
    let mut left: Vec<_> = history.records.iter().zip(keep).collect();
    let mut steps = Vec::new();
    while let Some(at) = left.iter().rposition(|(_, keep)| !keep) {
        let record = left[at].0;
        let revision = &record.revision;
        let migration = back::undone_by(chain, record)?;
        if let Down::Irreversible(reason) = &migration.down {
            let (revision, reason) = (revision.clone(), reason.to_string());
            return Err(PlanError::Irreversible { revision, reason });
        }
        // A revision below the one to undo may stay only in a chain with branches.
        let last = left.last().map(|(record, _)| Cow::Owned(record.revision.clone()));
        steps.push(Step {
            direction: Direction::Down,
            migration,
            position: left[at].0.position,
            count: left.len(),
            last,
        });
        left.remove(at);
    }
    Ok(Plan { steps, ahead: Vec::new() })
}

fn not_ahead(target: &Target, history: &History) -> PlanError {
    let current = history.last().map_or("base", |record| &record.revision).to_owned();
    PlanError::NotAhead { target: target.to_string(), current }
}

/// The revisions that the chain does not have, unless the database has diverged from it.
fn known(status: Status) -> Result<Vec<String>, PlanError> {
    match status {
        Status::Diverged(divergence) => Err(PlanError::Diverged(divergence)),
        Status::Ahead { unknown } => Ok(unknown),
        Status::Empty | Status::Behind { .. } | Status::AtHead => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests;
