//! What the engine decides on a history: the plan, and how it begins.

use std::time::Duration;

use super::reading::Partials;
use super::{Engine, Output, State};
use crate::plan::direction::Direction;
use crate::plan::history::History;
use crate::plan::plan_error::PlanError;
use crate::plan::planner::{self};
use crate::plan::stamp::{Stamp, adopt, stamp};
use crate::plan::status::{HalfDone, Status, half_done_above, status};
use crate::plan::step::Plan;
use crate::plan::target::Target;
use crate::runner::error::Error;
use crate::runner::operation::Operation;
use crate::runner::sql::{self, layout};

/// Whether a run turns in a circle: the history is another inside a transaction than it is read.
/// A view, or a trigger, can make it so.
#[derive(Debug, Default)]
pub(super) struct LivelockDetector {
    /// The history that was decided on last: whether it is there, its layout, length and end.
    seen: Option<(bool, u32, usize, Option<String>)>,
    history_changed: bool,
    times: u32,
}

impl LivelockDetector {
    /// How often another runner may have done something and undone it meanwhile.
    const MOST: u32 = 20;

    /// The server says that the history is not the one that was decided on.
    pub(super) fn history_changed(&mut self) {
        self.history_changed = true;
    }
}

/// What an operation comes to with a history.
enum Planned<'r> {
    Nothing,
    Run(Plan<'r>),
    /// Changes to the history alone, and whether another tool's history is adopted by them.
    Record(Stamp<'r>, bool),
}

/// What a run remembers of the plans that it has made.
#[derive(Debug, Default)]
pub(super) struct Planning {
    /// Whether a plan was made before in this run.
    pub(super) has_planned: bool,
    pub(super) livelock: LivelockDetector,
    /// The revisions that an operation which counts (`+1`) has come to.
    counted: Vec<String>,
    /// The half done revision that the run was about to be refused for, when it was read last.
    refused_for: Option<HalfDone>,
}

impl<'r> Engine<'r> {
    fn is_livelocked(&mut self) -> bool {
        let last = self.seen.history.last().map(|record| record.revision.clone());
        let seen =
            Some((self.seen.has_tables, self.seen.layout, self.seen.history.records.len(), last));
        let LivelockDetector { seen: before, history_changed, times } = &mut self.planning.livelock;
        let is_same = std::mem::take(history_changed) && *before == seen;
        *times = if is_same { *times + 1 } else { 0 };
        *before = seen;
        *times >= LivelockDetector::MOST
    }

    /// Plans from the history just read.
    pub(super) fn decide(&mut self, now: Duration) -> Result<Output, Error> {
        if self.is_livelocked() {
            let reason = "the server says that it has changed, and it reads as before".to_owned();
            return Err(Error::UnrecognizedTable { table: self.tables.history.clone(), reason });
        }
        if self.planning.has_planned {
            self.count_again();
        }
        if self.is_to_forget() {
            // What can't be done without the progress forgets nothing.
            let planned = self.planned(&self.seen.history.clone().without_progress())?;
            if let Planned::Run(plan) = planned {
                self.is_allowed(&plan)?;
                self.is_ready()?;
            }
            let query = sql::stamp::forget_progress(&self.tables, &self.seen.history);
            return Ok(self.ask(State::Forgetting, query));
        }
        if self.operation == Operation::Verify
            && self.seen.partials == Partials::NotYet
            && !self.is_whole()
        {
            self.seen.partials = Partials::Asked;
            return Ok(self.read());
        }
        match self.planned(&self.seen.history) {
            Ok(Planned::Nothing) => Ok(Output::Done),
            Ok(Planned::Record(..)) if !self.is_ready()? => self.make_ready(),
            Ok(Planned::Record(stamp, adopts)) => Ok(self.record(stamp, adopts)),
            Ok(Planned::Run(plan)) => self.run(plan, now),
            // Another runner has gone further meanwhile: what was asked for is done.
            Err(PlanError::NotAhead { .. } | PlanError::NotBehind { .. })
                if self.planning.has_planned =>
            {
                Ok(Output::Done)
            }
            Err(PlanError::HalfDone(half_done)) => self.half_done(half_done, now),
            Err(error) => Err(error.into()),
        }
    }

    /// What the operation comes to with this history.
    fn planned(&self, history: &History) -> Result<Planned<'r>, PlanError> {
        Ok(match &self.operation {
            Operation::Read
            | Operation::Verify
            | Operation::Log
            | Operation::Tables
            | Operation::Forget
            | Operation::LockHolder => Planned::Nothing,
            Operation::Upgrade(target) => {
                Planned::Run(planner::upgrade(self.chain, history, target)?)
            }
            Operation::Downgrade(target) => {
                Planned::Run(planner::downgrade(self.chain, history, target)?)
            }
            Operation::Apply => Planned::Run(self.rest_of_given(history)?),
            Operation::Stamp(target, purge) => {
                Planned::Record(stamp(self.chain, history, target, *purge)?, false)
            }
            Operation::Adopt(revisions) => {
                let stamp = adopt(self.chain, history, revisions)?;
                if stamp.insert.is_empty() {
                    Planned::Nothing
                } else {
                    Planned::Record(stamp, true)
                }
            }
        })
    }

    /// Begins to run a plan.
    fn run(&mut self, plan: Plan<'r>, now: Duration) -> Result<Output, Error> {
        self.plan = plan;
        self.remember_count();
        self.is_allowed(&self.plan)?;
        self.report.ahead.clone_from(&self.plan.ahead);
        if self.plan.steps.is_empty() {
            self.is_at_head = self.operation == Operation::Upgrade(Target::Head);
            return Ok(Output::Done);
        }
        if !self.is_ready()? {
            return self.make_ready();
        }
        self.send(now)
    }

    /// Whether the settings and the session allow a plan.
    fn is_allowed(&self, plan: &Plan<'_>) -> Result<(), Error> {
        if self.settings.refuse_ahead && !plan.ahead.is_empty() {
            return Err(PlanError::Ahead { unknown: plan.ahead.clone() }.into());
        }
        if self.settings.single_transaction {
            plan.one_transaction()?;
        }
        // It decides where a string ends, and with it where a statement does.
        match self.seen.non_conforming_strings && !plan.steps.is_empty() {
            true => Err(Error::NonConformingStrings),
            false => Ok(()),
        }
    }

    /// Whether the whole chain is applied, as far as the history tells.
    fn is_whole(&self) -> bool {
        matches!(status(self.chain, &self.seen.history), Status::AtHead | Status::Ahead { .. })
    }

    /// What is left of the plan that was given, if the database is where that begins.
    fn rest_of_given(&self, history: &History) -> Result<Plan<'r>, PlanError> {
        let steps = self.given.steps.get(self.report.done.len()..).unwrap_or_default();
        let rest = Plan { steps: steps.to_vec(), ahead: self.given.ahead.clone() };
        let Some(first) = rest.steps.first() else { return Ok(rest) };
        let last = history.last().map(|record| record.revision.as_str());
        if first.count != history.records.len() || first.last.as_deref() != last {
            return Err(PlanError::Changed);
        }
        let is_undone = |id: &str| {
            let undone = rest.steps.iter().filter(|step| step.direction == Direction::Down);
            undone.into_iter().any(|step| step.migration.id.as_str() == id)
        };
        match half_done_above(self.chain, history, is_undone) {
            Some(half_done) if first.direction == Direction::Down => {
                Err(PlanError::HalfDone(half_done))
            }
            _ => Ok(rest),
        }
    }

    /// Whether there is progress to forget, and nobody who makes it.
    fn is_to_forget(&self) -> bool {
        let History { partials, undoing, .. } = &self.seen.history;
        let is_any = !partials.is_empty() || undoing.is_some();
        let is_running = partials.iter().any(|partial| partial.is_running);
        let is_read =
            matches!(self.operation, Operation::Read | Operation::Verify | Operation::Log);
        self.settings.forget_progress && is_any && !is_running && !is_read
    }

    /// A half done revision is in the way. Whoever makes it is waited for; and between two looks it may have been
    /// finished, so that it has to be there twice.
    fn half_done(&mut self, half_done: HalfDone, now: Duration) -> Result<Output, Error> {
        if half_done.is_running {
            self.planning.refused_for = None;
            return self.wait(now);
        }
        if self.planning.refused_for.as_ref() == Some(&half_done) {
            return Err(PlanError::HalfDone(half_done).into());
        }
        self.planning.refused_for = Some(half_done);
        Ok(self.read())
    }

    /// Makes the history what a stamp says.
    fn record(&mut self, stamp: Stamp<'_>, adopts: bool) -> Output {
        let query = sql::stamp::stamp(&self.tables, &stamp, &self.seen.history, adopts);
        let ids = stamp.insert.iter().map(|migration| migration.id.to_string());
        self.report.stamped = ids.collect();
        self.report.unstamped = stamp.remove;
        self.ask(State::Stamping, query)
    }

    /// Whether the tables are there and as this program writes them.
    fn is_ready(&self) -> Result<bool, Error> {
        if self.seen.in_transaction {
            return Err(Error::InTransaction);
        }
        let (found, known) = (self.seen.layout, layout::VERSION);
        if self.seen.has_tables && found > known {
            return Err(Error::NewerLayout { found, known });
        }
        Ok(self.seen.has_tables && found == known && self.seen.tables.missing.is_empty())
    }

    fn make_ready(&mut self) -> Result<Output, Error> {
        if !self.seen.has_tables {
            return self.make_tables();
        }
        if !self.seen.tables.missing.is_empty() {
            return self.repair();
        }
        let query = layout::upgrade(&self.tables, self.seen.layout);
        Ok(self.ask(State::UpgradingLayout, query))
    }

    /// Remembers what an operation that counts from where the database is (`+1`) has come to: a plan that is
    /// made again must not count again.
    fn remember_count(&mut self) {
        self.planning.has_planned = true;
        let counts = matches!(
            self.operation,
            Operation::Upgrade(Target::Relative(_)) | Operation::Downgrade(Target::Relative(_))
        );
        if self.planning.counted.is_empty() && counts {
            let ids = self.plan.steps.iter().map(|step| step.migration.id.to_string());
            self.planning.counted = ids.collect();
        }
    }

    /// Counts again for a plan that is made again: what is left of what was counted first, whether
    /// this runner or another has done the rest.
    fn count_again(&mut self) {
        let applied = |id: &&String| self.seen.history.get(id).is_some();
        let left = match self.operation {
            Operation::Upgrade(Target::Relative(_)) => {
                self.planning.counted.iter().filter(|id| !applied(id)).count()
            }
            Operation::Downgrade(Target::Relative(_)) => {
                self.planning.counted.iter().filter(applied).count()
            }
            _ => return,
        };
        let left = i64::try_from(left).unwrap_or(i64::MAX);
        match &mut self.operation {
            Operation::Upgrade(target) => *target = Target::Relative(left),
            Operation::Downgrade(target) => *target = Target::Relative(-left),
            _ => {}
        }
    }
}
