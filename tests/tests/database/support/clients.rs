//! Which clients there are, and what differs between them: connection strings, rows and errors.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use migrate_core::{Error, Runner};
use migrate_testkit::postgres;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{AssertSqlSafe, PgConnection, Row, ValueRef};

use super::{Session, address};

/// One of the clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientKind {
    Blocking,
    Tokio,
    Sqlx,
}

impl ClientKind {
    pub(crate) const ALL: [ClientKind; 3] =
        [ClientKind::Blocking, ClientKind::Tokio, ClientKind::Sqlx];

    /// Another one for each number, where many clients run at once.
    pub(crate) fn nth(number: usize) -> ClientKind {
        ClientKind::ALL[number % ClientKind::ALL.len()]
    }
}

/// What a client says when it is refused: the SQLSTATE, if it was the server, and the client's own text.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) code: Option<String>,
    pub(crate) text: String,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<postgres::Error> for Refused {
    fn from(error: postgres::Error) -> Self {
        let code = error.code().map(|code| code.code().to_owned());
        Refused { code, text: format!("{error}: {error:?}") }
    }
}

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        Refused { code: code.map(Into::into), text: format!("{error:?}") }
    }
}

/// How sqlx connects where the other clients take this string.
pub(crate) fn sqlx_options(url: &str) -> PgConnectOptions {
    let config: postgres::Config = url.parse().unwrap();
    let (host, port) = address(&config);
    let mut options =
        PgConnectOptions::new_without_pgpass().port(port).ssl_mode(PgSslMode::Disable);
    options = match host.starts_with('/') {
        true => options.socket(host),
        false => options.host(&host),
    };
    if let Some(user) = config.get_user() {
        options = options.username(user);
    }
    if let Some(password) = config.get_password() {
        options = options.password(&String::from_utf8_lossy(password));
    }
    if let Some(database) = config.get_dbname() {
        options = options.database(database);
    }
    if let Some(name) = config.get_application_name() {
        options = options.application_name(name);
    }
    // A pooler refuses even an empty one.
    if let Some(settings) = config.get_options() {
        let settings = settings.split("-c").filter_map(|setting| setting.trim().split_once('='));
        options =
            options.options(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    options
}

/// The rows of some statements, as [`Session::try_rows`](super::Session::try_rows) gives them.
pub(super) async fn sqlx_rows(
    client: &mut PgConnection,
    sql: &str,
) -> Result<Vec<String>, Refused> {
    let found = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(client).await?;
    let text = |row: &sqlx::postgres::PgRow, at| {
        let value = row.try_get_raw(at).unwrap();
        if value.is_null() { "-".to_owned() } else { value.as_str().unwrap().to_owned() }
    };
    let row = |row| (0..Row::len(row)).map(|at| text(row, at)).collect::<Vec<_>>().join("|");
    Ok(found.iter().map(row).collect())
}

/// Polls an upgrade this often, lets the server answer in between, and drops it. Tells whether it has ended before
/// that; it does so with an error.
pub(crate) fn dropped_after(
    session: &mut Session,
    runner: &Runner<'_>,
    polls: usize,
    pause: Duration,
) -> bool {
    match session {
        Session::Blocking(_) => panic!("a client that blocks is never dropped"),
        Session::Tokio(runtime, client) => {
            runtime.block_on(polled(runner.upgrade_async(client), polls, pause))
        }
        Session::Sqlx(runtime, client) => {
            runtime.block_on(polled(runner.upgrade_sqlx(&mut *client), polls, pause))
        }
    }
}

/// Polls a run this often and drops it; see [`dropped_after`].
pub(crate) async fn polled<T>(
    run: impl Future<Output = Result<T, Error>>,
    polls: usize,
    pause: Duration,
) -> bool {
    let mut run = pin!(run);
    for _ in 0..polls {
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(result) = run.as_mut().poll(&mut context) {
            assert!(result.is_err());
            return true;
        }
        tokio::time::sleep(pause).await;
    }
    false
}

/// With sqlx the first query after one that was dropped meets the error of that one, if it has failed.
pub(crate) fn settle(session: &mut Session) {
    if session.kind() == ClientKind::Sqlx {
        let _ = session.try_rows("SELECT 1");
    }
}
