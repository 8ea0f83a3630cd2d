//! What can go wrong once a server runs.

use crate::Backend;

/// Why something asked of a running server was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server refused or could not be reached.
    #[error("could not {action}: {}", crate::connection::reason(source))]
    Postgres {
        /// What was being done.
        action: String,
        /// What the driver said.
        source: postgres::Error,
    },
    /// Only a server that this process started from binaries can be stopped and started.
    #[error(
        "a server from the {backend} backend can't be stopped or restarted: ask for a private one with \
         `Server::start(&[Backend::Local])`"
    )]
    NotOurs {
        /// Where the server comes from.
        backend: Backend,
    },
    /// The server did not stop or start.
    #[error("could not {action} the server; the end of its log:\n{log}")]
    Control {
        /// What was asked for.
        action: &'static str,
        /// The last lines the server wrote.
        log: String,
    },
    /// The shell that looks after the server is gone.
    #[error("the shell that looks after the server is gone: {0}")]
    Supervisor(#[from] std::io::Error),
}

impl Error {
    /// A `map_err` argument that says what was being done.
    pub(crate) fn doing(action: impl Into<String>) -> impl FnOnce(postgres::Error) -> Self {
        let action = action.into();
        |source| Self::Postgres { action, source }
    }
}
