//! What becomes of a run whose future is dropped before its end.

use std::ops::{Deref, DerefMut};
use std::pin::pin;
use std::task::{Context, Waker};

use tokio_postgres::Client;

use crate::engine::Engine;

/// A run that tidies up when it is dropped: the message that was under way may leave a failed
/// transaction, or a lock of the session, on a connection that goes back to a pool.
pub(super) struct Tidy<'c, 'e> {
    client: &'c Client,
    engine: Engine<'e>,
}

impl<'c, 'e> Tidy<'c, 'e> {
    pub(super) fn new(client: &'c Client, engine: Engine<'e>) -> Self {
        Tidy { client, engine }
    }
}

impl<'e> Deref for Tidy<'_, 'e> {
    type Target = Engine<'e>;

    fn deref(&self) -> &Engine<'e> {
        &self.engine
    }
}

impl<'e> DerefMut for Tidy<'_, 'e> {
    fn deref_mut(&mut self) -> &mut Engine<'e> {
        &mut self.engine
    }
}

impl Drop for Tidy<'_, '_> {
    fn drop(&mut self) {
        if let Some(query) = self.engine.abandon() {
            // The first poll hands the message to the connection, which sends it behind the one that
            // is under way; nobody waits for the answer.
            let sending = pin!(self.client.batch_execute(&query));
            let _ = sending.poll(&mut Context::from_waker(Waker::noop()));
        }
    }
}
