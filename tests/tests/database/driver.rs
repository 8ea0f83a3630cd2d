//! A client that migrate-core does not know, by a driver of the test's own.

use std::time::Duration;

use migrate_core::runner::Failure;
use migrate_core::{Driver, Error, Runner, Status};
use migrate_testkit::Database;
use tokio::runtime::Runtime;
use tokio_postgres::SimpleQueryMessage;

use crate::support::{ClientKind, Session, database, done, polled, tables, upgrades};

/// The client of another library, and what it was told when a run ended early.
struct Other {
    client: tokio_postgres::Client,
    abandoned: Vec<String>,
}

impl Driver for &mut Other {
    async fn query(&mut self, query: String) -> Result<Vec<Vec<Option<String>>>, Failure> {
        let row = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect())
            }
            _ => None,
        };
        match self.client.simple_query(&query).await {
            Ok(messages) => Ok(messages.iter().filter_map(row).collect()),
            Err(error) => Err(Failure {
                code: error.code().map(|code| code.code().to_owned()),
                message: error.as_db_error().map_or(error.to_string(), |it| it.message().into()),
                detail: None,
                hint: None,
                position: None,
                source: Some(Box::new(error)),
            }),
        }
    }

    async fn run(&mut self, query: String) -> Result<(), Failure> {
        self.query(query).await.map(drop)
    }

    async fn wait(&mut self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }

    fn abandon(&mut self, query: &str) {
        self.abandoned.push(query.to_owned());
    }
}

fn open(database: &Database) -> (Runtime, Other) {
    let session = Session::open(ClientKind::Tokio, database.url());
    let Session::Tokio(runtime, client) = session else { unreachable!() };
    (runtime, Other { client, abandoned: Vec::new() })
}

#[test]
fn a_driver_of_ones_own_is_a_client_like_any_other() {
    let database = database("driver");
    let (runtime, mut other) = open(&database);
    let chain = tables(3);
    let runner = Runner::new(&chain);
    runtime.block_on(async {
        assert_eq!(done(runner.upgrade_with(&mut other).await.unwrap().report()), "+r1 +r2 +r3");
        assert_eq!(runner.status_with(&mut other).await.unwrap(), Status::AtHead);
        let base = crate::support::target("base");
        let report = runner.downgrade_to_with(&mut other, base).await.unwrap();
        assert_eq!(done(&report), "-r3 -r2 -r1");
        // The place is found without a position: by the number of the statement.
        let chain = upgrades(&["SELECT 1;", "SELECT 1;\nSELECT 1 / 0;"]);
        let error = Runner::new(&chain).upgrade_with(&mut other).await.unwrap_err();
        let Error::Statement(error) = &error else { panic!("{error:?}") };
        assert_eq!((error.revision.as_str(), error.statement), ("r2", Some(2)));
    });
    assert_eq!(other.abandoned, [""; 0]);
}

/// It is told what to send behind the message that is under way.
#[test]
fn a_driver_whose_run_is_dropped() {
    let database = database("driver_dropped");
    let (runtime, mut other) = open(&database);
    let chain = upgrades(&["SELECT pg_sleep(3);"]);
    let runner = Runner::new(&chain);
    let pause = Duration::from_millis(50);
    assert!(!runtime.block_on(polled(runner.upgrade_with(&mut other), 12, pause)));
    assert_eq!(other.abandoned, ["ROLLBACK"]);
}
