//! How a step outside a transaction gives its lock and its settings back, and what follows; and a lock that was lost.

use std::time::Duration;

use super::{Ask, Engine, Outside, Phase, State, is_true};
use crate::plan::history::Row;
use crate::plan::step::Step;
use crate::runner::engine::Reply;
use crate::runner::engine::rows::tagged;
use crate::runner::error::Error;
use crate::runner::failure::Failure;
use crate::runner::sql::outside as sql;
use crate::runner::sql::{Session, tag};

/// How often to look for the process that has the lock.
const MOST_UNLOCK_RETRIES: u32 = 100;

/// What follows when the lock is given back.
#[derive(Debug)]
pub(super) enum Then {
    GoOn,
    StartOver,
    Fail(Error),
}

impl Engine<'_> {
    /// Why the run can't go on, if this session does not have the lock any more, or another one answers.
    pub(super) fn lost_lock(
        &self,
        run: &mut Outside,
        step: &Step<'_>,
        reply: &Reply,
    ) -> Option<Error> {
        let revision = step.migration.id.to_string();
        match reply {
            Reply::Rows(rows) => {
                let answers = process(rows)?;
                let has_lock = run.process.get_or_insert_with(|| answers.to_owned());
                (has_lock != answers).then_some(Error::TransactionPooler { revision })
            }
            Reply::Failed(failure) => {
                let answers = sql::lost_by(failure)?;
                if run.process.as_deref() != Some(answers) {
                    return Some(Error::TransactionPooler { revision });
                }
                Some(Error::LostLock { revision, statement: run.at })
            }
            Reply::Start | Reply::Waited => None,
        }
    }

    pub(super) fn release(&mut self, run: Outside, then: Then) -> Ask {
        let query = self.release_query(&run);
        self.ask_outside(run, Phase::Releasing(then), query)
    }

    /// The same where a transaction may have failed.
    pub(super) fn roll_back_and_release(&mut self, run: Outside, then: Then) -> Ask {
        let query = self.abandon_outside(&run);
        self.ask_outside(run, Phase::Releasing(then), query)
    }

    pub(super) fn release_answered(
        &mut self,
        mut run: Outside,
        then: Then,
        rows: &[Row],
        now: Duration,
    ) -> Result<Ask, Error> {
        // Behind a pooler another session has answered; if it is ours that does not have the lock, nobody can give it back.
        let is_ours = run.process.is_none() || process(rows) == run.process.as_deref();
        if is_true(rows, tag::LOCK, 1) || is_ours || run.unlock_retries >= MOST_UNLOCK_RETRIES {
            let then = match (then, run.unrestored) {
                (Then::GoOn | Then::StartOver, Some(failure)) => {
                    Then::Fail(Error::server("putting the session's settings back", failure))
                }
                (then, _) => then,
            };
            return self.released(then, now);
        }
        run.unlock_retries += 1;
        run.phase = Phase::RetryingRelease(then);
        self.state = State::Outside(Box::new(run));
        Ok(Ask::Wait(Duration::from_millis(20)))
    }

    /// If the session still has the lock, it would keep everybody else waiting.
    pub(super) fn release_failed(
        &mut self,
        mut run: Outside,
        then: Then,
        failure: Failure,
        now: Duration,
    ) -> Result<Ask, Error> {
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
            Then::Fail(error) => Some(Box::new(error)),
            Then::GoOn | Then::StartOver => None,
        };
        Err(Error::LockKept { first, failure: Box::new(failure) })
    }

    /// Gives back the lock alone.
    fn unlock(&mut self, run: Outside, then: Then) -> Ask {
        let query = format!("ROLLBACK;\n{}", sql::unlock(&self.tables));
        self.ask_outside(run, Phase::Releasing(then), query)
    }

    /// The lock is given back.
    pub(super) fn released(&mut self, then: Then, now: Duration) -> Result<Ask, Error> {
        self.is_locked = false;
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

    fn release_query(&self, run: &Outside) -> String {
        let restore = |(name, value): &(String, String)| self.session.reset(name, value);
        let changed = run.saved.iter().map(restore).collect();
        let first = run.saved.first().map(|(name, _)| name.as_str());
        sql::release(&self.tables, &Session::columns(changed, first, self.session.restore_all()))
    }

    /// What leaves nothing behind, from whatever the step is doing.
    pub(in crate::runner::engine) fn abandon_outside(&self, run: &Outside) -> String {
        format!("ROLLBACK;\n{}", self.release_query(run))
    }

    /// The same where the step is not known any more.
    pub(in crate::runner::engine) fn abandon_midway(&self) -> String {
        if !self.is_locked {
            return "ROLLBACK".to_owned();
        }
        let restore = self.session.restore_all();
        format!("ROLLBACK;\n{}", sql::release(&self.tables, &restore))
    }
}

/// The process of the server that has answered, where it was asked for.
fn process(rows: &[Row]) -> Option<&str> {
    tagged(rows, tag::PROCESS).last()?.get(1)?.as_deref()
}
