//! What `postgres` and `tokio-postgres` answer, as data: the one is a wrapper of the other, with the same types.

#[cfg(feature = "postgres")]
use ::postgres as client;
#[cfg(all(feature = "tokio-postgres", not(feature = "postgres")))]
use tokio_postgres as client;

use client::SimpleQueryMessage;
use client::error::ErrorPosition;

use super::chained;
use crate::plan::history::Row;
use crate::runner::failure::Failure;

/// The rows of an answer, as text.
pub(crate) fn rows(messages: &[SimpleQueryMessage]) -> Vec<Row> {
    let row = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => {
            let column = |at| row.try_get(at).ok().flatten().map(str::to_owned);
            Some((0..row.len()).map(column).collect())
        }
        _ => None,
    };
    messages.iter().filter_map(row).collect()
}

/// An error of the client.
pub(super) fn failure(error: client::Error) -> Failure {
    let server = error.as_db_error();
    Failure {
        code: server.map(|server| server.code().code().to_owned()),
        message: server.map_or_else(|| chained(&error), |server| server.message().to_owned()),
        detail: server.and_then(|server| server.detail()).map(str::to_owned),
        hint: server.and_then(|server| server.hint()).map(str::to_owned),
        position: server.and_then(|server| server.position()).and_then(|position| match position {
            ErrorPosition::Original(position) => usize::try_from(*position).ok(),
            ErrorPosition::Internal { .. } => None,
        }),
        source: Some(Box::new(error)),
    }
}
