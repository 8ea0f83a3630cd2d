//! The driver for `sqlx`: a connection, or one of a pool.

use std::task::{Context, Waker};
use std::time::Duration;

use ::sqlx::pool::PoolConnection;
use ::sqlx::postgres::{PgDatabaseError, PgErrorPosition, PgRow};
use ::sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, Postgres, Row as _, ValueRef};

use super::methods::methods;
use super::{Driver, chained, drive};
use crate::plan::history::Row;
use crate::runner::engine::{Engine, Outcome};
use crate::runner::error::Error;
use crate::runner::failure::Failure;

/// What a [`Runner`](crate::Runner) uses of `sqlx`: `&mut PgConnection`, `&mut PoolConnection<Postgres>` or `&PgPool`, each of
/// which turns into this by itself.
///
/// A run over a pool takes one connection and gives it back; when the future is dropped midway, the connection is closed
/// instead. On a connection of the caller's, a `ROLLBACK` is queued behind the statement that is under way, and sqlx
/// sends it before anything else.
///
/// ```no_run
/// # async fn of(runner: migrate_core::Runner<'_>, pool: sqlx::PgPool) -> Result<(), Box<dyn std::error::Error>> {
/// runner.upgrade_sqlx(&pool).await?;
/// let mut connection = pool.acquire().await?;
/// println!("{}", runner.status_sqlx(&mut connection).await?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SqlxClient<'c>(Client<'c>);

#[derive(Debug)]
enum Client<'c> {
    Connection(&'c mut PgConnection),
    Pool(&'c PgPool),
}

impl<'c> From<&'c mut PgConnection> for SqlxClient<'c> {
    fn from(connection: &'c mut PgConnection) -> Self {
        SqlxClient(Client::Connection(connection))
    }
}

impl<'c> From<&'c mut PoolConnection<Postgres>> for SqlxClient<'c> {
    fn from(connection: &'c mut PoolConnection<Postgres>) -> Self {
        SqlxClient(Client::Connection(connection))
    }
}

impl<'c> From<&'c PgPool> for SqlxClient<'c> {
    fn from(pool: &'c PgPool) -> Self {
        SqlxClient(Client::Pool(pool))
    }
}

/// A connection of the caller's.
struct Borrowed<'c>(&'c mut PgConnection);

/// A connection that the run has taken from a pool; none when it was closed.
struct Taken(Option<PoolConnection<Postgres>>);

impl Driver for Borrowed<'_> {
    async fn query(&mut self, query: String) -> Result<Vec<Row>, Failure> {
        let found = ::sqlx::raw_sql(AssertSqlSafe(query)).fetch_all(&mut *self.0).await;
        found.map(|rows| rows.iter().map(texts).collect()).map_err(failure)
    }

    async fn run(&mut self, query: String) -> Result<(), Failure> {
        let ran = ::sqlx::raw_sql(AssertSqlSafe(query)).execute(&mut *self.0).await;
        ran.map(drop).map_err(failure)
    }

    async fn wait(&mut self, pause: Duration) {
        // sqlx's own sleep is that of the runtime that it is built for.
        ::sqlx::__rt::sleep(pause).await;
    }

    fn abandon(&mut self, query: &str) {
        // Every other call of sqlx's waits for the answer that is under way before it sends anything. This one queues
        // its text first: what stays of it when it is dropped is sent before the next query.
        let sending = std::pin::pin!(self.0.begin_with(AssertSqlSafe(query)));
        let _ = sending.poll(&mut Context::from_waker(Waker::noop()));
    }
}

impl Driver for Taken {
    async fn query(&mut self, query: String) -> Result<Vec<Row>, Failure> {
        match &mut self.0 {
            Some(connection) => Borrowed(connection).query(query).await,
            None => Err(failure(::sqlx::Error::PoolClosed)),
        }
    }

    async fn run(&mut self, query: String) -> Result<(), Failure> {
        match &mut self.0 {
            Some(connection) => Borrowed(connection).run(query).await,
            None => Err(failure(::sqlx::Error::PoolClosed)),
        }
    }

    async fn wait(&mut self, pause: Duration) {
        ::sqlx::__rt::sleep(pause).await;
    }

    fn abandon(&mut self, _: &str) {
        // The pool would wait for the statement that is under way. Without its session the server rolls back.
        drop(self.0.take().map(PoolConnection::detach));
    }
}

/// The columns of a row, as text. The simple protocol sends nothing else.
fn texts(row: &PgRow) -> Row {
    let text = |at| {
        let value = row.try_get_raw(at).ok().filter(|value| !value.is_null())?;
        value.as_str().ok().map(str::to_owned)
    };
    (0..row.len()).map(text).collect()
}

/// An error of sqlx's.
fn failure(error: ::sqlx::Error) -> Failure {
    let server = error.as_database_error().and_then(|it| it.try_downcast_ref::<PgDatabaseError>());
    Failure {
        code: server.map(|server| server.code().to_owned()),
        message: server.map_or_else(|| chained(&error), |server| server.message().to_owned()),
        detail: server.and_then(PgDatabaseError::detail).map(str::to_owned),
        hint: server.and_then(PgDatabaseError::hint).map(str::to_owned),
        position: server.and_then(PgDatabaseError::position).and_then(|position| match position {
            PgErrorPosition::Original(position) => Some(position),
            PgErrorPosition::Internal { .. } => None,
        }),
        source: Some(Box::new(error)),
    }
}

async fn run(client: impl Into<SqlxClient<'_>>, engine: Engine<'_>) -> Result<Outcome, Error> {
    match client.into().0 {
        Client::Connection(connection) => drive(Borrowed(connection), engine).await,
        Client::Pool(pool) => {
            let taken = pool.acquire().await;
            let taken = taken.map_err(|error| {
                Error::server("taking a connection from the pool", failure(error))
            })?;
            drive(Taken(Some(taken)), engine).await
        }
    }
}

methods! {
    client: impl Into<SqlxClient<'_>>,
    run: run,
    async: [async],
    await: [.await],
    names: [
        upgrade_sqlx upgrade_to_sqlx downgrade_to_sqlx apply_sqlx stamp_sqlx stamp_purge_sqlx
        adopt_sqlx status_sqlx history_sqlx log_sqlx history_tables_sqlx forget_sqlx running_sqlx verify_sqlx
    ],
}
