//! What the engine decides after a failed message.

use std::time::Duration;

use super::{Ask, Engine, State, done};
use crate::chain::Down;
use crate::error::{Error, StatementError};
use crate::failure::Failure;
use crate::history::History;
use crate::message::{Message, statements_of};
use crate::plan::{Direction, Step};
use crate::report::Event;
use crate::sql;
use crate::text::{Source, Span};

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
        if failure.is(sql::BUSY) {
            return self.wait(now);
        }
        if failure.is(sql::MOVED) {
            return Ok(self.start_over());
        }
        let what = "changing the history of migrations";
        if failure.is_any(&["42P07", "42710"]) {
            let table = format!("{} or its like", self.tables.history);
            return Err(Error::NotOurs { table, reason: failure.message });
        }
        // No right to create, or a standby or a session that only reads.
        let denied = failure.is_any(&["42501", "25006"]);
        Err(if denied { Error::denied(what, failure) } else { Error::server(what, failure) })
    }

    /// Decides after a failed message, knowing what the database has of it.
    pub(super) fn review(
        &mut self,
        message: &Message,
        failure: Failure,
        last: Option<usize>,
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
        // Somebody else may have done some of them: the lock or the guard says so.
        let ours = !failure.is_any(&[sql::BUSY, sql::MOVED]);
        for step in self.plan.steps.drain(..committed) {
            let record = after.get(step.migration.id.as_str());
            let milliseconds = record.and_then(|record| u64::try_from(record.duration_ms).ok());
            if ours {
                done(
                    &mut self.report,
                    self.observer,
                    &step,
                    Duration::from_millis(milliseconds.unwrap_or(0)),
                );
            }
        }
        self.history = after;
        if failure.is(sql::BUSY) {
            return self.wait(now);
        }
        if failure.is(sql::MOVED) {
            return self.decide(now);
        }
        let Some(step) = self.plan.steps.first().copied() else {
            return Err(Error::server("running migrations", failure));
        };
        if failure.is("42501")
            && self.marked
            && failure.message.contains(&self.tables.statement_name)
        {
            self.marked = false;
            return self.decide(now);
        }
        if let Some(after) = self.try_again(&step, &failure) {
            self.state = State::Waiting;
            return Ok(Ask::Wait(after));
        }
        Err(self.statement_failed(message, &step, committed, failure, last))
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
        (self.observer)(&Event::Retrying { revision, reason: &failure.message, after });
        Some(after)
    }

    fn statement_failed(
        &mut self,
        message: &Message,
        step: &Step<'_>,
        committed: usize,
        failure: Failure,
        last: Option<usize>,
    ) -> Error {
        let by_position = failure.position.and_then(|position| message.at_position(position));
        let by_mark =
            last.and_then(|number| message.at_mark(number)).map(|piece| (piece, piece.span));
        let found = by_position.or(by_mark).filter(|(piece, _)| piece.step == committed);
        let section = match (step.direction, &step.migration.down) {
            (Direction::Down, Down::Section(down)) => down.span,
            _ => step.migration.up.span,
        };
        let source = &step.migration.source;
        Error::Statement(Box::new(StatementError {
            direction: step.direction,
            revision: step.migration.id.to_string(),
            statement: found.map(|(piece, _)| piece.number),
            of: statements_of(step),
            source: Source::new(source.path().to_owned(), source.text().to_owned()),
            span: found.map_or(Span::new(section.start, section.start), |(_, span)| span),
            failure,
            resumes: false,
            done: std::mem::take(&mut self.report.done),
        }))
    }

    /// Another runner has the lock: waits, looks who it is, and begins again when it is gone.
    pub(super) fn wait(&mut self, now: Duration) -> Result<Ask, Error> {
        let since = *self.waiting_since.get_or_insert(now);
        let waited = now.saturating_sub(since);
        let holder = self.holder.clone();
        if waited >= self.settings.patience {
            return Err(Error::Busy { waited, holder: holder.map(Box::new) });
        }
        (self.observer)(&Event::Waiting { holder: holder.as_ref(), waited });
        self.state = State::Waiting;
        Ok(Ask::Wait(self.backoff.next().min(self.settings.patience - waited)))
    }
}
