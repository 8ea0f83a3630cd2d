//! The drivers: each is a client behind the one seam that a run needs, and decides nothing.
//!
//! A driver says how its client sends a query, how it waits, and what becomes of a run that ends early ([`Driver`]).
//! [`drive`] carries a run out over any of them, and the methods of `Runner` are written once, in `methods`.

#[cfg(any(feature = "postgres", feature = "tokio-postgres"))]
mod answers;
#[cfg(feature = "postgres")]
mod blocking;
mod methods;
#[cfg(feature = "sqlx")]
pub(crate) mod sqlx;
#[cfg(feature = "tokio-postgres")]
mod tokio;

#[cfg(all(feature = "catalog", any(feature = "postgres", feature = "tokio-postgres")))]
pub(crate) use self::answers::rows;

use std::error::Error as StdError;
use std::time::{Duration, Instant};

use crate::plan::history::Row;
use crate::runner::engine::{Ask, Engine, Outcome, Reply};
use crate::runner::error::Error;
use crate::runner::failure::Failure;

/// What a run needs of a client.
trait Driver {
    /// Sends this as one simple query, and gives the rows of all its statements, as text. What is not text in UTF-8 is
    /// not ours, and is as good as NULL.
    fn query(&mut self, query: String) -> impl Future<Output = Result<Vec<Row>, Failure>> + Send;

    /// The same, but the rows are thrown away as they come.
    fn run(&mut self, query: String) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Lets this much time pass.
    fn wait(&mut self, pause: Duration) -> impl Future<Output = ()> + Send;

    /// The run has ended early: its future was dropped, or an observer has panicked. Sends this behind the message that
    /// is under way, and does not wait for the answer; or closes the connection. So neither a failed transaction nor a
    /// lock stays on a connection that goes back to a pool.
    fn abandon(&mut self, query: &str);
}

/// A run over a client, which cleans up when it is dropped early.
struct Run<'e, D: Driver> {
    driver: D,
    engine: Engine<'e>,
}

impl<D: Driver> Drop for Run<'_, D> {
    fn drop(&mut self) {
        if let Some(query) = self.engine.abandon() {
            self.driver.abandon(&query);
        }
    }
}

/// Carries out a run.
#[expect(clippy::disallowed_methods, reason = "a driver is where time and the network come in")]
async fn drive<D: Driver>(driver: D, engine: Engine<'_>) -> Result<Outcome, Error> {
    let mut run = Run { driver, engine };
    let start = Instant::now();
    let mut reply = Reply::Start;
    loop {
        reply = match run.engine.next(reply, start.elapsed())? {
            Ask::Done => return Ok(run.engine.take_outcome()),
            Ask::Wait(pause) => {
                run.driver.wait(pause).await;
                Reply::Waited
            }
            Ask::Query(query) => match run.driver.query(query).await {
                Ok(rows) => Reply::Rows(rows),
                Err(failure) => Reply::Failed(failure),
            },
            Ask::Run(query) => match run.driver.run(query).await {
                Ok(()) => Reply::Rows(Vec::new()),
                Err(failure) => Reply::Failed(failure),
            },
        };
    }
}

/// An error and what caused it, in one line.
fn chained(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
