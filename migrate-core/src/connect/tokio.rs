//! Connects with [`tokio_postgres::Client`], which does not block.

use std::future::poll_fn;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::lookup_host;
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_postgres::{AsyncMessage, Client, Config, Connection};

use super::attempts::NextAttempt;
use super::error_mapping::{Attempt, reason, unknown_host};
use super::notices::Notices;
use super::session_attributes::SessionAttributes;
use super::tls::Connector as TlsConnector;
use super::{ConnectError, Connector};
use crate::runner::unsupported_servers::unsupported_server;

impl Connector {
    /// Connects, and lets a task of the current tokio runtime serve the connection until the client
    /// is dropped. Should the connection break, that goes to `tracing`, too.
    ///
    /// # Errors
    ///
    /// When no server can be reached, TLS does not come about as asked for, the server refuses, or
    /// this is not called inside of a tokio runtime.
    pub async fn connect_async(&self) -> Result<Client, ConnectError> {
        let runtime = Handle::try_current()
            .map_err(|error| ConnectError::Setup { reason: error.to_string() })?;
        let tls = self.tls()?;
        let mut search = self.search();
        loop {
            match search.next() {
                NextAttempt::GiveUp(why) => return Err(why),
                NextAttempt::LookUp(place) => {
                    match lookup_host((place.host.as_str(), place.port)).await {
                        Ok(found) => search.found(self.addresses(found)),
                        Err(error) => search.not_found(unknown_host(&place, error)),
                    }
                }
                NextAttempt::Try(place, address, way, attributes) => {
                    let config = self.wanted.config(&place, address, way);
                    let attempt = self.attempt(&place);
                    match self.open_async(config, tls.clone(), attempt, attributes, &runtime).await
                    {
                        Ok(client) => return Ok(client),
                        Err(why) => search.failed(why),
                    }
                }
            }
        }
    }

    async fn open_async(
        &self,
        config: Config,
        tls: TlsConnector,
        attempt: Attempt,
        attributes: SessionAttributes,
        runtime: &Handle,
    ) -> Result<Client, ConnectError> {
        let opening = async {
            let (client, connection) = config.connect(tls).await?;
            let said = ["crdb_version", "server_version"].into_iter();
            let unsupported =
                said.filter_map(|name| connection.parameter(name)).find_map(unsupported_server);
            let place = attempt.place.clone();
            let _task = runtime.spawn(serve(connection, self.notices.clone(), place));
            let answer = match attributes.question() {
                Some(sql) => client.simple_query(sql).await?,
                None => Vec::new(),
            };
            Ok((client, unsupported, answer))
        };
        // The driver has a limit only for reaching the server.
        let answer = match attempt.connect_timeout {
            Some(connect_timeout) => timeout(connect_timeout, opening).await,
            None => Ok(opening.await),
        };
        let (client, unsupported, answer) = match answer {
            Ok(Ok(opened)) => opened,
            Ok(Err(error)) => return Err(attempt.failed(error)),
            Err(_) => return Err(attempt.timed_out()),
        };
        match (unsupported, attributes.refuses(&answer)) {
            (Some(why), _) => {
                Err(ConnectError::UnsupportedServer { place: attempt.place, why: why.to_owned() })
            }
            (_, Some(reason)) => Err(attempt.wrong_server(reason)),
            _ => Ok(client),
        }
    }
}

async fn serve<S, T>(mut connection: Connection<S, T>, notices: Notices, place: String)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        match poll_fn(|context| connection.poll_message(context)).await {
            Some(Ok(AsyncMessage::Notice(notice))) => notices.tell(&notice),
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                tracing::error!("the connection to {place} is lost: {}", reason(&error));
                return;
            }
            None => return,
        }
    }
}
