//! What the engine decides on a history: the plan, and how it begins.

use std::time::Duration;

use super::reading::Partials;
use super::{Ask, Engine, State};
use crate::plan::direction::Direction;
use crate::plan::history::History;
use crate::plan::plan_error::PlanError;
use crate::plan::planner::{self};
use crate::plan::stamp::{Stamp, adopt, stamp};
use crate::plan::status::{HalfDone, Status, half_done_above, status};
use crate::plan::step::Plan;
use crate::plan::target::Target;
use crate::runner::error::Error;
use crate::runner::operation::Goal;
use crate::runner::sql::{self, layout};

/// Whether a run turns in a circle: the history is another inside a transaction than it is read.
/// A view, or a trigger, can make it so.
#[derive(Debug, Default)]
pub(super) struct Standstill {
    /// The history that was decided on last: whether it is there, its layout, length and end.
    seen: Option<(bool, u32, usize, Option<String>)>,
    has_moved: bool,
    times: u32,
}

impl Standstill {
    /// How often another runner may have done something and undone it meanwhile.
    const MOST: u32 = 20;

    /// The server says that the history is not the one that was decided on.
    pub(super) fn has_moved(&mut self) {
        self.has_moved = true;
    }
}

impl<'r> Engine<'r> {
    fn stands_still(&mut self) -> bool {
        let last = self.history.last().map(|record| record.revision.clone());
        let seen = Some((self.has_tables, self.layout, self.history.records.len(), last));
        let Standstill { seen: before, has_moved, times } = &mut self.standstill;
        let is_same = std::mem::take(has_moved) && *before == seen;
        *times = if is_same { *times + 1 } else { 0 };
        *before = seen;
        *times >= Standstill::MOST
    }

    /// Plans from the history just read.
    pub(super) fn decide(&mut self, now: Duration) -> Result<Ask, Error> {
        if self.stands_still() {
            let reason = "the server says that it has changed, and it reads as before".to_owned();
            return Err(Error::UnrecognizedTable { table: self.tables.history.clone(), reason });
        }
        if self.planned {
            self.count_again();
        }
        if self.is_to_forget() {
            let query = sql::stamp::forget_progress(&self.tables, &self.history);
            return Ok(self.ask(State::Forgetting, query));
        }
        let plan = match &self.goal {
            Goal::Verify if self.partials == Partials::NotYet && !self.is_whole() => {
                self.partials = Partials::Asked;
                return Ok(self.read());
            }
            Goal::Read
            | Goal::Verify
            | Goal::Log
            | Goal::Tables
            | Goal::Forget
            | Goal::LockHolder => {
                return Ok(Ask::Done);
            }
            Goal::Upgrade(target) => planner::upgrade(self.chain, &self.history, target),
            Goal::Downgrade(target) => planner::downgrade(self.chain, &self.history, target),
            Goal::Apply => self.rest_of_given(),
            Goal::Stamp(..) if !self.is_ready()? => return self.make_ready(),
            Goal::Stamp(target, purge) => {
                return match stamp(self.chain, &self.history, target, *purge) {
                    Err(PlanError::HalfDone(half_done)) => self.half_done(half_done, now),
                    stamp => Ok(self.record(stamp?, false)),
                };
            }
            Goal::Adopt(revisions) => {
                let stamp = adopt(self.chain, &self.history, revisions)?;
                return match stamp.insert.is_empty() {
                    true => Ok(Ask::Done),
                    false if !self.is_ready()? => self.make_ready(),
                    false => Ok(self.record(stamp, true)),
                };
            }
        };
        self.plan = match plan {
            // Another runner has gone further meanwhile: what was asked for is done.
            Err(PlanError::NotAhead { .. } | PlanError::NotBehind { .. }) if self.planned => {
                return Ok(Ask::Done);
            }
            Err(PlanError::HalfDone(half_done)) => return self.half_done(half_done, now),
            plan => plan?,
        };
        self.pin();
        if self.settings.refuse_ahead && !self.plan.ahead.is_empty() {
            return Err(PlanError::Ahead { unknown: self.plan.ahead.clone() }.into());
        }
        if self.settings.single_transaction {
            self.plan.one_transaction()?;
        }
        self.report.ahead.clone_from(&self.plan.ahead);
        if self.plan.steps.is_empty() {
            self.is_at_head = self.goal == Goal::Upgrade(Target::Head);
            return Ok(Ask::Done);
        }
        // It decides where a string ends, and with it where a statement does.
        if self.old_strings {
            return Err(Error::NonConformingStrings);
        }
        if !self.is_ready()? {
            return self.make_ready();
        }
        self.send(now)
    }

    /// Whether the whole chain is applied, as far as the history tells.
    fn is_whole(&self) -> bool {
        matches!(status(self.chain, &self.history), Status::AtHead | Status::Ahead { .. })
    }

    /// What is left of the plan that was given, if the database is where that begins.
    fn rest_of_given(&self) -> Result<Plan<'r>, PlanError> {
        let steps = self.given.steps.get(self.report.done.len()..).unwrap_or_default();
        let rest = Plan { steps: steps.to_vec(), ahead: self.given.ahead.clone() };
        let Some(first) = rest.steps.first() else { return Ok(rest) };
        let last = self.history.last().map(|record| record.revision.as_str());
        if first.count != self.history.records.len() || first.last.as_deref() != last {
            return Err(PlanError::Changed);
        }
        let is_undone = |id: &str| {
            let undone = rest.steps.iter().filter(|step| step.direction == Direction::Down);
            undone.into_iter().any(|step| step.migration.id.as_str() == id)
        };
        match half_done_above(self.chain, &self.history, is_undone) {
            Some(half_done) if first.direction == Direction::Down => {
                Err(PlanError::HalfDone(half_done))
            }
            _ => Ok(rest),
        }
    }

    /// Whether there is progress to forget, and nobody who makes it.
    fn is_to_forget(&self) -> bool {
        let History { partials, undoing, .. } = &self.history;
        let is_any = !partials.is_empty() || undoing.is_some();
        let is_running = partials.iter().any(|partial| partial.is_running);
        let is_read = matches!(self.goal, Goal::Read | Goal::Verify | Goal::Log);
        self.settings.forget_progress && is_any && !is_running && !is_read
    }

    /// A half done revision is in the way. Whoever makes it is waited for; and between two looks it may have been
    /// finished, so that it has to be there twice.
    fn half_done(&mut self, half_done: HalfDone, now: Duration) -> Result<Ask, Error> {
        if half_done.is_running {
            self.refused_for = None;
            return self.wait(now);
        }
        if self.refused_for.as_ref() == Some(&half_done) {
            return Err(PlanError::HalfDone(half_done).into());
        }
        self.refused_for = Some(half_done);
        Ok(self.read())
    }

    /// Makes the history what a stamp says.
    fn record(&mut self, stamp: Stamp<'_>, adopts: bool) -> Ask {
        let query = sql::stamp::stamp(&self.tables, &stamp, &self.history, adopts);
        let ids = stamp.insert.iter().map(|migration| migration.id.to_string());
        self.report.stamped = ids.collect();
        self.report.unstamped = stamp.remove;
        self.ask(State::Stamping, query)
    }

    /// Whether the tables are there and as this program writes them.
    fn is_ready(&self) -> Result<bool, Error> {
        if self.in_transaction {
            return Err(Error::InTransaction);
        }
        let (found, known) = (self.layout, layout::VERSION);
        if self.has_tables && found > known {
            return Err(Error::NewerLayout { found, known });
        }
        Ok(self.has_tables && found == known && self.tables_found.missing.is_empty())
    }

    fn make_ready(&mut self) -> Result<Ask, Error> {
        if !self.has_tables {
            return self.make_tables();
        }
        if !self.tables_found.missing.is_empty() {
            return self.repair();
        }
        let query = layout::upgrade(&self.tables, self.layout);
        Ok(self.ask(State::UpgradingLayout, query))
    }

    /// Keeps what a goal that counts from where the database is (`+1`) has come to: a plan that is
    /// made again must not count again.
    fn pin(&mut self) {
        self.planned = true;
        let counts = matches!(
            self.goal,
            Goal::Upgrade(Target::Relative(_)) | Goal::Downgrade(Target::Relative(_))
        );
        if self.pinned.is_empty() && counts {
            let ids = self.plan.steps.iter().map(|step| step.migration.id.to_string());
            self.pinned = ids.collect();
        }
    }

    /// Counts again for a plan that is made again: what is left of what was counted first, whether
    /// this runner or another has done the rest.
    fn count_again(&mut self) {
        let applied = |id: &&String| self.history.get(id).is_some();
        let left = match self.goal {
            Goal::Upgrade(Target::Relative(_)) => {
                self.pinned.iter().filter(|id| !applied(id)).count()
            }
            Goal::Downgrade(Target::Relative(_)) => self.pinned.iter().filter(applied).count(),
            _ => return,
        };
        let left = i64::try_from(left).unwrap_or(i64::MAX);
        match &mut self.goal {
            Goal::Upgrade(target) => *target = Target::Relative(left),
            Goal::Downgrade(target) => *target = Target::Relative(-left),
            _ => {}
        }
    }
}
