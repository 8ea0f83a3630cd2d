//! A chain beside a database: at head, behind, ahead, diverged or empty.

use std::collections::HashMap;
use std::fmt;

use crate::chain::{Chain, Migration};
use crate::digest::Digest;
use crate::history::{History, Record};
use crate::lock::LOCK_FILE;
use crate::problem::list;
use crate::text::printable;

/// How a database stands to a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// Nothing was ever applied, or all was undone.
    Empty,
    /// Some revisions are applied; these are not, in the order in which they would be.
    Behind {
        /// The revisions to come.
        pending: Vec<String>,
    },
    /// The whole chain is applied, and nothing else.
    AtHead,
    /// The whole chain is applied, and revisions that follow it: a newer release was here.
    Ahead {
        /// The revisions that the chain does not have.
        unknown: Vec<String>,
    },
    /// The database holds something that this chain can't have made.
    Diverged(Divergence),
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Status::Empty => write!(f, "empty: no revision is applied"),
            Status::Behind { pending } => write!(f, "behind: {} pending", are(pending)),
            Status::AtHead => write!(f, "at head"),
            Status::Ahead { unknown } => write!(f, "ahead: {} not in this chain", are(unknown)),
            Status::Diverged(divergence) => write!(f, "diverged: {divergence}"),
        }
    }
}

/// The subject and the verb of what is said of these revisions.
pub(crate) fn are(revisions: &[String]) -> String {
    format!("{} {}", list(revisions), if revisions.len() == 1 { "is" } else { "are" })
}

/// Why a database can't be the work of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Divergence {
    /// A revision was applied with another text, or on top of other revisions.
    Digest {
        /// What the database says of it.
        record: Box<Record>,
        /// The chain digest that this chain has for it.
        expected: Digest,
        /// Whether its own upgrade is the same, so that the difference is further down.
        same_upgrade: bool,
        /// Whether the chain's lock file pins it, so that databases which are deployed have run it.
        pinned: bool,
    },
    /// A revision is applied that this chain does not have, while some that it has are not.
    Unknown {
        /// What the database says of it.
        record: Box<Record>,
    },
    /// A downgrade outside a transaction has stopped before its end: the revision is half undone.
    Undoing {
        /// What the database says of it.
        record: Box<Record>,
    },
    /// A revision is applied, but not what it stands on.
    Gap {
        /// What the database says of it.
        record: Box<Record>,
        /// The parent that is not applied.
        parent: String,
    },
}

impl Divergence {
    /// What the database says of the revision.
    pub fn record(&self) -> &Record {
        match self {
            Divergence::Digest { record, .. }
            | Divergence::Unknown { record }
            | Divergence::Undoing { record }
            | Divergence::Gap { record, .. } => record,
        }
    }

    /// What to do about it. What nobody has deployed can be undone and applied again.
    pub fn help(&self) -> String {
        let revision = &self.record().revision;
        let undo = || {
            let below = match self.record().parents.as_slice() {
                [] => "base",
                [parent] => parent,
                _ => "REVISION",
            };
            format!("`migrate downgrade --stored {below}`")
        };
        match self {
            Divergence::Digest { pinned: false, .. } => format!(
                "it is not pinned in {LOCK_FILE}; on a development database, undo it and apply it again: `migrate redo \
                 {revision}` (or only undo it: {undo}); on any other database, restore its file as it was",
                undo = undo(),
            ),
            Divergence::Digest { .. } => {
                "run the release that was deployed, or restore the text that ran; if the schema is right \
                 as it is, record this chain's text: `migrate stamp REVISION`"
                    .into()
            }
            Divergence::Unknown { .. } => format!(
                "another branch was applied here: add its revisions to this chain, or connect to the \
                 right database; on a development database, undo it: {undo}; if only the recorded id is wrong, \
                 name the revision that the schema is at: `migrate stamp REVISION`",
                undo = undo(),
            ),
            Divergence::Undoing { .. } => {
                "run the downgrade again: it continues where it stopped".into()
            }
            Divergence::Gap { .. } => {
                "somebody edited the history by hand; name the revision that the schema is at: \
                 `migrate stamp REVISION`"
                    .into()
            }
        }
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let applied = |record: &Record| {
            format!("applied {} by {}", record.applied_at, printable(&record.applied_by))
        };
        match self {
            Divergence::Digest { record, expected, same_upgrade, .. } => {
                let what =
                    if *same_upgrade { "on top of other revisions" } else { "with another text" };
                write!(
                    f,
                    "revision `{}` was applied {what}: the database has {}, this chain {} ({})",
                    record.revision,
                    record.chain.short(),
                    expected.short(),
                    applied(record),
                )
            }
            Divergence::Unknown { record } => write!(
                f,
                "revision `{}` ({}) is not in this chain, and the chain's own are not all applied",
                record.revision,
                applied(record),
            ),
            Divergence::Undoing { record } => {
                write!(f, "the downgrade of revision `{}` stopped before its end", record.revision,)
            }
            Divergence::Gap { record, parent } => write!(
                f,
                "revision `{}` ({}) is applied, but its parent `{parent}` is not",
                record.revision,
                applied(record),
            ),
        }
    }
}

/// The revisions that a database has applied with another text than the chain's, or on top of other revisions. What merely
/// stands on one of them is none: its chain digest differs as well, but nobody has edited it.
pub fn changed<'c>(chain: &'c Chain<'_>, history: &History) -> Vec<&'c str> {
    let records: HashMap<&str, &Record> =
        history.records.iter().map(|record| (record.revision.as_str(), record)).collect();
    let differs = |migration: &Migration<'_>| {
        let record = records.get(migration.id.as_str());
        record.is_some_and(|record| record.chain != migration.digests.chain)
    };
    let is_changed = |migration: &&Migration<'_>| {
        let Some(record) = records.get(migration.id.as_str()) else { return false };
        let same_parents = migration.parents.len() == record.parents.len()
            && migration.parents.iter().all(|it| record.parents.iter().any(|of| it.as_str() == of));
        let follows = || {
            let parents = migration.parents.iter().filter_map(|parent| chain.get(parent.as_str()));
            parents.into_iter().any(differs)
        };
        differs(migration) && !(record.up == migration.digests.up && same_parents && follows())
    };
    chain.migrations().iter().filter(is_changed).map(|migration| migration.id.as_str()).collect()
}

/// Compares a chain with what a database says.
pub fn status(chain: &Chain<'_>, history: &History) -> Status {
    match history.undoing.as_ref().and_then(|revision| history.get(revision)) {
        Some(record) => Status::Diverged(Divergence::Undoing { record: Box::new(record.clone()) }),
        None => standing(chain, history),
    }
}

/// The same, where a downgrade that has stopped is about to go on.
pub(crate) fn standing(chain: &Chain<'_>, history: &History) -> Status {
    let known: HashMap<&str, _> =
        chain.migrations().iter().map(|migration| (migration.id.as_str(), migration)).collect();
    let applied: HashMap<&str, _> =
        history.records.iter().map(|record| (record.revision.as_str(), record)).collect();
    let mut unknown: Vec<&Record> = Vec::new();
    for record in &history.records {
        let boxed = || Box::new(record.clone());
        let Some(migration) = known.get(record.revision.as_str()) else {
            unknown.push(record);
            continue;
        };
        if migration.digests.chain != record.chain {
            return Status::Diverged(Divergence::Digest {
                record: boxed(),
                expected: migration.digests.chain,
                same_upgrade: migration.digests.up == record.up,
                pinned: migration.deployed,
            });
        }
        let gap = migration.parents.iter().find(|parent| !applied.contains_key(parent.as_str()));
        if let Some(parent) = gap {
            return Status::Diverged(Divergence::Gap {
                record: boxed(),
                parent: parent.to_string(),
            });
        }
    }
    let pending: Vec<String> = chain
        .migrations()
        .iter()
        .filter(|migration| !applied.contains_key(migration.id.as_str()))
        .map(|migration| migration.id.to_string())
        .collect();
    match (unknown.as_slice(), pending.is_empty()) {
        ([], true) => Status::AtHead,
        ([], false) if history.records.is_empty() => Status::Empty,
        ([], false) => Status::Behind { pending },
        (unknown, true) => Status::Ahead {
            unknown: unknown.iter().map(|record| record.revision.clone()).collect(),
        },
        ([first, ..], false) => {
            Status::Diverged(Divergence::Unknown { record: Box::new((*first).clone()) })
        }
    }
}

#[cfg(test)]
mod tests;
