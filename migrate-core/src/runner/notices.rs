//! What a server says beside its answers: kept until the runner passes it on.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A `NOTICE`, a `WARNING` or the like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How serious it is, as the server says it (`NOTICE`, `WARNING`).
    pub severity: String,
    /// What it says.
    pub message: String,
}

/// The way from a connection to a [`Runner`](crate::Runner): the connection puts in what the server
/// says beside its answers, and the runner's observer is told, as
/// [`Event::Notice`](crate::Event::Notice).
///
/// A clone is another handle to the same.
///
/// ```
/// use migrate_core::runner::Notices;
///
/// let notices = Notices::new();
/// let way_in = notices.clone();
/// way_in.push("NOTICE", "table \"t\" does not exist, skipping");
/// assert_eq!(notices.take().map(|notice| notice.severity), Some("NOTICE".to_owned()));
/// assert_eq!(notices.take(), None);
/// ```
#[derive(Clone, Default)]
pub struct Notices {
    queue: Arc<Mutex<VecDeque<Notice>>>,
}

/// When nobody takes them out, the oldest go.
const MOST: usize = 1000;

impl Notices {
    /// An empty one.
    pub fn new() -> Self {
        Notices::default()
    }

    /// Puts one in.
    pub fn push(&self, severity: impl Into<String>, message: impl Into<String>) {
        let mut queue = self.queue();
        if queue.len() == MOST {
            queue.pop_front();
        }
        queue.push_back(Notice { severity: severity.into(), message: message.into() });
    }

    /// Takes the oldest out.
    pub fn take(&self) -> Option<Notice> {
        self.queue().pop_front()
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<Notice>> {
        // A queue is whole at any time, whoever panicked with it in hand.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Notices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notices").field("waiting", &self.queue().len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_when_nobody_listens() {
        let notices = Notices::new();
        for number in 0..MOST + 2 {
            notices.push("NOTICE", number.to_string());
        }
        assert_eq!(notices.take().map(|notice| notice.message), Some("2".to_owned()));
    }
}
