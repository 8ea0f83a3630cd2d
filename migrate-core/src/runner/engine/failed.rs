//! What the engine decides after a failed message.

use std::time::Duration;

use super::sending::done;
use super::{Engine, Output, State};
use crate::chain::chain::{Down, Migration};
use crate::plan::direction::Direction;
use crate::plan::history::History;
use crate::plan::step::Step;
use crate::runner::batch::{
    Batch, MAX_TRACKED, ProgressMarker, StatementRef, statements_of, text_of,
};
use crate::runner::error::{Aftermath, Error, StatementError};
use crate::runner::failure::Failure;
use crate::runner::operation::Operation;
use crate::runner::sql::{self, Tables, layout};
use crate::syntax::source::{Source, Span};

impl Engine<'_> {
    /// Leaves the failed transaction, if there still is a connection to do it on.
    pub(super) fn recover(
        &mut self,
        message: Option<Batch>,
        failure: Failure,
    ) -> Result<Output, Error> {
        if failure.code.is_none() {
            return Err(Error::server("running migrations", failure));
        }
        let query = sql::recover(&self.tables, message.is_some());
        Ok(self.ask(State::Recovering(message, failure), query))
    }

    pub(super) fn bookkeeping_failed(
        &mut self,
        failure: Failure,
        now: Duration,
    ) -> Result<Output, Error> {
        if sql::is_busy(&failure) {
            return self.wait(now);
        }
        if sql::history_changed(&failure) {
            self.planning.livelock.history_changed();
            return Ok(self.start_over());
        }
        if failure.is(layout::NEWER) {
            let found = failure.message.parse().unwrap_or(u32::MAX);
            return Err(Error::NewerLayout { found, known: layout::VERSION });
        }
        let what = match self.operation {
            Operation::Forget => "removing the tables of migrate",
            _ => "changing the history of migrations",
        };
        if failure.is_any(&["42P07", "42710"]) {
            let table = format!("{} or its like", self.tables.history);
            return Err(Error::UnrecognizedTable { table, reason: failure.message });
        }
        let failure = self.with_place(failure);
        // No right to create, or a standby or a session that only reads.
        let denied = failure.is_any(&["42501", "25006"]);
        Err(if denied { Error::denied(what, failure) } else { Error::server(what, failure) })
    }

    /// Reads what the database has of a failed message.
    pub(super) fn look_back(
        &mut self,
        message: Batch,
        failure: Failure,
        marker: Option<ProgressMarker>,
    ) -> Output {
        let query = self.read_query();
        self.ask(State::Reviewing(message, failure, marker), query)
    }

    /// Decides after a failed message, knowing what the database has of it.
    pub(super) fn review(
        &mut self,
        message: &Batch,
        failure: Failure,
        marker: Option<ProgressMarker>,
        after: History,
        now: Duration,
    ) -> Result<Output, Error> {
        let committed = self.plan.steps[..message.steps]
            .iter()
            .take_while(|step| {
                let applied = after.get(step.migration.id.as_str()).is_some();
                applied == (step.direction == Direction::Up)
            })
            .count();
        // The others are another runner's work.
        let own = match marker {
            // Of one transaction that failed nothing is left.
            _ if message.is_single => 0,
            Some(ProgressMarker::End(step)) => step + 1,
            Some(ProgressMarker::Statement(statement_ref)) => statement_ref.step,
            None => 0,
        };
        for (nth, step) in self.plan.steps.drain(..committed).enumerate() {
            if nth < own {
                let record = after.get(step.migration.id.as_str());
                let milliseconds = record.and_then(|record| u64::try_from(record.duration_ms).ok());
                let duration = Duration::from_millis(milliseconds.unwrap_or(0));
                done(&mut self.report, &self.watch, &step, duration);
                self.waiting.attempts = 0;
                self.waiting.since = None;
            }
        }
        self.seen.history = after;
        // Once the guard is passed, it is the migration that raises, whatever it raises.
        let at = if message.is_single { reached(message, &failure, marker) } else { committed };
        let passed = matches!(marker, Some(ProgressMarker::Statement(statement_ref)) if statement_ref.step == at);
        if !passed && sql::is_busy(&failure) {
            return self.wait(now);
        }
        if !passed && sql::history_changed(&failure) {
            self.planning.livelock.history_changed();
            return self.decide(now);
        }
        let Some(step) = self.plan.steps.get(at - committed.min(at)).cloned() else {
            return Err(Error::server("running migrations", failure));
        };
        let tracks_progress = self.batching.tracks_progress && statements_of(&step) <= MAX_TRACKED;
        let place = encoding(message, &failure, marker, at, &step);
        let place = place.unwrap_or_else(|| place_of(message, &failure, marker, at));
        let place = match place {
            // The server parses a message before it runs any of it: what stands before goes first.
            FailurePosition::Later(steps) => {
                self.batching.max_steps = steps;
                return self.send(now);
            }
            // Without marks between the statements, it may be any of them.
            FailurePosition::Marked(_) if !tracks_progress && statements_of(&step) > 1 => {
                FailurePosition::Unknown
            }
            place => place,
        };
        let at_marker = matches!(place, FailurePosition::Marked(_) | FailurePosition::Alone(_));
        if tracks_progress && at_marker && self.is_marker_denied(&step, &failure) {
            self.batching.tracks_progress = false;
            return self.decide(now);
        }
        if let Some(after) = self.try_again(&step, &failure) {
            self.state = State::Waiting;
            return Ok(Output::Wait(after));
        }
        let denied = failure.is_any(&["42501", "25006"]);
        match place {
            FailurePosition::SessionNeeds if self.is_cancelled(&failure) => {
                Err(self.stopped(0, true))
            }
            FailurePosition::SessionNeeds | FailurePosition::End if denied => {
                Err(Error::denied(RECORDING, failure))
            }
            FailurePosition::SessionNeeds => Err(Error::server(RECORDING, failure)),
            place => {
                let error = self.statement_failed(&step, place, failure);
                Ok(self.note(error))
            }
        }
    }

    /// Notes in the log why a revision has failed, before the run does.
    pub(super) fn note(&mut self, error: StatementError) -> Output {
        let query = sql::log::failure(&self.tables, &error.revision, &error.summary());
        let is_stopped = self.is_cancelled(&error.failure) && error.aftermath != Aftermath::InDoubt;
        let error = match is_stopped {
            true => Error::Stopped {
                statements: match error.aftermath {
                    Aftermath::RolledBack => 0,
                    Aftermath::Resumes | Aftermath::InDoubt => error.statement.unwrap_or(1) - 1,
                },
                rolled_back: error.aftermath == Aftermath::RolledBack,
                revision: Some(error.revision),
                notes: error.notes,
                done: error.done,
            },
            false => Error::Statement(Box::new(error)),
        };
        self.ask(State::Noting(error), query)
    }

    /// Whether a statement was cancelled by whoever has told this run to stop.
    pub(super) fn is_cancelled(&self, failure: &Failure) -> bool {
        let is_limit = failure.message.contains("statement timeout");
        failure.is("57014") && !is_limit && self.watch.stops()
    }

    /// Whether it may be that a role that the migration has taken may not set our marks: the server
    /// names the sequence, or the schema that it is in.
    fn is_marker_denied(&self, step: &Step<'_>, failure: &Failure) -> bool {
        let Tables { schema, statement_name, .. } = &self.tables;
        let named = |name: &String| failure.message.contains(name.as_str());
        let text = text_of(step).1.to_ascii_lowercase();
        let takes_role = text.contains("role") || text.contains("authorization");
        failure.is("42501") && takes_role && (named(statement_name) || named(schema))
    }

    fn statement_failed(
        &mut self,
        step: &Step<'_>,
        place: FailurePosition,
        failure: Failure,
    ) -> StatementError {
        let section = match (step.direction, &step.migration.down) {
            (Direction::Down, Down::Section(down)) => down.span,
            _ => step.migration.up.span,
        };
        let (statement, span) = match place {
            FailurePosition::At(statement_ref, span) => (Some(statement_ref.number), span),
            FailurePosition::Marked(statement_ref) | FailurePosition::Alone(statement_ref) => {
                (Some(statement_ref.number), statement_ref.span)
            }
            FailurePosition::Kept(span) => (None, span),
            _ => (None, Span::new(section.start, section.start)),
        };
        let source = &step.migration.source;
        StatementError {
            direction: step.direction,
            revision: step.migration.id.to_string(),
            statement,
            total: statements_of(step),
            source: Source::new(source.path().to_owned(), source.text().to_owned()),
            span,
            failure,
            ended: matches!(place, FailurePosition::End),
            aftermath: Aftermath::RolledBack,
            notes: match place {
                FailurePosition::Kept(_) => {
                    vec!["the history keeps the downgrade of a revision".to_owned()]
                }
                _ => Vec::new(),
            },
            done: std::mem::take(&mut self.report.done),
        }
    }

    /// The record of a step outside a transaction has a character that the encoding of the database lacks, at this place.
    pub(super) fn record_failed(
        &mut self,
        step: &Step<'_>,
        failure: Failure,
        at: Span,
    ) -> StatementError {
        let error = self.statement_failed(step, FailurePosition::Kept(at), failure);
        StatementError { aftermath: Aftermath::Resumes, ..error }
    }

    /// What is to be recorded without a run has a character that the encoding of the database lacks.
    fn with_place(&self, failure: Failure) -> Failure {
        let stamped = self.report.stamped.iter().filter_map(|id| self.chain.get(id));
        let found = stamped.into_iter().find_map(|one| Some((one, lacked(one, &failure)?)));
        let Some((migration, span)) = found else { return failure };
        let (source, at) = (&migration.source, migration.source.position(span.start));
        let detail = format!(
            "the history keeps the downgrade of `{}`: {}:{}:{}",
            migration.id,
            source.path(),
            at.line,
            at.column
        );
        Failure { detail: Some(detail), ..failure }
    }
}

const RECORDING: &str = "recording migrations";

/// Where in a message it failed.
#[derive(Debug, Clone, Copy)]
enum FailurePosition {
    /// In this statement, at this place.
    At(StatementRef, Span),
    /// In this statement, which was the last to begin.
    Marked(StatementRef),
    /// In this statement, which was sent alone.
    Alone(StatementRef),
    /// In one of the statements of the step.
    Unknown,
    /// After all of them: when the transaction ended.
    End,
    /// In none of them, but in what the history keeps of the step: at this character of its file.
    Kept(Span),
    /// In what is ours around the statements.
    SessionNeeds,
    /// In a step so many further on, before which nothing has run.
    Later(usize),
}

/// Where a message failed that has got to this step.
fn place_of(
    message: &Batch,
    failure: &Failure,
    marker: Option<ProgressMarker>,
    step: usize,
) -> FailurePosition {
    match failure.position.and_then(|position| message.at_position(position)) {
        Some((statement_ref, _)) if statement_ref.step > step => {
            return FailurePosition::Later(statement_ref.step - step);
        }
        Some((statement_ref, span)) if statement_ref.step == step => {
            return FailurePosition::At(statement_ref, span);
        }
        _ => {}
    }
    match (marker, message.alone()) {
        (Some(_), Some(statement_ref)) if statement_ref.step == step => {
            FailurePosition::Alone(statement_ref)
        }
        (Some(ProgressMarker::Statement(statement_ref)), _) if statement_ref.step == step => {
            FailurePosition::Marked(statement_ref)
        }
        // A place that is not in a statement is in our own record.
        (Some(ProgressMarker::End(at)), _) if at == step && failure.position.is_none() => {
            FailurePosition::End
        }
        _ => FailurePosition::SessionNeeds,
    }
}

/// The same of a message that the server could not even read, since its encoding lacks a character: what stands before that
/// goes first.
fn encoding(
    message: &Batch,
    failure: &Failure,
    marker: Option<ProgressMarker>,
    step: usize,
    next: &Step<'_>,
) -> Option<FailurePosition> {
    let is_unread = !marker.is_some_and(|marker| message.began(marker));
    let c = failure.untranslatable().filter(|_| is_unread)?;
    let (found, at) = message.at_character(c)?;
    if found > step {
        return Some(FailurePosition::Later(found - step));
    }
    let kept = || lacked(&next.migration, failure).map(FailurePosition::Kept);
    let here = |(statement_ref, span): (StatementRef, Span)| {
        FailurePosition::At(statement_ref, Span::new(span.start, span.start + c.len_utf8()))
    };
    at.map(here).or_else(kept).filter(|_| found == step)
}

/// Where in what the history keeps of a revision a character stands that the database's encoding lacks, if that is why it
/// failed.
pub(super) fn lacked(migration: &Migration<'_>, failure: &Failure) -> Option<Span> {
    let c = failure.untranslatable()?;
    let Down::Section(down) = &migration.down else { return None };
    let start = down.span.start + migration.source.slice(down.span).find(c)?;
    Some(Span::new(start, start + c.len_utf8()))
}

/// The step that a message of one transaction has got to.
fn reached(message: &Batch, failure: &Failure, marker: Option<ProgressMarker>) -> usize {
    let position = failure.position.and_then(|position| message.at_position(position));
    match (position, marker) {
        (Some((statement_ref, _)), _) | (None, Some(ProgressMarker::Statement(statement_ref))) => {
            statement_ref.step
        }
        (None, Some(ProgressMarker::End(step))) => step,
        (None, None) => {
            let lacked = failure.untranslatable().and_then(|c| message.at_character(c));
            lacked.map_or(0, |(step, _)| step)
        }
    }
}
