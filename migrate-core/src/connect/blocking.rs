//! Connects with [`postgres::Client`], which blocks.

use std::net::ToSocketAddrs;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;

use postgres::Client;
use tokio_postgres::Config;

use super::attempts::NextAttempt;
use super::error_mapping::{Attempt, reason, unknown_host};
use super::session_attributes::SessionAttributes;
use super::tls::Connector as TlsConnector;
use super::{ConnectError, Connector};

impl Connector {
    /// Connects, and blocks until the session stands.
    ///
    /// # Errors
    ///
    /// When no server can be reached, TLS does not come about as asked for, or the server refuses.
    pub fn connect(&self) -> Result<Client, ConnectError> {
        let tls = self.tls()?;
        let mut search = self.search();
        loop {
            match search.next() {
                NextAttempt::GiveUp(why) => return Err(why),
                NextAttempt::LookUp(place) => {
                    match (place.host.as_str(), place.port).to_socket_addrs() {
                        Ok(found) => search.found(self.addresses(found)),
                        Err(error) => search.not_found(unknown_host(&place, error)),
                    }
                }
                NextAttempt::Try(place, address, way, attributes) => {
                    let config = self.wanted.config(&place, address, way);
                    match self.open(config, tls.clone(), self.attempt(&place), attributes) {
                        Ok(client) => return Ok(client),
                        Err(why) => search.failed(why),
                    }
                }
            }
        }
    }

    fn open(
        &self,
        config: Config,
        tls: TlsConnector,
        attempt: Attempt,
        attributes: SessionAttributes,
    ) -> Result<Client, ConnectError> {
        let mut config = postgres::Config::from(config);
        let notices = self.notices.clone();
        config.notice_callback(move |notice| notices.tell(&notice));
        let open = move || {
            let mut client = config.connect(tls)?;
            let answer = attributes.question().map(|sql| client.simple_query(sql)).transpose()?;
            Ok((client, answer.unwrap_or_default()))
        };
        let (client, answer) = within(attempt.clone(), "migrate-connect", open)?;
        match attributes.refuses(&answer) {
            Some(reason) => Err(attempt.wrong_server(reason)),
            None => Ok(client),
        }
    }
}

/// Does it in a thread of its own, and waits no longer than the attempt has patience: the driver has a
/// limit only for reaching the server, and blocks if that never answers. The thread may be left
/// behind, until the server hangs up.
pub(super) fn within<T: Send + 'static>(
    attempt: Attempt,
    name: &str,
    run: impl FnOnce() -> Result<T, postgres::Error> + Send + 'static,
) -> Result<T, ConnectError> {
    let (sender, receiver) = channel();
    thread::Builder::new()
        .name(name.into())
        .spawn(move || {
            // Nobody listens any more if it took too long.
            let _ = sender.send(run());
        })
        .map_err(|error| ConnectError::Setup { reason: error.to_string() })?;
    let answer = match attempt.connect_timeout {
        Some(connect_timeout) => receiver.recv_timeout(connect_timeout),
        None => receiver.recv().map_err(RecvTimeoutError::from),
    };
    match answer {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(attempt.failed(error)),
        Err(RecvTimeoutError::Timeout) => Err(attempt.timed_out()),
        Err(error) => Err(ConnectError::Setup { reason: reason(&error) }),
    }
}
