//! The drivers: each is a client behind the one seam that a run needs, and decides nothing.
//!
//! A driver says how its client sends a query, how it waits, and what becomes of a run that ends early ([`Driver`]).
//! [`drive`] carries a run out over any of them, and the methods of `Runner` are written once, in `methods`. `custom` is for
//! clients that this crate does not know.

#[cfg(any(feature = "postgres", feature = "tokio-postgres"))]
mod answers;
#[cfg(feature = "postgres")]
mod blocking;
mod custom;
mod methods;
#[cfg(feature = "sqlx")]
pub(crate) mod sqlx;
#[cfg(feature = "tokio-postgres")]
mod tokio;

#[cfg(all(feature = "catalog", any(feature = "postgres", feature = "tokio-postgres")))]
pub(crate) use self::answers::rows;

use std::time::{Duration, Instant};

use crate::runner::engine::{Engine, Input, Outcome, Output};
use crate::runner::error::Error;
use crate::runner::failure::Failure;

/// What a run needs of a client: implement it for one that this crate does not know, and call
/// [`upgrade_with`](crate::Runner::upgrade_with) and so on.
///
/// A driver decides nothing. It needs a client that can send *simple* queries (many statements in one message, as
/// `PQexec` of libpq does), since the server begins and ends transactions as the text of a message says.
///
/// ```
/// use std::time::Duration;
/// use migrate_core::Driver;
/// use migrate_core::runner::Failure;
///
/// /// A client, and an answer of its own.
/// struct Client;
///
/// struct Refused {
///     sqlstate: Option<String>,
///     message: String,
/// }
///
/// impl Client {
///     async fn simple_query(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>, Refused> {
///         // …
/// #       let _ = sql;
/// #       Ok(Vec::new())
///     }
/// }
///
/// impl Driver for &mut Client {
///     async fn query(&mut self, query: String) -> Result<Vec<Vec<Option<String>>>, Failure> {
///         self.simple_query(&query).await.map_err(|refused| Failure {
///             code: refused.sqlstate,
///             message: refused.message,
///             detail: None,
///             hint: None,
///             position: None,
///             source: None,
///         })
///     }
///
///     async fn run(&mut self, query: String) -> Result<(), Failure> {
///         self.query(query).await.map(drop)
///     }
///
///     async fn wait(&mut self, pause: Duration) {
///         // The sleep of your runtime.
/// #       let _ = pause;
///     }
///
///     fn abandon(&mut self, query: &str) {
///         // Queue `query` without waiting for its answer, or close the connection.
/// #       let _ = query;
///     }
/// }
/// ```
pub trait Driver {
    /// Sends this as one simple query, and gives the rows of all its statements, in order and as text; NULL is `None`, and so
    /// is what is not text in UTF-8.
    ///
    /// [`Failure::code`] is `None` when the connection was lost and only then: the run then takes the message for one
    /// that may have been carried out.
    fn query(
        &mut self,
        query: String,
    ) -> impl Future<Output = Result<Vec<Vec<Option<String>>>, Failure>> + Send;

    /// The same, but the rows are thrown away as they come: a migration may return a million of them.
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
    let mut reply = Input::Start;
    loop {
        reply = match run.engine.next(reply, start.elapsed())? {
            Output::Done => return Ok(run.engine.take_outcome()),
            Output::Wait(pause) => {
                run.driver.wait(pause).await;
                Input::Waited
            }
            Output::Query(query) => match run.driver.query(query).await {
                Ok(rows) => Input::Rows(rows),
                Err(failure) => Input::Failed(failure),
            },
            Output::Run(query) => match run.driver.run(query).await {
                Ok(()) => Input::Rows(Vec::new()),
                Err(failure) => Input::Failed(failure),
            },
        };
    }
}

/// An error and what caused it, in one line.
#[cfg(any(feature = "postgres", feature = "tokio-postgres", feature = "sqlx"))]
fn chained(error: &dyn std::error::Error) -> String {
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
