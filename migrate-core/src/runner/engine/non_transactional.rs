//! A step that runs outside a transaction: under a lock of the session, one statement at a time.
//!
//! Progress is kept in the database: after a crash or a failure the next run goes on at the right
//! statement, and nobody has to clear a flag. A statement that can be in a transaction is in one
//! with its progress. One that can't is announced before, with what was there then. What the server has
//! refused did not run. Only where no answer came is it in doubt, and what is there now decides.

mod orphans;
mod release;
mod statement;

use std::time::Duration;

use self::release::AfterRelease;
use self::statement::found_in;
use super::failed::lacked;
use super::rows::{duration, tagged};
use super::sending::done;
use super::{Engine, Input, Output, State};
use crate::plan::history::Row;
use crate::plan::non_transactional::{
    EarlierAttempt, RecordedObjects, StatementPlan, digest_of, parts, statement_digest,
};
use crate::plan::plan_error::PlanError;
use crate::plan::step::Step;
use crate::runner::batch::text_of;
use crate::runner::error::Error;
use crate::runner::failure::Failure;
use crate::runner::session_settings::{changed_settings, only_sets};
use crate::runner::sql::non_transactional as sql;
use crate::runner::sql::step::Guard;
use crate::runner::sql::{self as own_sql, tag};
use crate::syntax::statements::split_statements;

/// A step on its way.
#[derive(Debug)]
pub(super) struct NonTransactional {
    parts: Vec<StatementPlan>,
    /// How many statements are done.
    at: usize,
    /// What an earlier try of the next one may have done.
    doubt: EarlierAttempt,
    /// The server has refused the next one in a transaction, so it runs alone.
    is_alone: bool,
    /// It is a `DO` or `CALL` that has come to a commit there.
    commits: bool,
    phase: Phase,
    /// When the run of the step began.
    began: Duration,
    /// The settings that the step changes, and what they were.
    saved: Vec<(String, String)>,
    /// The limit of waits for locks, where it is off for the statement under way.
    lock_timeout: Option<String>,
    /// The process of the server that has the lock.
    process: Option<String>,
    /// How often the lock could not be given back, since another process answered.
    unlock_retries: u32,
    /// Why the settings of the session can't be put back, so that only the lock is given back.
    unrestored: Option<Failure>,
    /// Whether it was told of what an earlier try of the next statement has left.
    has_told: bool,
    /// Whether somebody was building the index of the next statement when it was looked at.
    has_builder: bool,
    /// What was left by a statement that the server refused and that is no longer in the file.
    orphans: RecordedObjects,
}

/// What was asked last.
#[derive(Debug)]
enum Phase {
    Locking,
    Checking,
    Preparing,
    /// Looking for what an earlier try may have left.
    Looking,
    /// Dropping this index, which a failed try has left.
    Cleaning(String),
    /// Ending what an earlier try has begun.
    Finalizing,
    Announcing,
    /// With the place in the message at which the statement begins; 0 when it is alone.
    Running(usize),
    Noting,
    RollingBack(Failure, usize),
    /// Looking for what a refused statement has left.
    Judging(Failure),
    /// Noting that what was announced was refused; with what there is to say of that.
    TakingBack(Failure, Vec<String>),
    /// Looking for what was left by a statement that is no longer in the file.
    LookingForOrphans,
    Pausing,
    Recording,
    Releasing(AfterRelease),
    /// Waiting to give the lock back again, since it was not this process's.
    RetryingRelease(AfterRelease),
}

impl<'r> Engine<'r> {
    /// Begins the first step of the plan, which runs outside a transaction.
    pub(super) fn begin_outside(&mut self, step: &Step<'r>, now: Duration) -> Output {
        let run = NonTransactional {
            parts: parts(text_of(step).1),
            at: 0,
            doubt: EarlierAttempt::None,
            is_alone: false,
            commits: false,
            phase: Phase::Locking,
            began: now,
            saved: Vec::new(),
            lock_timeout: None,
            process: None,
            unlock_retries: 0,
            unrestored: None,
            has_told: false,
            has_builder: false,
            orphans: RecordedObjects::default(),
        };
        let query = sql::lock(&self.tables);
        self.ask_outside(run, Phase::Locking, query)
    }

    fn ask_outside(&mut self, run: NonTransactional, phase: Phase, query: String) -> Output {
        let runs_statement = matches!(phase, Phase::Running(_));
        let state = State::NonTransactional(Box::new(NonTransactional { phase, ..run }));
        match runs_statement {
            true => self.ask_for_no_rows(state, query),
            false => self.ask(state, query),
        }
    }

    pub(super) fn non_transactional(
        &mut self,
        mut run: NonTransactional,
        reply: Input,
        now: Duration,
    ) -> Result<Output, Error> {
        let phase = std::mem::replace(&mut run.phase, Phase::Locking);
        let (phase, reply) = match (phase, reply) {
            (Phase::Releasing(then), Input::Rows(rows)) => {
                return self.release_answered(run, then, &rows, now);
            }
            (Phase::Releasing(then), Input::Failed(failure)) => {
                return self.release_failed(run, then, failure, now);
            }
            (Phase::RetryingRelease(then), Input::Waited) => return Ok(self.release(run, then)),
            other => other,
        };
        let Some(step) = self.plan.steps.first().cloned() else {
            return Err(Error::internal("no step is under way"));
        };
        if let Some(error) = self.lost_lock(&mut run, &step, &reply) {
            return Ok(match reply {
                Input::Failed(_) => self.roll_back_and_release(run, AfterRelease::Fail(error)),
                _ => self.release(run, AfterRelease::Fail(error)),
            });
        }
        match (phase, reply) {
            (Phase::Locking, Input::Rows(rows)) if is_true(&rows, tag::LOCK, 1) => {
                self.is_locked = true;
                let half_done = self.half_done_beside(&step);
                let query = sql::check(&self.tables, &step, &half_done);
                Ok(self.ask_outside(run, Phase::Checking, query))
            }
            (Phase::Locking, Input::Rows(_)) => self.wait(now),
            (Phase::Checking, Input::Rows(rows)) if is_true(&rows, tag::STATE, 1) => {
                Ok(self.release(run, AfterRelease::StartOver))
            }
            (Phase::Checking, Input::Rows(rows)) => self.resume(run, &step, &rows),
            (Phase::Preparing, Input::Rows(rows)) => {
                // One that nobody has ever set has no value.
                let values = tagged(&rows, tag::SAVED).flat_map(|row| row.iter().skip(1));
                let values = values.map(|value| value.clone().unwrap_or_default());
                run.saved = changes(&step).into_iter().zip(values).collect();
                Ok(self.next_statement(run, &step))
            }
            (Phase::Looking, Input::Rows(rows)) => {
                let limit = tagged(&rows, tag::LOCK_TIMEOUT).next();
                let limit = limit.and_then(|row| row.get(1)?.clone());
                run.lock_timeout = run.lock_timeout.or(limit);
                Ok(self.decide_on_statement(run, &step, &rows))
            }
            (Phase::LookingForOrphans, Input::Rows(rows)) => {
                Ok(self.decide_on_orphans(run, &step, &rows))
            }
            (Phase::Cleaning(_), Input::Rows(_)) => {
                // What it has left behind tells that it failed.
                if let EarlierAttempt::Unanswered { before } = run.doubt {
                    run.doubt = EarlierAttempt::Refused { before };
                }
                Ok(self.next_statement(run, &step))
            }
            (Phase::Announcing, Input::Rows(rows)) => {
                let before = tagged(&rows, tag::FOUND).next().and_then(|row| row.get(1)?.clone());
                run.doubt = EarlierAttempt::Refused {
                    before: RecordedObjects::read(before.as_deref()).before,
                };
                let statement = statement(&step, &run.parts[run.at]).to_owned();
                Ok(self.ask_outside(run, Phase::Running(0), statement))
            }
            // It was alone: noted before the next statement can fail, or it would run again.
            (Phase::Running(0) | Phase::Finalizing, Input::Rows(_)) => {
                Ok(self.note_done(run, &step))
            }
            (Phase::Running(_), Input::Rows(_)) => {
                run.statement_done();
                self.waiting.attempts = 0;
                Ok(self.next_statement(run, &step))
            }
            (Phase::Noting, Input::Rows(_)) => {
                run.lock_timeout = None;
                Ok(self.next_statement(run, &step))
            }
            (Phase::Pausing, Input::Waited) => Ok(self.next_statement(run, &step)),
            (Phase::Recording, Input::Rows(rows)) => {
                let duration = duration(&rows, &step);
                let duration = duration.unwrap_or_else(|| now.saturating_sub(run.began));
                done(&mut self.report, &self.watch, &step, duration);
                self.plan.steps.remove(0);
                Ok(self.release(run, AfterRelease::GoOn))
            }
            (Phase::RollingBack(failure, _), Input::Failed(second)) if second.is_lost() => {
                let told = if failure.ended_by().is_some() { failure } else { second };
                Err(self.lost(Some(&step), told))
            }
            (Phase::Running(0), Input::Failed(failure)) if !failure.is_lost() => {
                Ok(self.refused_alone(run, &step, failure))
            }
            // What says that the session has ended may be an error that the migration raises.
            (Phase::Running(prefix), Input::Failed(failure)) if failure.code.is_some() => {
                let query = "ROLLBACK".to_owned();
                Ok(self.ask_outside(run, Phase::RollingBack(failure, prefix), query))
            }
            (Phase::RollingBack(failure, 0), Input::Rows(_)) => {
                Ok(self.refused_alone(run, &step, failure))
            }
            (Phase::RollingBack(failure, prefix), Input::Rows(_)) => {
                Ok(self.refused_in_transaction(run, &step, failure, prefix))
            }
            (_, Input::Failed(failure)) if failure.is_lost() => {
                Err(self.lost(Some(&step), failure))
            }
            (Phase::Judging(failure), reply) => {
                let found = match &reply {
                    Input::Rows(rows) => found_in(rows),
                    _ => Vec::new(),
                };
                Ok(self.take_back(run, &step, failure, &found))
            }
            (Phase::TakingBack(failure, notes), reply) => {
                let then = self.refusal(&run, &step, failure, 0, notes);
                Ok(match reply {
                    Input::Failed(_) => self.roll_back_and_release(run, then),
                    _ => self.release(run, then),
                })
            }
            (Phase::Looking | Phase::LookingForOrphans, Input::Failed(failure)) => Ok(self
                .refused_before(run, &step, failure, "looking for what an earlier try has left")),
            (Phase::Cleaning(index), Input::Failed(failure)) => {
                let what =
                    format!("dropping the invalid index `{index}`, which an earlier try has left");
                Ok(self.refused_before(run, &step, failure, &what))
            }
            (Phase::Finalizing, Input::Failed(failure)) => {
                let note = "an earlier try has begun the detaching, and the partition is no longer a part of the \
                            table: the error came while that was finalized";
                Ok(self.refused_with(run, &step, failure, note.to_owned()))
            }
            (Phase::Recording, Input::Failed(failure))
                if let Some(span) = lacked(&step.migration, &failure) =>
            {
                let error = self.record_failed(&step, failure, span);
                Ok(self.roll_back_and_release(
                    run,
                    AfterRelease::Fail(Error::Statement(Box::new(error))),
                ))
            }
            // Somebody has changed the history meanwhile: what follows from it is read again.
            (Phase::Recording, Input::Failed(failure)) if own_sql::history_changed(&failure) => {
                Ok(self.roll_back_and_release(run, AfterRelease::StartOver))
            }
            (phase, Input::Failed(failure)) => {
                let what = match phase {
                    Phase::Recording => "recording the migration",
                    _ => "keeping the progress of a migration",
                };
                let error = match failure.is("42501") {
                    true => Error::denied(what, failure),
                    false => Error::server(what, failure),
                };
                Ok(self.roll_back_and_release(run, AfterRelease::Fail(error)))
            }
            (phase, reply) => Err(Error::internal(&format!("{reply:?} in {phase:?}"))),
        }
    }

    /// Goes on where an earlier run has stopped, if one has.
    fn resume(
        &mut self,
        mut run: NonTransactional,
        step: &Step<'_>,
        rows: &[Row],
    ) -> Result<Output, Error> {
        let text = text_of(step).1;
        if let Some(row) = tagged(rows, tag::PROGRESS).next() {
            let column = |at: usize| row.get(at).and_then(Option::as_deref);
            let done: usize = column(1).and_then(|done| done.parse().ok()).unwrap_or(0);
            let before = run.parts.get(..done).map(|parts| digest_of(text, parts).to_string());
            if before.as_deref() != column(3) {
                let error = PlanError::Interrupted {
                    revision: step.migration.id.to_string(),
                    direction: step.direction,
                    done,
                    is_transactional: false,
                };
                return Ok(self.release(run, AfterRelease::Fail(error.into())));
            }
            run.at = done;
            let next = run.parts.get(done).map(|part| statement_digest(text, part).to_string());
            let is_same = next.is_some() && next.as_deref() == column(4);
            let kept = RecordedObjects::read(column(5));
            run.doubt = match (column(2) == Some("t"), is_same) {
                (true, true) => EarlierAttempt::Unanswered { before: kept.before },
                (true, false) => EarlierAttempt::Edited,
                (false, true) => EarlierAttempt::Refused { before: kept.before },
                (false, false) => {
                    run.orphans = kept;
                    EarlierAttempt::None
                }
            };
        }
        let process = run.process.as_deref().unwrap_or("0");
        let again = set_before(step, run.at);
        let query = sql::prepare(step, self.settings, &changes(step), process, &again);
        Ok(self.ask_outside(run, Phase::Preparing, query))
    }

    fn record_step(&mut self, run: NonTransactional, step: &Step<'_>) -> Output {
        let guard = Guard::Quick(None);
        let half_done = self.half_done_beside(step);
        let (session, ours) = (&self.seen.session, run.ours());
        let query =
            sql::record(&self.tables, step, self.settings, session, guard, &half_done, ours);
        self.ask_outside(run, Phase::Recording, query)
    }

    /// What may be half done while this step is on its way: what was when it was planned, and the step itself.
    fn half_done_beside<'s>(&'s self, step: &'s Step<'_>) -> Vec<&'s str> {
        let own = step.migration.id.as_str();
        self.seen.history.half_done().chain([own]).collect()
    }
}

impl NonTransactional {
    /// The next statement is another, of which nothing is known.
    fn statement_done(&mut self) {
        self.at += 1;
        self.doubt = EarlierAttempt::None;
        self.is_alone = false;
        self.commits = false;
        self.has_told = false;
        self.has_builder = false;
    }

    /// What our own statements need.
    fn ours(&self) -> sql::SessionNeeds<'_> {
        let saved = |setting: &str| self.saved.iter().find(|(name, _)| name == setting);
        sql::SessionNeeds {
            user: saved("session_authorization").map(|(_, user)| user.as_str()),
            sets_read_only: saved("default_transaction_read_only").is_some(),
        }
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

fn statement<'s>(step: &'s Step<'_>, part: &StatementPlan) -> &'s str {
    text_of(step).1.get(part.span.range()).unwrap_or_default()
}

fn is_true(rows: &[Row], tag: &str, column: usize) -> bool {
    tagged(rows, tag).any(|row| row.get(column).and_then(Option::as_deref) == Some("t"))
}
