//! Plans a redo: down by the downgrade recorded in the database, then up by the current file.

use super::{Plan, PlanError, back, downgrade, known, steps_up};
use crate::chain::chain::{Chain, Migration};
use crate::plan::history::History;
use crate::plan::status::{HalfDone, status};
use crate::plan::target::{self, Target};

/// A redo: a downgrade followed by upgrades.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redo<'c> {
    /// The revisions that are undone.
    pub down: Plan<'c>,
    /// The revisions that are applied afterwards: the same ones, and their current ancestors.
    pub up: Plan<'c>,
    /// The target of the downgrade.
    pub back: Target,
    /// The targets of the upgrades, in sequence: one, unless the chain has branches.
    pub forward: Vec<Target>,
}

/// Plans to undo a revision and all revisions applied after it, and to apply them again in the
/// chain's current form. Without a name, it is the revision that was applied last. The history must
/// have been read with the stored downgrades.
///
/// # Errors
///
/// If the revision is not applied, if one of the revisions to undo cannot be undone or is not in
/// the chain, or if the remaining ones have diverged from the chain.
pub fn redo<'c>(
    chain: &'c Chain<'static>,
    history: &History,
    revision: Option<&str>,
) -> Result<Redo<'c>, PlanError> {
    let at = match revision {
        None if history.records.is_empty() => return Err(PlanError::NothingToRedo),
        None => history.records.len() - 1,
        Some(id) => place(chain, history, id)?,
    };
    let below = |at: usize| match at.checked_sub(1) {
        Some(at) => history.records[at].revision.clone(),
        None => "base".to_owned(),
    };
    let undone = &history.records[at..];
    let is_unknown = |id: &str| chain.get(id).is_none();
    if let Some(nth) = undone.iter().position(|record| is_unknown(&record.revision)) {
        let revision = undone[nth].revision.clone();
        return Err(PlanError::NotReapplied { revision, below: below(at + nth) });
    }
    // A name has the same meaning even if another session migrates in the meantime; a number of
    // steps does not.
    let named = match at.checked_sub(1) {
        None => Some(Target::Base),
        Some(last) => {
            let last = &history.records[last].revision;
            let lineage = history.lineage(last);
            lineage[..at].iter().all(|kept| *kept).then(|| Target::revision(last))
        }
    };
    let count = i64::try_from(undone.len()).unwrap_or(i64::MAX);
    let back = named.unwrap_or(Target::Relative(-count));
    let down = downgrade(chain, history, &back)?;
    let mut after = history.clone().without_progress();
    after.records.truncate(at);
    let ahead = known(status(chain, &after))?;

    let is_undone = |id: &str| undone.iter().any(|record| record.revision == id);
    let mut covered = vec![false; chain.len()];
    let mut tips: Vec<&'c Migration<'static>> = Vec::new();
    for (at, migration) in chain.migrations().iter().enumerate().rev() {
        if !covered[at] && is_undone(migration.id.as_str()) {
            tips.push(migration);
            let lineage = chain.lineage(migration.id.as_str());
            covered.iter_mut().zip(lineage).for_each(|(covered, found)| *covered |= found);
        }
    }
    tips.reverse();
    let mut wanted: Vec<&'c Migration<'static>> = Vec::new();
    for tip in &tips {
        let lineage = chain.migrations().iter().zip(chain.lineage(tip.id.as_str()));
        for (migration, _) in lineage.filter(|(_, is_in)| *is_in) {
            let id = migration.id.as_str();
            if after.get(id).is_none() && !wanted.iter().any(|it| it.id.as_str() == id) {
                wanted.push(migration);
            }
        }
    }
    let up = Plan { steps: steps_up(&after, wanted), ahead };
    let forward = tips.iter().map(|tip| Target::revision(tip.id.as_str())).collect();
    Ok(Redo { down, up, back, forward })
}

/// The index among the applied revisions of one named by its id or a prefix.
fn place(chain: &Chain<'_>, history: &History, id: &str) -> Result<usize, PlanError> {
    if let Some(at) = back::find(history, id) {
        return Ok(at);
    }
    let at = target::find(chain, id)?;
    let revision = chain.migrations()[at].id.to_string();
    let found = history.records.iter().position(|record| record.revision == revision);
    let half_done = history.partials.iter().find(|partial| partial.revision == revision);
    match (found, half_done) {
        (Some(at), _) => Ok(at),
        (None, Some(partial)) => Err(PlanError::HalfDone(HalfDone::new(chain, partial))),
        (None, None) => Err(PlanError::NotApplied { revision }),
    }
}
