//! What becomes of a run that ends before its time: its future is dropped, or an observer panics.

use crate::runner::engine::Engine;

/// A client that can be told one last thing.
pub(super) trait LastWord {
    /// Sends this; nobody waits for the answer.
    fn last_word(&mut self, query: &str);
}

#[cfg(feature = "postgres")]
impl LastWord for &mut ::postgres::Client {
    fn last_word(&mut self, query: &str) {
        // If the connection is gone, so is what would be left behind.
        let _ = self.batch_execute(query);
    }
}

#[cfg(feature = "tokio-postgres")]
impl LastWord for &tokio_postgres::Client {
    fn last_word(&mut self, query: &str) {
        use std::task::{Context, Waker};

        // The first poll hands the message to the connection, which sends it behind the one that is
        // under way.
        let sending = std::pin::pin!(self.batch_execute(query));
        let _ = sending.poll(&mut Context::from_waker(Waker::noop()));
    }
}

/// A run that tidies up when it is dropped: the message that was under way may leave a failed
/// transaction, or a lock of the session, on a connection that goes back to a pool.
pub(super) struct Tidy<'e, C: LastWord> {
    pub(super) client: C,
    pub(super) engine: Engine<'e>,
}

impl<C: LastWord> Drop for Tidy<'_, C> {
    fn drop(&mut self) {
        if let Some(query) = self.engine.abandon() {
            self.client.last_word(&query);
        }
    }
}
