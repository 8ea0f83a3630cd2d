//! How a step outside a transaction gives its lock and its settings back, and what follows; and a lock that was lost.

use std::time::Duration;

use super::{Engine, NonTransactional, Output, Phase, State, is_true};
use crate::plan::history::Row;
use crate::plan::step::Step;
use crate::runner::engine::Input;
use crate::runner::engine::rows::tagged;
use crate::runner::error::Error;
use crate::runner::failure::Failure;
use crate::runner::sql::non_transactional as sql;
use crate::runner::sql::{Session, tag};

/// How often to look for the process that has the lock.
const MOST_UNLOCK_RETRIES: u32 = 100;

/// What follows when the lock is given back.
#[derive(Debug)]
pub(super) enum AfterRelease {
    GoOn,
    StartOver,
    Fail(Error),
}

impl Engine<'_> {
    /// Why the run can't go on, if this session does not have the lock any more, or another one answers.
    pub(super) fn lost_lock(
        &self,
        run: &mut NonTransactional,
        step: &Step<'_>,
        reply: &Input,
    ) -> Option<Error> {
        let revision = step.migration.id.to_string();
        match reply {
            Input::Rows(rows) => {
                let answers = process(rows)?;
                let has_lock = run.process.get_or_insert_with(|| answers.to_owned());
                (has_lock != answers).then_some(Error::TransactionPooler { revision })
            }
            Input::Failed(failure) => {
                let answers = sql::lost_by(failure)?;
                if run.process.as_deref() != Some(answers) {
                    return Some(Error::TransactionPooler { revision });
                }
                Some(Error::LostLock { revision, statement: run.at })
            }
            Input::Start | Input::Waited => None,
        }
    }

    pub(super) fn release(&mut self, run: NonTransactional, then: AfterRelease) -> Output {
        let query = self.release_query(&run);
        self.ask_outside(run, Phase::Releasing(then), query)
    }

    /// The same where a transaction may have failed.
    pub(super) fn roll_back_and_release(
        &mut self,
        run: NonTransactional,
        then: AfterRelease,
    ) -> Output {
        let query = self.abandon_non_transactional(&run);
        self.ask_outside(run, Phase::Releasing(then), query)
    }

    pub(super) fn release_answered(
        &mut self,
        mut run: NonTransactional,
        then: AfterRelease,
        rows: &[Row],
        now: Duration,
    ) -> Result<Output, Error> {
        // Behind a pooler another session has answered; if it is ours that does not have the lock, nobody can give it back.
        let is_ours = run.process.is_none() || process(rows) == run.process.as_deref();
        if is_true(rows, tag::LOCK, 1) || is_ours || run.unlock_retries >= MOST_UNLOCK_RETRIES {
            let then = match (then, run.unrestored) {
                (AfterRelease::GoOn | AfterRelease::StartOver, Some(failure)) => {
                    AfterRelease::Fail(Error::server(
                        "putting the session's settings back",
                        failure,
                    ))
                }
                (then, _) => then,
            };
            return self.released(then, now);
        }
        run.unlock_retries += 1;
        run.phase = Phase::RetryingRelease(then);
        self.state = State::NonTransactional(Box::new(run));
        Ok(Output::Wait(Duration::from_millis(20)))
    }

    /// If the session still has the lock, it would keep everybody else waiting.
    pub(super) fn release_failed(
        &mut self,
        mut run: NonTransactional,
        then: AfterRelease,
        failure: Failure,
        now: Duration,
    ) -> Result<Output, Error> {
        // The lock has gone with the session.
        if failure.code.is_none() {
            return self.released(then, now);
        }
        // Somebody has cancelled that.
        if failure.is("57014") && run.unlock_retries < MOST_UNLOCK_RETRIES {
            run.unlock_retries += 1;
            return Ok(match run.unrestored {
                None => self.roll_back_and_release(run, then),
                Some(_) => self.unlock(run, then),
            });
        }
        if run.unrestored.is_none() {
            run.unrestored = Some(failure);
            return Ok(self.unlock(run, then));
        }
        let first = match then {
            AfterRelease::Fail(error) => Some(Box::new(error)),
            AfterRelease::GoOn | AfterRelease::StartOver => None,
        };
        Err(Error::LockKept { first, failure: Box::new(failure) })
    }

    /// Gives back the lock alone.
    fn unlock(&mut self, run: NonTransactional, then: AfterRelease) -> Output {
        let query = format!("ROLLBACK;\n{}", sql::unlock(&self.tables));
        self.ask_outside(run, Phase::Releasing(then), query)
    }

    /// The lock is given back.
    pub(super) fn released(&mut self, then: AfterRelease, now: Duration) -> Result<Output, Error> {
        self.is_locked = false;
        match then {
            AfterRelease::GoOn => self.send(now),
            AfterRelease::StartOver => {
                self.planning.livelock.history_changed();
                Ok(self.start_over())
            }
            AfterRelease::Fail(Error::Statement(error)) => Ok(self.note(*error)),
            AfterRelease::Fail(error) => Err(error),
        }
    }

    fn release_query(&self, run: &NonTransactional) -> String {
        let restore = |(name, value): &(String, String)| self.seen.session.reset(name, value);
        let changed = run.saved.iter().map(restore).collect();
        let first = run.saved.first().map(|(name, _)| name.as_str());
        sql::release(
            &self.tables,
            &Session::columns(changed, first, self.seen.session.restore_all()),
        )
    }

    /// What leaves nothing behind, from whatever the step is doing.
    pub(in crate::runner::engine) fn abandon_non_transactional(
        &self,
        run: &NonTransactional,
    ) -> String {
        format!("ROLLBACK;\n{}", self.release_query(run))
    }

    /// The same where the step is not known any more.
    pub(in crate::runner::engine) fn abandon_midway(&self) -> String {
        if !self.is_locked {
            return "ROLLBACK".to_owned();
        }
        let restore = self.seen.session.restore_all();
        format!("ROLLBACK;\n{}", sql::release(&self.tables, &restore))
    }
}

/// The process of the server that has answered, where it was asked for.
fn process(rows: &[Row]) -> Option<&str> {
    tagged(rows, tag::PROCESS).last()?.get(1)?.as_deref()
}
