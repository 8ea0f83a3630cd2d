//! Waits for a server that is still starting.

use std::thread;
use std::time::{Duration, Instant};

use migrate_core::ConnectError;
use migrate_core::connect::Connector;
use postgres::Client;

use crate::ui::Ui;

/// The pause after the first attempt; it doubles from one attempt to the next.
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(1);

/// Connects. Where nobody answers, or the server is starting, it tries again until the limit.
pub(crate) fn connect(
    ui: &Ui,
    connector: &Connector,
    limit: Duration,
) -> Result<Client, ConnectError> {
    let begin = Instant::now();
    for attempt in 0.. {
        let error = match connector.connect() {
            Err(error) if error.is_temporary() => error,
            result => return result,
        };
        let Some(pause) = pause(attempt, begin.elapsed(), limit) else {
            ui.say(format!("gave up after {} s", begin.elapsed().as_secs()));
            return Err(error);
        };
        if attempt == 0 {
            let why = error.to_string();
            ui.say(format!("waiting for the server: {}", why.lines().next().unwrap_or_default()));
        }
        thread::sleep(pause);
    }
    connector.connect()
}

/// How long to pause after a failed attempt; `None` when the time is up. A limit of 0 is none.
fn pause(attempt: u32, elapsed: Duration, limit: Duration) -> Option<Duration> {
    let pause = SHORTEST.saturating_mul(2_u32.saturating_pow(attempt)).min(LONGEST);
    match limit.checked_sub(elapsed) {
        _ if limit.is_zero() => Some(pause),
        None | Some(Duration::ZERO) => None,
        Some(left) => Some(pause.min(left)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end_with_the_limit() {
        let check = |attempt, elapsed, limit, expected: Option<u64>| {
            let (elapsed, limit) = (Duration::from_millis(elapsed), Duration::from_millis(limit));
            let expected = expected.map(Duration::from_millis);
            assert_eq!(pause(attempt, elapsed, limit), expected, "{attempt} {elapsed:?}");
        };
        check(0, 0, 5_000, Some(100));
        check(2, 300, 5_000, Some(400));
        check(60, 3_000, 5_000, Some(1_000));
        check(60, 4_900, 5_000, Some(100));
        check(0, 5_000, 5_000, None);
        check(0, 9_000, 5_000, None);
        check(9, 1 << 40, 0, Some(1_000));
    }
}
