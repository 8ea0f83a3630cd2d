//! Waits for another runner, and between tries.

use std::time::Duration;

use super::{Engine, Output, State};
use crate::plan::step::Step;
use crate::runner::error::Error;
use crate::runner::failure::Failure;
use crate::runner::operation::Operation;
use crate::runner::report::{Event, LockHolder};

/// For whom a run waits, and how often it has tried.
#[derive(Debug)]
pub(super) struct Waiting {
    /// How often the step that is next was tried.
    pub(super) attempts: u32,
    /// When it began to wait for another runner.
    pub(super) since: Option<Duration>,
    /// Who holds the lock.
    pub(super) holder: Option<LockHolder>,
    pub(super) backoff: Backoff,
}

impl Waiting {
    pub(super) fn new(seed: u64) -> Self {
        Waiting { attempts: 0, since: None, holder: None, backoff: Backoff::new(seed) }
    }
}

/// Growing pauses with jitter, so that many that wait don't come back at once.
#[derive(Debug)]
pub(super) struct Backoff {
    random: u64,
    next: Duration,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(1);

    pub(super) fn new(seed: u64) -> Self {
        Backoff { random: seed | 1, next: Self::FIRST }
    }

    /// Between half and all of the pause.
    pub(super) fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(Self::LONGEST);
        // Xorshift: chance enough to part those that wait.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        pause / 2 + (pause / 2).mul_f64((self.random % 1000) as f64 / 1000.0)
    }
}

impl Engine<'_> {
    /// After which pause to try again, if the reason passes and tries are left: a lock not available
    /// in time, a deadlock, a conflict with a concurrent transaction.
    pub(super) fn try_again(&mut self, step: &Step<'_>, failure: &Failure) -> Option<Duration> {
        let passes = failure.is_any(&["55P03", "40P01", "40001"]);
        if !passes || self.waiting.attempts >= self.settings.retries {
            return None;
        }
        self.waiting.attempts += 1;
        let after = self.waiting.backoff.next();
        let revision = step.migration.id.as_str();
        self.watch.tell(&Event::Retrying { revision, reason: &failure.message, after });
        Some(after)
    }

    /// Another runner has the lock: waits, looks who it is, and begins again when it is gone.
    pub(super) fn wait(&mut self, now: Duration) -> Result<Output, Error> {
        let since = *self.waiting.since.get_or_insert(now);
        let waited = now.saturating_sub(since);
        let holder = self.waiting.holder.clone();
        // Who removes the history does not wait until another has written to it, but says who that is.
        let is_forgetting = self.operation == Operation::Forget;
        let lock_wait_timeout =
            if is_forgetting { Duration::ZERO } else { self.settings.lock_wait_timeout };
        if waited >= lock_wait_timeout {
            if is_forgetting && !std::mem::replace(&mut self.seen.tables.has_asked, true) {
                return Ok(self.ask_holder());
            }
            return Err(Error::LockTimeout { waited, holder: holder.map(Box::new) });
        }
        self.watch.tell(&Event::Waiting { holder: holder.as_ref(), waited });
        self.state = State::Waiting;
        Ok(Output::Wait(self.waiting.backoff.next().min(lock_wait_timeout - waited)))
    }
}
