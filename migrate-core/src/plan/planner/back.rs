//! Decides which revisions a downgrade keeps, and which downgrade text undoes the others.

use std::borrow::Cow;

use super::PlanError;
use crate::chain::chain::{Chain, Migration};
use crate::plan::history::{History, Record};
use crate::plan::recorded_downgrade;
use crate::plan::target::{self, Target};

/// For each record, whether it is kept. A target is resolved by the chain, or, if the recorded
/// downgrades were read, by the history.
pub(super) fn kept(
    chain: &Chain<'static>,
    history: &History,
    target: &Target,
) -> Result<Vec<bool>, PlanError> {
    let none = || vec![false; history.records.len()];
    let not_behind = || PlanError::NotBehind {
        target: target.to_string(),
        current: history.last().map(|record| record.revision.clone()),
    };
    match target {
        Target::Base => Ok(none()),
        // Undoes what a newer release has applied.
        Target::Head => {
            let head = chain.head().id.as_str();
            history.get(head).ok_or_else(not_behind)?;
            Ok(history.lineage(head))
        }
        Target::Relative(offset) => {
            let back = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
            if *offset > 0 {
                return Err(not_behind());
            }
            if back > 0 && history.records.is_empty() {
                return Err(PlanError::NothingApplied);
            }
            let kept = history.records.len().checked_sub(back);
            let kept = kept.ok_or_else(|| PlanError::OutOfChain { target: target.to_string() })?;
            Ok((0..history.records.len()).map(|at| at < kept).collect())
        }
        // A recorded revision can be the target of a downgrade.
        Target::Revision { id, offset: 0 }
            if history.get(id).is_some_and(|record| record.stored.is_some()) =>
        {
            Ok(history.lineage(id))
        }
        Target::Revision { id, offset } => {
            let found = target::find_from(chain, id, *offset);
            if let Ok(None) = found {
                return Ok(none());
            }
            if let Ok(Some(at)) = found {
                let id = chain.migrations()[at].id.as_str();
                if history.get(id).is_some() {
                    return Ok(history.lineage(id));
                }
            }
            match by_history(history, id, *offset) {
                Some(0) => Ok(none()),
                Some(count) => Ok(history.lineage(&history.records[count - 1].revision)),
                None => Err(found.err().unwrap_or_else(not_behind)),
            }
        }
    }
}

/// The number of revisions applied up to the one with this name in the history, plus the offset.
/// For revisions that are undone by the chain's own text, only names in the chain count.
fn by_history(history: &History, id: &str, offset: i64) -> Option<usize> {
    let at = find(history, id).filter(|at| history.records[*at].stored.is_some())?;
    let count = i64::try_from(at + 1).ok()?.checked_add(offset)?;
    usize::try_from(count).ok().filter(|count| *count <= history.records.len())
}

/// The record of a revision, by its id or a prefix.
pub(super) fn find(history: &History, id: &str) -> Option<usize> {
    let is_it = |record: &Record| record.revision == id;
    if let Some(at) = history.records.iter().position(is_it) {
        return Some(at);
    }
    let begins = |(_, record): &(usize, &Record)| record.revision.starts_with(id);
    let mut found = history.records.iter().enumerate().filter(begins);
    match (found.next(), found.next()) {
        (Some((at, _)), None) => Some(at),
        _ => None,
    }
}

/// The revision with the downgrade that matches what ran: that of the chain, if the revision was
/// applied in the chain's form, and otherwise the recorded one.
pub(super) fn undone_by<'c>(
    chain: &'c Chain<'static>,
    record: &Record,
) -> Result<Cow<'c, Migration<'static>>, PlanError> {
    let revision = || record.revision.clone();
    match (chain.get(&record.revision), &record.stored) {
        (Some(migration), _) if migration.digests.chain == record.chain => {
            Ok(Cow::Borrowed(migration))
        }
        (known, Some(stored)) => {
            let mut migration =
                recorded_downgrade::migration(record, stored).map_err(|reason| {
                    PlanError::RecordedDowngradeInvalid { revision: revision(), reason }
                })?;
            if let Some(known) = known {
                migration.message = known.message.clone();
            }
            Ok(Cow::Owned(migration))
        }
        (_, None) => Err(PlanError::UnknownApplied { revision: revision() }),
    }
}
