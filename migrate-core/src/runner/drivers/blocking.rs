//! The driver for [`postgres::Client`], which blocks.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use ::postgres::Client;

use super::answers::{failure, rows};
use super::methods::methods;
use super::{Driver, drive};
use crate::plan::history::Row;
use crate::runner::engine::{Engine, Outcome};
use crate::runner::error::Error;
use crate::runner::failure::Failure;

impl Driver for &mut Client {
    async fn query(&mut self, query: String) -> Result<Vec<Row>, Failure> {
        self.simple_query(&query).map(|messages| rows(&messages)).map_err(failure)
    }

    async fn run(&mut self, query: String) -> Result<(), Failure> {
        self.batch_execute(&query).map_err(failure)
    }

    #[expect(clippy::disallowed_methods, reason = "a driver is where time and the network come in")]
    async fn wait(&mut self, pause: Duration) {
        std::thread::sleep(pause);
    }

    fn abandon(&mut self, query: &str) {
        // If the connection is gone, so is what would be left behind.
        let _ = self.batch_execute(query);
    }
}

/// Carries out a run: each of its futures blocks, so the first poll is the last.
fn run(client: &mut Client, engine: Engine<'_>) -> Result<Outcome, Error> {
    match pin!(drive(client, engine)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => Err(Error::internal("a client that blocks was not done")),
    }
}

methods! {
    client: &mut Client,
    run: run,
    async: [],
    await: [],
    names: [
        upgrade upgrade_to downgrade_to apply stamp stamp_purge
        adopt status history log history_tables forget running verify
    ],
}
