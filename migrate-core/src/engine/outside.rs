//! A step that runs outside a transaction: under a lock of the session, one statement at a time.
//!
//! Progress is kept in the database: after a crash or a failure the next run goes on at the right
//! statement, and nobody has to clear a flag. A statement that can be in a transaction is in one
//! with its progress. One that can't is announced before; if it is found announced but not done,
//! it is in doubt, and runs again: an index that it has left invalid is dropped before, one that
//! it has finished is kept.

use std::time::Duration;

use super::rows::{duration, tagged};
use super::sending::done;
use super::{Ask, Engine, Reply, State};
use crate::error::{Error, StatementError};
use crate::failure::Failure;
use crate::history::Row;
use crate::leaks::{changed_settings, only_sets};
use crate::message::{label, text_of};
use crate::outside::{Kind, Part, digest_of, parts};
use crate::plan::Step;
use crate::report::Event;
use crate::sql::step::Guard;
use crate::sql::{Session, is_busy, outside as sql, tag};
use crate::statements::split_statements;
use crate::text::{Source, Span};

/// A step on its way.
#[derive(Debug)]
pub(super) struct Outside {
    parts: Vec<Part>,
    /// How many statements are done.
    at: usize,
    /// The next one was announced by a run that did not end.
    in_doubt: bool,
    phase: Phase,
    /// When the run of the step began.
    began: Duration,
    /// The settings that the step changes, and what they were.
    saved: Vec<(String, String)>,
    /// The process of the server that has the lock.
    process: Option<String>,
    /// How often the lock could not be given back, since another process answered.
    astray: u32,
}

/// How often to look for the process that has the lock.
const MOST_ASTRAY: u32 = 100;

/// What was asked last.
#[derive(Debug)]
enum Phase {
    Locking,
    Checking,
    Preparing,
    LookingForIndex,
    DroppingIndex,
    LookingForDropped,
    Announcing,
    /// With the place in the message at which the statement begins; 0 when it is alone.
    Running(usize),
    Noting,
    RollingBack(Failure, usize),
    Pausing,
    Recording,
    Releasing(Then),
    /// Waiting to give the lock back again, since it was not this process's.
    Astray(Then),
}

/// What follows when the lock is given back.
#[derive(Debug)]
enum Then {
    GoOn,
    StartOver,
    Fail(Error),
}

impl<'r> Engine<'r> {
    /// Begins the first step of the plan, which runs outside a transaction.
    pub(super) fn begin_outside(&mut self, step: &Step<'r>, now: Duration) -> Ask {
        let run = Outside {
            parts: parts(text_of(step).1),
            at: 0,
            in_doubt: false,
            phase: Phase::Locking,
            began: now,
            saved: Vec::new(),
            process: None,
            astray: 0,
        };
        let query = sql::lock(&self.tables);
        self.ask_outside(run, Phase::Locking, query)
    }

    fn ask_outside(&mut self, run: Outside, phase: Phase, query: String) -> Ask {
        self.ask(State::Outside(Box::new(Outside { phase, ..run })), query)
    }

    pub(super) fn outside(
        &mut self,
        mut run: Outside,
        reply: Reply,
        now: Duration,
    ) -> Result<Ask, Error> {
        let Some(step) = self.plan.steps.first().cloned() else { return Ok(Ask::Done) };
        let phase = std::mem::replace(&mut run.phase, Phase::Locking);
        if !matches!(phase, Phase::Releasing(_) | Phase::Astray(_))
            && let Reply::Rows(rows) = &reply
            && self.is_another_process(&mut run, rows)
        {
            let revision = step.migration.id.to_string();
            return Ok(self.release(run, Then::Fail(Error::Pooled { revision })));
        }
        match (phase, reply) {
            (Phase::Locking, Reply::Rows(rows)) if is_true(&rows, tag::LOCK, 1) => {
                self.is_locked = true;
                let query = sql::check(&self.tables, &step);
                Ok(self.ask_outside(run, Phase::Checking, query))
            }
            (Phase::Locking, Reply::Rows(_)) => self.wait(now),
            (Phase::Checking, Reply::Rows(rows)) if is_true(&rows, tag::STATE, 1) => {
                Ok(self.release(run, Then::StartOver))
            }
            (Phase::Checking, Reply::Rows(rows)) => self.resume(run, &step, &rows),
            (Phase::LookingForIndex, Reply::Rows(rows)) => Ok(self.found_index(run, &step, &rows)),
            (Phase::DroppingIndex, Reply::Rows(_)) => Ok(self.announce(run, &step)),
            // It was dropped, and the run ended before it could note that.
            (Phase::LookingForDropped, Reply::Rows(rows)) if is_true(&rows, tag::INDEX, 1) => {
                run.at += 1;
                run.in_doubt = false;
                Ok(self.next_part(run, &step))
            }
            (Phase::LookingForDropped, Reply::Rows(_)) => Ok(self.announce(run, &step)),
            (Phase::Announcing, Reply::Rows(_)) => {
                let statement = statement(&step, &run.parts[run.at]).to_owned();
                Ok(self.ask_outside(run, Phase::Running(0), statement))
            }
            (Phase::Preparing, Reply::Rows(rows)) => {
                let values = tagged(&rows, tag::SAVED).flat_map(|row| row.iter().skip(1).flatten());
                run.saved = changes(&step).into_iter().zip(values.cloned()).collect();
                Ok(self.next_part(run, &step))
            }
            (Phase::Pausing, Reply::Waited) => Ok(self.next_part(run, &step)),
            (Phase::Running(prefix), Reply::Rows(_)) => {
                run.at += 1;
                run.in_doubt = false;
                self.attempts = 0;
                if prefix > 0 {
                    return Ok(self.next_part(run, &step));
                }
                // It was alone: noted before the next statement can fail, or it would run again.
                let query = self.keep(&run, &step, run.at, false);
                Ok(self.ask_outside(run, Phase::Noting, query))
            }
            (Phase::Noting, Reply::Rows(_)) => Ok(self.next_part(run, &step)),
            (Phase::Recording, Reply::Rows(rows)) => {
                let duration = duration(&rows, &step);
                let duration = duration.unwrap_or_else(|| now.saturating_sub(run.began));
                done(&mut self.report, &self.watch, &step, duration);
                self.plan.steps.remove(0);
                Ok(self.release(run, Then::GoOn))
            }
            (Phase::Releasing(then), Reply::Rows(rows))
                if !is_true(&rows, tag::LOCK, 1) && run.astray < MOST_ASTRAY =>
            {
                run.astray += 1;
                run.phase = Phase::Astray(then);
                self.state = State::Outside(Box::new(run));
                Ok(Ask::Wait(Duration::from_millis(20)))
            }
            (Phase::Astray(then), _) => {
                let query = self.release_query(&run);
                Ok(self.ask_outside(run, Phase::Releasing(then), query))
            }
            (Phase::Releasing(then), _) => {
                self.is_locked = false;
                self.released(then, now)
            }
            (_, Reply::Failed(failure)) if failure.is_lost() => {
                Err(Error::server("running migrations", failure))
            }
            (Phase::Running(0), Reply::Failed(failure)) => {
                Ok(self.part_failed(run, &step, failure, 0))
            }
            (Phase::Running(prefix), Reply::Failed(failure)) => {
                let query = "ROLLBACK".to_owned();
                Ok(self.ask_outside(run, Phase::RollingBack(failure, prefix), query))
            }
            (Phase::RollingBack(failure, prefix), Reply::Rows(_)) => {
                Ok(self.part_failed(run, &step, failure, prefix))
            }
            (Phase::Recording, Reply::Failed(failure)) => {
                let error = match is_busy(&failure) {
                    // This session would be given its lock again: behind a pooler it is another one that answers.
                    true => Error::Pooled { revision: step.migration.id.to_string() },
                    false => Error::server("recording the migration", failure),
                };
                let query = format!("ROLLBACK;\n{}", self.release_query(&run));
                Ok(self.ask_outside(run, Phase::Releasing(Then::Fail(error)), query))
            }
            (_, Reply::Failed(failure)) => {
                let what = "keeping the progress of a migration";
                let error = match failure.is("42501") {
                    true => Error::denied(what, failure),
                    false => Error::server(what, failure),
                };
                Ok(self.release(run, Then::Fail(error)))
            }
            (_, Reply::Start | Reply::Rows(_) | Reply::Waited) => Ok(Ask::Done),
        }
    }

    /// Whether another process of the server answers than the one that has the lock.
    fn is_another_process(&self, run: &mut Outside, rows: &[Row]) -> bool {
        let Some(row) = tagged(rows, tag::PROCESS).last() else { return false };
        let answers = row.get(1).cloned().flatten();
        if run.process.is_none() {
            run.process = answers;
            return false;
        }
        run.process != answers
    }

    /// The lock is given back.
    fn released(&mut self, then: Then, now: Duration) -> Result<Ask, Error> {
        match then {
            Then::GoOn => self.send(now),
            Then::StartOver => {
                self.standstill.has_moved();
                Ok(self.start_over())
            }
            Then::Fail(Error::Statement(error)) => Ok(self.note(*error)),
            Then::Fail(error) => Err(error),
        }
    }

    fn release(&mut self, run: Outside, then: Then) -> Ask {
        let query = self.release_query(&run);
        self.ask_outside(run, Phase::Releasing(then), query)
    }

    fn release_query(&self, run: &Outside) -> String {
        let restore = |(name, value): &(String, String)| self.session.reset(name, value);
        let changed = run.saved.iter().map(restore).collect();
        let first = run.saved.first().map(|(name, _)| name.as_str());
        sql::release(&self.tables, &Session::columns(changed, first, self.session.restore_all()))
    }

    /// The same, from whatever the step is doing.
    pub(super) fn abandon_outside(&self, run: &Outside) -> String {
        format!("ROLLBACK;\n{}", self.release_query(run))
    }

    /// The same where the step is not known any more.
    pub(super) fn abandon_midway(&self) -> String {
        if !self.is_locked {
            return "ROLLBACK".to_owned();
        }
        let restore = self.session.restore_all();
        format!("ROLLBACK;\n{}", sql::release(&self.tables, &restore))
    }

    /// Goes on where an earlier run has stopped, if one has.
    fn resume(&mut self, mut run: Outside, step: &Step<'_>, rows: &[Row]) -> Result<Ask, Error> {
        if let Some(row) = tagged(rows, tag::PROGRESS).next() {
            let column = |at: usize| row.get(at).and_then(Option::as_deref).unwrap_or_default();
            let text = text_of(step).1;
            let done: usize = column(1).parse().unwrap_or(0);
            let before = run.parts.get(..done).map(|parts| digest_of(text, parts).to_string());
            if before.as_deref() != Some(column(3)) {
                let revision = step.migration.id.to_string();
                let error = Error::Interrupted { revision, direction: step.direction, done };
                return Ok(self.release(run, Then::Fail(error)));
            }
            run.at = done;
            run.in_doubt = column(2) == "t";
        }
        let process = run.process.as_deref().unwrap_or("0");
        let again = set_before(step, run.at);
        let query = sql::prepare(step, self.settings, &changes(step), process, &again);
        Ok(self.ask_outside(run, Phase::Preparing, query))
    }

    fn next_part(&mut self, run: Outside, step: &Step<'_>) -> Ask {
        let Some(part) = run.parts.get(run.at) else {
            let guard = Guard::Quick(None);
            let query = sql::record(&self.tables, step, self.settings, &self.session, guard);
            return self.ask_outside(run, Phase::Recording, query);
        };
        if self.watch.stops() {
            let error = self.stopped(run.at, false);
            return self.release(run, Then::Fail(error));
        }
        let (number, of) = (run.at + 1, run.parts.len());
        let revision = step.migration.id.as_str();
        self.watch.tell(&Event::Statement { revision, number, of });
        match &part.kind {
            Kind::Together => {
                let keep = self.keep(&run, step, run.at + 1, false);
                let label = label(step, &format!(", statement {number} of {of}"));
                let (query, prefix) = sql::together(&label, statement(step, part), &keep);
                self.ask_outside(run, Phase::Running(prefix), query)
            }
            Kind::Index { table, name } => {
                let query = sql::index(table, name);
                self.ask_outside(run, Phase::LookingForIndex, query)
            }
            Kind::DropIndex { name } if run.in_doubt => {
                let query = sql::is_gone(name);
                self.ask_outside(run, Phase::LookingForDropped, query)
            }
            Kind::DropIndex { .. } | Kind::Alone => self.announce(run, step),
        }
    }

    fn keep(&self, run: &Outside, step: &Step<'_>, done: usize, started: bool) -> String {
        let digest = digest_of(text_of(step).1, &run.parts[..done]);
        let keep = sql::keep(&self.tables, step, &self.session, (done, started), digest);
        format!("{};\n{keep}", sql::PROCESS)
    }

    fn announce(&mut self, run: Outside, step: &Step<'_>) -> Ask {
        let query = self.keep(&run, step, run.at, true);
        self.ask_outside(run, Phase::Announcing, query)
    }

    fn found_index(&mut self, mut run: Outside, step: &Step<'_>, rows: &[Row]) -> Ask {
        let found = tagged(rows, tag::INDEX).next();
        let name = found.and_then(|row| row.get(2)?.clone());
        match (name, is_true(rows, tag::INDEX, 1)) {
            (Some(_), true) if run.in_doubt => {
                run.at += 1;
                run.in_doubt = false;
                self.next_part(run, step)
            }
            (Some(name), false) => {
                let query = format!("DROP INDEX CONCURRENTLY {name}");
                self.ask_outside(run, Phase::DroppingIndex, query)
            }
            _ => self.announce(run, step),
        }
    }

    fn part_failed(
        &mut self,
        run: Outside,
        step: &Step<'_>,
        failure: Failure,
        prefix: usize,
    ) -> Ask {
        if let Some(after) = self.try_again(step, &failure) {
            self.state = State::Outside(Box::new(Outside { phase: Phase::Pausing, ..run }));
            return Ask::Wait(after);
        }
        let part = &run.parts[run.at];
        let section = text_of(step).0;
        let text = statement(step, part);
        let offset = failure.position.and_then(|position| {
            let offset = position.checked_sub(1 + prefix)?;
            text.char_indices().nth(offset).map(|(offset, _)| offset)
        });
        let start = section.start + part.span.start;
        let source = &step.migration.source;
        let error = StatementError {
            direction: step.direction,
            revision: step.migration.id.to_string(),
            statement: Some(run.at + 1),
            of: run.parts.len(),
            source: Source::new(source.path().to_owned(), source.text().to_owned()),
            span: Span::new(start + offset.unwrap_or(0), section.start + part.span.end),
            failure,
            ended: false,
            resumes: true,
            done: std::mem::take(&mut self.report.done),
        };
        self.release(run, Then::Fail(Error::Statement(Box::new(error))))
    }
}

/// The settings that a step changes for good.
fn changes(step: &Step<'_>) -> Vec<String> {
    let text = text_of(step).1;
    changed_settings(text, &split_statements(text))
}

/// What the first statements of a step do to the session.
fn set_before(step: &Step<'_>, done: usize) -> String {
    let text = text_of(step).1;
    let statements = split_statements(text);
    let sets = statements.iter().take(done).filter(|statement| only_sets(text, statement));
    sets.map(|statement| format!("{}\n;\n", &text[statement.span.range()])).collect()
}

fn statement<'s>(step: &'s Step<'_>, part: &Part) -> &'s str {
    text_of(step).1.get(part.span.range()).unwrap_or_default()
}

fn is_true(rows: &[Row], tag: &str, column: usize) -> bool {
    tagged(rows, tag).any(|row| row.get(column).and_then(Option::as_deref) == Some("t"))
}
