//! Pauses between tries.

use std::time::Duration;

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
