//! Plans which revisions run, in which direction and order. A plan is data; nothing runs here.

mod back;
mod redo;

use std::borrow::Cow;

pub use self::redo::{Redo, redo};
use crate::chain::chain::{Chain, Down, Migration};
use crate::plan::direction::Direction;
use crate::plan::history::{History, Partial};
use crate::plan::non_transactional::{digest_of, parts};
use crate::plan::plan_error::PlanError;
use crate::plan::status::{
    HalfDone, Status, half_done, half_done_above, half_done_elsewhere, standing,
};
use crate::plan::step::{Plan, Step};
use crate::plan::target::{self, Target};

/// Plans an upgrade.
///
/// # Errors
///
/// If the database has diverged, or if the target is not ahead of it.
pub fn upgrade<'c>(
    chain: &'c Chain<'static>,
    history: &History,
    target: &Target,
) -> Result<Plan<'c>, PlanError> {
    if let Some(half_done) = half_done(chain, history).filter(HalfDone::is_downgrade) {
        return Err(PlanError::HalfDone(half_done));
    }
    let ahead = known(standing(chain, history))?;
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
    if !steps.is_empty()
        && let Some(half_done) = half_done_elsewhere(chain, history)
    {
        return Err(PlanError::HalfDone(half_done));
    }
    fits_what_is_done(&steps, history)?;
    Ok(Plan { steps, ahead })
}

/// Checks that the completed statements of a half done revision are the first ones of its section.
fn fits_what_is_done(steps: &[Step<'_>], history: &History) -> Result<(), PlanError> {
    for step in steps {
        let id = step.migration.id.as_str();
        let is_it = |one: &&Partial| one.revision == id && one.direction == step.direction;
        let Some(partial) = history.partials.iter().find(is_it) else { continue };
        let text = match step.direction {
            Direction::Up => step.migration.up_sql(),
            Direction::Down => step.migration.down_sql().unwrap_or_default(),
        };
        let parts = parts(text);
        let before = parts.get(..partial.done).map(|parts| digest_of(text, parts));
        if step.is_transactional() || before.is_none() || before != partial.digest {
            return Err(PlanError::Interrupted {
                revision: id.to_owned(),
                direction: step.direction,
                done: partial.done,
                is_transactional: step.is_transactional(),
            });
        }
    }
    Ok(())
}

/// The steps that apply these revisions after those that are already applied.
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

/// Plans a downgrade, which undoes revisions in the reverse order of application. Revisions that
/// are missing from the chain, or that differ from it in their text or position, are undone by the
/// downgrade recorded in the history, if that was read.
///
/// # Errors
///
/// If the database has diverged and the recorded downgrades were not read, if the target is not
/// behind the database, or if a revision cannot be undone.
pub fn downgrade<'c>(
    chain: &'c Chain<'static>,
    history: &History,
    target: &Target,
) -> Result<Plan<'c>, PlanError> {
    match standing(chain, history) {
        // A revision that differs from the chain is undone by its recorded downgrade.
        Status::Diverged(divergence) if divergence.record().stored.is_some() => {}
        // A downgrade that has stopped before its end continues.
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
        // A revision applied after the one to undo can only stay in a chain with branches.
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
    let is_undone = |id: &str| steps.iter().any(|step: &Step<'_>| step.migration.id.as_str() == id);
    if !steps.is_empty()
        && let Some(half_done) = half_done_above(chain, history, is_undone)
    {
        return Err(PlanError::HalfDone(half_done));
    }
    fits_what_is_done(&steps, history)?;
    Ok(Plan { steps, ahead: Vec::new() })
}

fn not_ahead(target: &Target, history: &History) -> PlanError {
    let current = history.last().map_or("base", |record| &record.revision).to_owned();
    PlanError::NotAhead { target: target.to_string(), current }
}

/// The revisions that are not in the chain; an error if the database has diverged.
fn known(status: Status) -> Result<Vec<String>, PlanError> {
    match status {
        Status::Diverged(divergence) => Err(PlanError::Diverged(divergence)),
        Status::Ahead { unknown } => Ok(unknown),
        Status::Partial(half_done) => Err(PlanError::HalfDone(half_done)),
        Status::Empty | Status::Behind { .. } | Status::BehindOrPartial { .. } | Status::AtHead => {
            Ok(Vec::new())
        }
    }
}

#[cfg(test)]
mod tests;
