//! The drivers: each carries out what the engine asks, over one kind of client. They decide
//! nothing, and are the same text but for `.await`.

#[cfg(feature = "postgres")]
pub(crate) mod blocking;
mod dropped;
#[cfg(feature = "tokio-postgres")]
pub(crate) mod tokio;

#[cfg(feature = "postgres")]
use ::postgres as client;
#[cfg(all(feature = "tokio-postgres", not(feature = "postgres")))]
use tokio_postgres as client;

use client::SimpleQueryMessage;
use client::error::ErrorPosition;

use crate::plan::history::Row;
use crate::runner::failure::Failure;

/// The rows of an answer, as text. What is no text in UTF-8 is none of ours.
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

/// An error of the client, as data.
fn failure(error: client::Error) -> Failure {
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

/// An error and what caused it, in one line.
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
