//! What the engine decides after a failed message.

use std::time::Duration;

use super::sending::done;
use super::{Ask, Engine, State};
use crate::chain::chain::{Down, Migration};
use crate::plan::direction::Direction;
use crate::plan::history::History;
use crate::plan::step::Step;
use crate::runner::batch::{MAX_MARKED, Mark, Message, Piece, statements_of, text_of};
use crate::runner::error::{Aftermath, Error, StatementError};
use crate::runner::failure::Failure;
use crate::runner::operation::Goal;
use crate::runner::report::Event;
use crate::runner::sql::{self, Tables, layout};
use crate::syntax::source::{Source, Span};

impl Engine<'_> {
    /// Leaves the failed transaction, if there still is a connection to do it on.
    pub(super) fn recover(
        &mut self,
        message: Option<Message>,
        failure: Failure,
    ) -> Result<Ask, Error> {
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
    ) -> Result<Ask, Error> {
        if sql::is_busy(&failure) {
            return self.wait(now);
        }
        if sql::has_moved(&failure) {
            self.standstill.has_moved();
            return Ok(self.start_over());
        }
        if failure.is(layout::NEWER) {
            let found = failure.message.parse().unwrap_or(u32::MAX);
            return Err(Error::NewerLayout { found, known: layout::VERSION });
        }
        let what = match self.goal {
            Goal::Forget => "removing the tables of migrate",
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
        message: Message,
        failure: Failure,
        mark: Option<Mark>,
    ) -> Ask {
        let query = self.read_query();
        self.ask(State::Reviewing(message, failure, mark), query)
    }

    /// Decides after a failed message, knowing what the database has of it.
    pub(super) fn review(
        &mut self,
        message: &Message,
        failure: Failure,
        mark: Option<Mark>,
        after: History,
        now: Duration,
    ) -> Result<Ask, Error> {
        let committed = self.plan.steps[..message.steps]
            .iter()
            .take_while(|step| {
                let applied = after.get(step.migration.id.as_str()).is_some();
                applied == (step.direction == Direction::Up)
            })
            .count();
        // The others are another runner's work.
        let own = match mark {
            // Of one transaction that failed nothing is left.
            _ if message.is_single => 0,
            Some(Mark::End(step)) => step + 1,
            Some(Mark::Statement(piece)) => piece.step,
            None => 0,
        };
        for (nth, step) in self.plan.steps.drain(..committed).enumerate() {
            if nth < own {
                let record = after.get(step.migration.id.as_str());
                let milliseconds = record.and_then(|record| u64::try_from(record.duration_ms).ok());
                let duration = Duration::from_millis(milliseconds.unwrap_or(0));
                done(&mut self.report, &self.watch, &step, duration);
                self.attempts = 0;
                self.waiting_since = None;
            }
        }
        self.history = after;
        // Once the guard is passed, it is the migration that raises, whatever it raises.
        let at = if message.is_single { reached(message, &failure, mark) } else { committed };
        let passed = matches!(mark, Some(Mark::Statement(piece)) if piece.step == at);
        if !passed && sql::is_busy(&failure) {
            return self.wait(now);
        }
        if !passed && sql::has_moved(&failure) {
            self.standstill.has_moved();
            return self.decide(now);
        }
        let Some(step) = self.plan.steps.get(at - committed.min(at)).cloned() else {
            return Err(Error::server("running migrations", failure));
        };
        let marked = self.marked && statements_of(&step) <= MAX_MARKED;
        let place = encoding(message, &failure, mark, at, &step);
        let place = place.unwrap_or_else(|| place_of(message, &failure, mark, at));
        let place = match place {
            // The server parses a message before it runs any of it: what stands before goes first.
            Place::Later(steps) => {
                self.most_steps = steps;
                return self.send(now);
            }
            // Without marks between the statements, it may be any of them.
            Place::Marked(_) if !marked && statements_of(&step) > 1 => Place::Unknown,
            place => place,
        };
        let at_mark = matches!(place, Place::Marked(_) | Place::Alone(_));
        if marked && at_mark && self.is_mark_denied(&step, &failure) {
            self.marked = false;
            return self.decide(now);
        }
        if let Some(after) = self.try_again(&step, &failure) {
            self.state = State::Waiting;
            return Ok(Ask::Wait(after));
        }
        let denied = failure.is_any(&["42501", "25006"]);
        match place {
            Place::Ours if self.is_cancelled(&failure) => Err(self.stopped(0, true)),
            Place::Ours | Place::End if denied => Err(Error::denied(RECORDING, failure)),
            Place::Ours => Err(Error::server(RECORDING, failure)),
            place => {
                let error = self.statement_failed(&step, place, failure);
                Ok(self.note(error))
            }
        }
    }

    /// Notes in the log why a revision has failed, before the run does.
    pub(super) fn note(&mut self, error: StatementError) -> Ask {
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
    fn is_mark_denied(&self, step: &Step<'_>, failure: &Failure) -> bool {
        let Tables { schema, statement_name, .. } = &self.tables;
        let named = |name: &String| failure.message.contains(name.as_str());
        let text = text_of(step).1.to_ascii_lowercase();
        let takes_role = text.contains("role") || text.contains("authorization");
        failure.is("42501") && takes_role && (named(statement_name) || named(schema))
    }

    /// After which pause to try again, if the reason passes and tries are left: a lock not available
    /// in time, a deadlock, a conflict with a concurrent transaction.
    pub(super) fn try_again(&mut self, step: &Step<'_>, failure: &Failure) -> Option<Duration> {
        let passes = failure.is_any(&["55P03", "40P01", "40001"]);
        if !passes || self.attempts >= self.settings.retries {
            return None;
        }
        self.attempts += 1;
        let after = self.backoff.next();
        let revision = step.migration.id.as_str();
        self.watch.tell(&Event::Retrying { revision, reason: &failure.message, after });
        Some(after)
    }

    fn statement_failed(
        &mut self,
        step: &Step<'_>,
        place: Place,
        failure: Failure,
    ) -> StatementError {
        let section = match (step.direction, &step.migration.down) {
            (Direction::Down, Down::Section(down)) => down.span,
            _ => step.migration.up.span,
        };
        let (statement, span) = match place {
            Place::At(piece, span) => (Some(piece.number), span),
            Place::Marked(piece) | Place::Alone(piece) => (Some(piece.number), piece.span),
            Place::Kept(span) => (None, span),
            _ => (None, Span::new(section.start, section.start)),
        };
        let source = &step.migration.source;
        StatementError {
            direction: step.direction,
            revision: step.migration.id.to_string(),
            statement,
            of: statements_of(step),
            source: Source::new(source.path().to_owned(), source.text().to_owned()),
            span,
            failure,
            ended: matches!(place, Place::End),
            aftermath: Aftermath::RolledBack,
            notes: match place {
                Place::Kept(_) => vec!["the history keeps the downgrade of a revision".to_owned()],
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
        let error = self.statement_failed(step, Place::Kept(at), failure);
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

    /// Another runner has the lock: waits, looks who it is, and begins again when it is gone.
    pub(super) fn wait(&mut self, now: Duration) -> Result<Ask, Error> {
        let since = *self.waiting_since.get_or_insert(now);
        let waited = now.saturating_sub(since);
        let holder = self.holder.clone();
        // Who removes the history does not wait until another has written to it, but says who that is.
        let is_forgetting = self.goal == Goal::Forget;
        let lock_wait_timeout =
            if is_forgetting { Duration::ZERO } else { self.settings.lock_wait_timeout };
        if waited >= lock_wait_timeout {
            if is_forgetting && !std::mem::replace(&mut self.tables_found.has_asked, true) {
                return Ok(self.ask_holder());
            }
            return Err(Error::LockTimeout { waited, holder: holder.map(Box::new) });
        }
        self.watch.tell(&Event::Waiting { holder: holder.as_ref(), waited });
        self.state = State::Waiting;
        Ok(Ask::Wait(self.backoff.next().min(lock_wait_timeout - waited)))
    }
}

const RECORDING: &str = "recording migrations";

/// Where in a message it failed.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// In this statement, at this place.
    At(Piece, Span),
    /// In this statement, which was the last to begin.
    Marked(Piece),
    /// In this statement, which was sent alone.
    Alone(Piece),
    /// In one of the statements of the step.
    Unknown,
    /// After all of them: when the transaction ended.
    End,
    /// In none of them, but in what the history keeps of the step: at this character of its file.
    Kept(Span),
    /// In what is ours around the statements.
    Ours,
    /// In a step so many further on, before which nothing has run.
    Later(usize),
}

/// Where a message failed that has got to this step.
fn place_of(message: &Message, failure: &Failure, mark: Option<Mark>, step: usize) -> Place {
    match failure.position.and_then(|position| message.at_position(position)) {
        Some((piece, _)) if piece.step > step => return Place::Later(piece.step - step),
        Some((piece, span)) if piece.step == step => return Place::At(piece, span),
        _ => {}
    }
    match (mark, message.alone()) {
        (Some(_), Some(piece)) if piece.step == step => Place::Alone(piece),
        (Some(Mark::Statement(piece)), _) if piece.step == step => Place::Marked(piece),
        // A place that is not in a statement is in our own record.
        (Some(Mark::End(at)), _) if at == step && failure.position.is_none() => Place::End,
        _ => Place::Ours,
    }
}

/// The same of a message that the server could not even read, since its encoding lacks a character: what stands before that
/// goes first.
fn encoding(
    message: &Message,
    failure: &Failure,
    mark: Option<Mark>,
    step: usize,
    next: &Step<'_>,
) -> Option<Place> {
    let is_unread = !mark.is_some_and(|mark| message.began(mark));
    let c = failure.untranslatable().filter(|_| is_unread)?;
    let (found, at) = message.at_character(c)?;
    if found > step {
        return Some(Place::Later(found - step));
    }
    let kept = || lacked(&next.migration, failure).map(Place::Kept);
    let here = |(piece, span): (Piece, Span)| {
        Place::At(piece, Span::new(span.start, span.start + c.len_utf8()))
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
fn reached(message: &Message, failure: &Failure, mark: Option<Mark>) -> usize {
    let position = failure.position.and_then(|position| message.at_position(position));
    match (position, mark) {
        (Some((piece, _)), _) | (None, Some(Mark::Statement(piece))) => piece.step,
        (None, Some(Mark::End(step))) => step,
        (None, None) => {
            let lacked = failure.untranslatable().and_then(|c| message.at_character(c));
            lacked.map_or(0, |(step, _)| step)
        }
    }
}
