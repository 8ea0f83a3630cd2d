//! Describes a non-transactional revision that is half done.

use std::fmt;

use crate::chain::chain::Chain;
use crate::plan::direction::Direction;
use crate::plan::history::Partial;
use crate::plan::non_transactional::{StatementKind, parts};

/// A non-transactional revision that is half done, compared with the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HalfDone {
    /// The revision.
    pub revision: String,
    /// Whether it is being applied or undone.
    pub direction: Direction,
    /// How many of its statements are done, if the role may read that.
    pub done: Option<usize>,
    /// How many statements there are, if the revision is in the chain.
    pub total: Option<usize>,
    /// Whether the next statement was started without an answer from the server.
    pub in_doubt: bool,
    /// Whether that is a `DO` or `CALL` that commits itself, of which the database does not tell whether it ran.
    pub is_unknowable: bool,
    /// Whether a migration is running.
    pub is_running: bool,
}

impl HalfDone {
    /// Compares the record of a half done revision with the chain.
    pub fn new(chain: &Chain<'_>, partial: &Partial) -> Self {
        let migration = chain.get(&partial.revision);
        let sql = migration.and_then(|migration| match partial.direction {
            Direction::Up => Some(migration.up_sql()),
            Direction::Down => migration.down_sql(),
        });
        let parts = sql.map(parts);
        let total = parts.as_ref().map(Vec::len);
        let next = parts.and_then(|parts| Some(parts.get(partial.done)?.kind.clone()));
        HalfDone {
            revision: partial.revision.clone(),
            direction: partial.direction,
            // All statements may be done without a record of the revision, or the text was edited.
            done: Some(partial.done).filter(|done| total.is_none_or(|total| *done < total)),
            total,
            in_doubt: partial.in_doubt,
            is_unknowable: partial.in_doubt && next == Some(StatementKind::Procedure),
            is_running: partial.is_running,
        }
    }

    pub(crate) fn is_downgrade(&self) -> bool {
        self.direction == Direction::Down
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        let HalfDone { revision, direction, .. } = self;
        if self.is_running {
            return "wait until the migration that is running has ended".to_owned();
        }
        match direction {
            Direction::Up if self.total.is_none() => {
                "this chain does not have it: run the release that has it, or restore its file. Or undo by hand what it \
                 did, and add `--forget-progress` to `migrate upgrade`, `downgrade` or `stamp`"
                    .to_owned()
            }
            _ if self.is_unknowable => run_again_help(*direction, revision),
            Direction::Up => format!(
                "finish it: `migrate upgrade {revision}` {continues}. Or undo by hand what it did, and add \
                 `--forget-progress` to `migrate upgrade`, `downgrade` or `stamp`",
                continues = match self.in_doubt {
                    true => "finds out whether that statement ran, and continues",
                    false => "continues where it stopped",
                }
            ),
            Direction::Down => {
                "run the downgrade again: it continues where it stopped. Or restore by hand what it undid, and add \
                 `--forget-progress` to `migrate upgrade`, `downgrade` or `stamp`"
                    .to_owned()
            }
        }
    }
}

/// What to do about a statement that may have done a part of its work.
pub(crate) fn run_again_help(direction: Direction, revision: &str) -> String {
    match direction {
        Direction::Up => format!(
            "look at what it did. To run it again from its start, add `--run-again` to `migrate upgrade`; or do the rest \
             of the revision by hand, and record it: `migrate stamp {revision}`"
        ),
        Direction::Down => format!(
            "look at what it did. To run it again from its start, add `--run-again` to `migrate downgrade`; or undo the \
             rest of `{revision}` by hand, and record the revision below it: `migrate stamp REVISION`"
        ),
    }
}

impl fmt::Display for HalfDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let HalfDone { revision, direction, done, total, in_doubt, is_running, .. } = self;
        write!(f, "the {direction} of `{revision}` ")?;
        let Some(done) = done else {
            return f.write_str(if *is_running { "is running" } else { "stopped before its end" });
        };
        let at = match total {
            Some(total) => format!("statement {} of {total}", done + 1),
            None => format!("statement {}", done + 1),
        };
        match (is_running, in_doubt) {
            (true, _) => write!(f, "is running, at {at}"),
            (false, true) => write!(f, "was cut off at {at}"),
            (false, false) => write!(f, "stopped at {at}"),
        }
    }
}
