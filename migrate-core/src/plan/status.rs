//! Compares a chain with a database: at head, behind, ahead, diverged or empty.

mod half_done;

use std::collections::HashMap;
use std::fmt;

pub use self::half_done::HalfDone;
pub(crate) use self::half_done::run_again_help;
use crate::chain::chain::{Chain, Migration};
use crate::chain::digest::Digest;
use crate::chain::lockfile::LOCK_FILE;
use crate::chain::problem::list;
use crate::plan::direction::Direction;
use crate::plan::history::{History, Partial, Record};
use crate::syntax::source::printable;

/// The state of a database relative to a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// No revision was ever applied, or all were undone.
    Empty,
    /// Some revisions are applied, and some are pending.
    Behind {
        /// The pending revisions, in the order in which they would be applied.
        pending: Vec<String>,
    },
    /// Some revisions are not applied, and one of them may be half done, which the role may not
    /// read.
    BehindOrPartial {
        /// The revisions that are not applied, in the order in which they would be.
        pending: Vec<String>,
        /// The `GRANT` that the role needs to read it.
        grant: String,
    },
    /// Exactly the revisions of the chain are applied.
    AtHead,
    /// The whole chain is applied, and further revisions after it: a newer release has migrated the
    /// database.
    Ahead {
        /// The revisions that are not in the chain.
        unknown: Vec<String>,
    },
    /// A non-transactional revision is running, or has stopped before its end.
    Partial(HalfDone),
    /// The database contains something that this chain cannot have created.
    Diverged(Divergence),
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Status::Empty => write!(f, "empty: no revision is applied"),
            Status::Behind { pending } => write!(f, "behind: {} pending", are(pending)),
            Status::BehindOrPartial { pending, .. } => write!(
                f,
                "behind or partial: {} not applied, and this role may not read whether one is half done",
                are(pending)
            ),
            Status::AtHead => write!(f, "at head"),
            Status::Ahead { unknown } => write!(f, "ahead: {} not in this chain", are(unknown)),
            Status::Partial(partial) => write!(f, "partial: {partial}"),
            Status::Diverged(divergence) => write!(f, "diverged: {divergence}"),
        }
    }
}

/// The subject and verb of a sentence about these revisions.
pub(crate) fn are(revisions: &[String]) -> String {
    format!("{} {}", list(revisions), if revisions.len() == 1 { "is" } else { "are" })
}

/// Why a database cannot have been migrated by a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Divergence {
    /// A revision was applied with another text, or after other revisions.
    Digest {
        /// The record in the database.
        record: Box<Record>,
        /// Its chain digest in this chain.
        expected: Digest,
        /// Whether the upgrade itself is the same, so that an ancestor differs.
        same_upgrade: bool,
        /// Whether the lock file pins it, so that deployed databases have run it.
        pinned: bool,
    },
    /// A revision is applied that is not in this chain, while some revisions of the chain are not
    /// applied.
    Unknown {
        /// The record in the database.
        record: Box<Record>,
    },
    /// A revision is applied, but not its parent.
    Gap {
        /// The record in the database.
        record: Box<Record>,
        /// The parent that is not applied.
        parent: String,
    },
}

impl Divergence {
    /// The record of the revision in the database.
    pub fn record(&self) -> &Record {
        match self {
            Divergence::Digest { record, .. }
            | Divergence::Unknown { record }
            | Divergence::Gap { record, .. } => record,
        }
    }

    /// What to do about it. A revision that is not deployed can be undone and applied again.
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
            Divergence::Digest { pinned: false, record, .. } if record.down.is_none() => {
                "it can't be undone: restore its file as it was; or undo it by hand, and record the revision below it: \
                 `migrate stamp REVISION`"
                    .into()
            }
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
            Divergence::Gap { record, parent } => write!(
                f,
                "revision `{}` ({}) is applied, but its parent `{parent}` is not",
                record.revision,
                applied(record),
            ),
        }
    }
}

/// The applied revisions whose text or parents differ from the chain. Their descendants are not
/// included: their chain digests differ as well, but they were not edited.
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

/// Compares a chain with the history of a database.
pub fn status(chain: &Chain<'_>, history: &History) -> Status {
    match (standing(chain, history), half_done(chain, history)) {
        // While a revision is half undone, it is unknown whether the rest of the history is wrong.
        (Status::Diverged(_), Some(partial)) if partial.direction == Direction::Down => {
            Status::Partial(partial)
        }
        (Status::Diverged(divergence), _) => Status::Diverged(divergence),
        (_, Some(partial)) => Status::Partial(partial),
        (status, None) => match &history.partials_need {
            Some(grant) => unless_half_done(chain, status, grant),
            None => status,
        },
    }
}

/// The status for a role that may not read whether a revision is half done.
fn unless_half_done(chain: &Chain<'_>, status: Status, grant: &str) -> Status {
    let pending = match status {
        Status::Behind { pending } => pending,
        Status::Empty => {
            chain.migrations().iter().map(|migration| migration.id.to_string()).collect()
        }
        status => return status,
    };
    Status::BehindOrPartial { pending, grant: grant.to_owned() }
}

/// The half done revision, if there is one: a half applied revision of this chain, or a half undone
/// one of any chain. What a newer release has half applied does not concern an older one.
pub(crate) fn half_done(chain: &Chain<'_>, history: &History) -> Option<HalfDone> {
    let concerns = |partial: &&Partial| match partial.direction {
        Direction::Up => chain.get(&partial.revision).is_some() && is_open(history, partial),
        Direction::Down => true,
    };
    if let Some(partial) = history.partials.iter().find(concerns) {
        return Some(HalfDone::new(chain, partial));
    }
    let revision = history.undoing.clone()?;
    Some(HalfDone {
        revision,
        direction: Direction::Down,
        done: None,
        total: None,
        in_doubt: false,
        is_unknowable: false,
        is_running: false,
    })
}

/// Whether a stopped upgrade has not been recorded since, as applied by hand or by another tool.
fn is_open(history: &History, partial: &Partial) -> bool {
    partial.direction == Direction::Up && history.get(&partial.revision).is_none()
}

/// The half done upgrade of a revision that this chain does not have, if there is one.
pub fn half_done_elsewhere(chain: &Chain<'_>, history: &History) -> Option<HalfDone> {
    let is_elsewhere = |one: &&Partial| is_open(history, one) && chain.get(&one.revision).is_none();
    history.partials.iter().find(is_elsewhere).map(|partial| HalfDone::new(chain, partial))
}

/// The half done upgrade that would lose an ancestor if these revisions were not applied. The
/// ancestors of a revision that is not in the chain are unknown.
pub(crate) fn half_done_above(
    chain: &Chain<'_>,
    history: &History,
    is_missing: impl Fn(&str) -> bool,
) -> Option<HalfDone> {
    let stands_on_missing = |partial: &&Partial| {
        let lineage = chain.lineage(&partial.revision);
        let below = chain.migrations().iter().zip(lineage).filter(|(_, is_below)| *is_below);
        let mut below = below.map(|(migration, _)| migration.id.as_str());
        chain.get(&partial.revision).is_none() || below.any(&is_missing)
    };
    let open = history.partials.iter().filter(|partial| is_open(history, partial));
    let found = open.into_iter().find(stands_on_missing)?;
    Some(HalfDone::new(chain, found))
}

/// The status without regard to half done revisions, for a stopped downgrade that is about to
/// continue.
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
