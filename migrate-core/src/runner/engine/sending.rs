//! What the engine sends of a plan, message by message and part by part, and how a run ends.

use std::time::Duration;

use super::rows::{duration, tagged};
use super::{Engine, Output, State};
use crate::plan::history::Row;
use crate::plan::step::Step;
use crate::plan::target::Target;
use crate::runner::batch::{Batch, BatchContext, StatementRef};
use crate::runner::error::Error;
use crate::runner::failure::Failure;
use crate::runner::observer::RunObserver;
use crate::runner::operation::Operation;
use crate::runner::report::{Done, Event, Report};
use crate::runner::sql::tag;

/// How messages are made.
#[derive(Debug)]
pub(super) struct Batching {
    /// Off after a migration took a role that may not note its progress.
    pub(super) tracks_progress: bool,
    /// The number of the next marker. It begins anywhere, so that a marker that the session has kept from another run is
    /// not taken for one of this.
    pub(super) next_marker: u64,
    /// How many steps the next message has at most.
    pub(super) max_steps: usize,
}

impl Batching {
    pub(super) fn new(seed: u64) -> Self {
        Batching {
            tracks_progress: true,
            next_marker: ((seed >> 24) << 20) + 1,
            max_steps: usize::MAX,
        }
    }
}

impl Engine<'_> {
    /// Sends the next steps of the plan, if there are any.
    pub(super) fn send(&mut self, now: Duration) -> Result<Output, Error> {
        let total = self.report.done.len() + self.plan.steps.len();
        let Some(first) = self.plan.steps.first().cloned() else {
            self.is_at_head = self.operation == Operation::Upgrade(Target::Head);
            return Ok(Output::Done);
        };
        if self.watch.stops() {
            return Err(self.stopped_between());
        }
        if !first.is_transactional() {
            self.started(&first, 1, total);
            return Ok(self.begin_outside(&first, now));
        }
        let most =
            std::mem::replace(&mut self.batching.max_steps, usize::MAX).min(self.plan.steps.len());
        let (tables, settings, session) = (&self.tables, self.settings, &self.seen.session);
        let (first_marker, tracks_progress, defers) =
            (self.batching.next_marker, self.batching.tracks_progress, self.seen.may_defer);
        let half_done: Vec<&str> = self.seen.history.half_done().collect();
        let half_done = half_done.as_slice();
        let context = BatchContext {
            tables,
            settings,
            session,
            first_marker,
            tracks_progress,
            defers,
            half_done,
        };
        let mut message = Batch::new(&self.plan.steps[..most], context);
        self.batching.next_marker = message.next_marker();
        for (nth, step) in self.plan.steps[..message.steps].iter().enumerate() {
            self.started(step, nth + 1, total);
        }
        let query = message.next_part().unwrap_or_default();
        Ok(self.send_part(message, query))
    }

    fn send_part(&mut self, message: Batch, query: String) -> Output {
        match message.tells() {
            true => self.ask(State::Running(message), query),
            false => self.ask_for_no_rows(State::Running(message), query),
        }
    }

    pub(super) fn ask(&mut self, state: State, query: String) -> Output {
        self.state = state;
        self.report.round_trips += 1;
        Output::Query(query)
    }

    /// The same where none of the rows is ours: a migration may return a million.
    pub(super) fn ask_for_no_rows(&mut self, state: State, query: String) -> Output {
        self.state = state;
        self.report.round_trips += 1;
        Output::Run(query)
    }

    /// Tells that a step begins, the so-and-so many-th of those left.
    fn started(&self, step: &Step<'_>, nth: usize, total: usize) {
        let number = self.report.done.len() + nth;
        let revision = step.migration.id.as_str();
        self.watch.tell(&Event::Started { direction: step.direction, revision, number, total });
    }

    /// The part of a message that was sent is done; after the last one, all its steps are committed.
    pub(super) fn answered(
        &mut self,
        mut message: Batch,
        rows: &[Row],
        now: Duration,
    ) -> Result<Output, Error> {
        message.answers.extend(tagged(rows, tag::DONE).cloned());
        if let Some(query) = message.next_part() {
            if self.watch.stops() {
                return Ok(self.ask(State::Stopping, "ROLLBACK".to_owned()));
            }
            if let Some(statement_ref) = message.alone() {
                let step = &self.plan.steps[statement_ref.step];
                let StatementRef { number, total, .. } = statement_ref;
                let revision = step.migration.id.as_str();
                self.watch.tell(&Event::Statement { revision, number, total });
            }
            return Ok(self.send_part(message, query));
        }
        for step in self.plan.steps.drain(..message.steps) {
            let duration = duration(&message.answers, &step).unwrap_or_default();
            done(&mut self.report, &self.watch, &step, duration);
        }
        self.waiting.attempts = 0;
        self.waiting.since = None;
        self.send(now)
    }

    /// The revision that runs, if it is one alone.
    pub(super) fn running(&self) -> Option<String> {
        let step = match &self.state {
            State::Running(message) if message.steps == 1 => 0,
            State::Running(message) => message.alone()?.step,
            State::NonTransactional(_) => 0,
            _ => return None,
        };
        Some(self.plan.steps.get(step)?.migration.id.to_string())
    }

    /// The end of a run whose session has ended, during this message if it was one of the plan's.
    pub(super) fn lost_in(&self, message: Option<&Batch>, failure: Failure) -> Error {
        let step = message.filter(|message| message.steps == 1).and(self.plan.steps.first());
        self.lost(step, failure)
    }

    /// The same during this step, if it was one alone.
    pub(super) fn lost(&self, step: Option<&Step<'_>>, failure: Failure) -> Error {
        if failure.ended_by().is_none() {
            return Error::server("running migrations", failure);
        }
        Error::Ended {
            revision: step.map(|step| (step.direction, step.migration.id.to_string())),
            rolled_back: step.is_none_or(Step::is_transactional),
            failure: Box::new(failure),
        }
    }

    /// The end of a run that was told to stop while no revision was under way.
    pub(super) fn stopped_between(&mut self) -> Error {
        self.plan.steps.clear();
        self.stopped(0, false)
    }

    /// The end of a run that was told to stop; so many statements of the step under way stay done, or it was rolled back.
    pub(super) fn stopped(&mut self, statements: usize, rolled_back: bool) -> Error {
        Error::Stopped {
            notes: Vec::new(),
            revision: self.plan.steps.first().map(|step| step.migration.id.to_string()),
            statements,
            rolled_back,
            done: std::mem::take(&mut self.report.done),
        }
    }
}

pub(super) fn done(
    report: &mut Report,
    watch: &RunObserver<'_>,
    step: &Step<'_>,
    duration: Duration,
) {
    let (direction, revision) = (step.direction, step.migration.id.as_str());
    watch.tell(&Event::Finished { direction, revision, duration });
    report.done.push(Done { direction, revision: revision.to_owned(), duration });
}
