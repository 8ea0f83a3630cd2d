//! Cancels what a session runs, from another thread: by a connection of its own, as PostgreSQL wants
//! it, with the same TLS.

use std::fmt;

#[cfg(feature = "postgres")]
use super::blocking::within;
use super::error_mapping::Attempt;
use super::tls::Connector as TlsConnector;
use super::{ConnectError, Connector};

/// Cancels the statement that a client's session is running. Made by
#[cfg_attr(feature = "postgres", doc = "[`Connector::canceller`].")]
#[cfg_attr(not(feature = "postgres"), doc = "[`Connector::canceller_async`].")]
///
/// It can be sent to another thread, and used any number of times. The statement fails with
/// SQLSTATE 57014. Where nothing runs, nothing happens. The server does not say which of the two it
/// was, and a request that comes late meets the statement that follows.
#[derive(Clone)]
pub struct Canceller<Token> {
    token: Token,
    tls: TlsConnector,
    attempt: Attempt,
}

impl<Token> fmt::Debug for Canceller<Token> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canceller").field("at", &self.attempt.place).finish_non_exhaustive()
    }
}

impl Connector {
    /// What cancels the statements of this client, which must be one that this connector has made.
    ///
    /// ```no_run
    /// let connector = migrate_core::connect::Connector::new("host=db.example user=app")?;
    /// let mut client = connector.connect()?;
    /// let canceller = connector.canceller(&client)?;
    /// std::thread::spawn(move || canceller.cancel());
    /// client.batch_execute("SELECT pg_sleep(60)").unwrap_err();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the root certificates can't be had: they are read now, so that later it goes fast.
    #[cfg(feature = "postgres")]
    pub fn canceller(
        &self,
        client: &postgres::Client,
    ) -> Result<Canceller<postgres::CancelToken>, ConnectError> {
        self.canceller_of(client.cancel_token())
    }

    /// The same for the client that does not block.
    ///
    /// # Errors
    ///
    /// When the root certificates can't be had.
    #[cfg(feature = "tokio-postgres")]
    pub fn canceller_async(
        &self,
        client: &tokio_postgres::Client,
    ) -> Result<Canceller<tokio_postgres::CancelToken>, ConnectError> {
        self.canceller_of(client.cancel_token())
    }

    fn canceller_of<Token>(&self, token: Token) -> Result<Canceller<Token>, ConnectError> {
        let places: Vec<String> = self.wanted.places.iter().map(ToString::to_string).collect();
        let attempt = Attempt {
            place: places.join(","),
            mode: self.wanted.tls.mode,
            // Nobody is asked for one.
            has_password: true,
            connect_timeout: self.wanted.connect_timeout,
        };
        Ok(Canceller { token, tls: self.tls()?, attempt })
    }
}

#[cfg(feature = "postgres")]
impl Canceller<postgres::CancelToken> {
    /// Asks the server to cancel, and blocks until it was asked.
    ///
    /// # Errors
    ///
    /// When the server can't be reached.
    pub fn cancel(&self) -> Result<(), ConnectError> {
        let (token, tls) = (self.token.clone(), self.tls.clone());
        within(self.attempt.clone(), "migrate-cancel", move || token.cancel_query(tls))
    }
}

#[cfg(feature = "tokio-postgres")]
impl Canceller<tokio_postgres::CancelToken> {
    /// Asks the server to cancel.
    ///
    /// # Errors
    ///
    /// When the server can't be reached, or this is not called inside of a tokio runtime.
    pub async fn cancel_async(&self) -> Result<(), ConnectError> {
        tokio::runtime::Handle::try_current()
            .map_err(|error| ConnectError::Setup { reason: error.to_string() })?;
        let asking = self.token.cancel_query(self.tls.clone());
        let answer = match self.attempt.connect_timeout {
            Some(connect_timeout) => tokio::time::timeout(connect_timeout, asking).await,
            None => Ok(asking.await),
        };
        match answer {
            Ok(asked) => asked.map_err(|error| self.attempt.clone().failed(error)),
            Err(_) => Err(self.attempt.clone().timed_out()),
        }
    }
}
