//! The driver for [`tokio_postgres::Client`], which does not block.

use std::task::{Context, Waker};
use std::time::Duration;

use tokio_postgres::Client;

use super::answers::{failure, rows};
use super::methods::methods;
use super::{Driver, drive};
use crate::plan::history::Row;
use crate::runner::error::Error;
use crate::runner::failure::Failure;

impl Driver for &Client {
    async fn query(&mut self, query: String) -> Result<Vec<Row>, Failure> {
        self.simple_query(&query).await.map(|messages| rows(&messages)).map_err(failure)
    }

    async fn run(&mut self, query: String) -> Result<(), Failure> {
        self.batch_execute(&query).await.map_err(failure)
    }

    async fn wait(&mut self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }

    fn abandon(&mut self, query: &str) {
        // The first poll hands the message to the connection, which sends it behind the one that is
        // under way.
        let sending = std::pin::pin!(self.batch_execute(query));
        let _ = sending.poll(&mut Context::from_waker(Waker::noop()));
    }
}

methods! {
    client: &Client,
    run: drive,
    async: [async],
    await: [.await],
    names: [
        upgrade_async upgrade_to_async downgrade_to_async apply_async stamp_async stamp_purge_async
        adopt_async status_async history_async log_async history_tables_async forget_async running_async verify_async
    ],
}
