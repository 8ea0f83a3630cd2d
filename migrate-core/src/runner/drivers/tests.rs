//! What becomes of a run whose future is dropped, by what its driver was asked to do.

use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Waker};

use super::*;
use crate::chain::chain::Chain;
use crate::chain::check::check;
use crate::chain::folder::Folder;
use crate::plan::history::Row;
use crate::plan::target::Target;
use crate::runner::operation::Operation;
use crate::runner::runner::Runner;

/// A client whose first answers are these, and which then never answers again.
struct Silent<'t> {
    answers: Vec<Result<Vec<Row>, Failure>>,
    /// What was sent, in order.
    sent: &'t Mutex<Vec<String>>,
}

impl Silent<'_> {
    fn note(&self, what: &str, query: &str) {
        if let Ok(mut sent) = self.sent.lock() {
            let first = query.lines().next().unwrap_or_default();
            sent.push(format!("{what} {first}"));
        }
    }
}

impl Driver for Silent<'_> {
    async fn query(&mut self, query: String) -> Result<Vec<Row>, Failure> {
        self.note("query", &query);
        match self.answers.pop() {
            Some(answer) => answer,
            None => std::future::pending().await,
        }
    }

    async fn run(&mut self, query: String) -> Result<(), Failure> {
        self.query(query).await.map(drop)
    }

    async fn wait(&mut self, _: Duration) {}

    fn abandon(&mut self, query: &str) {
        self.note("abandon", query);
    }
}

fn chain() -> Chain<'static> {
    let sql = "-- revision: 001\n-- message: Users\n-- migrate:up\nCREATE TABLE users ();\n\
               -- migrate:down\nDROP TABLE users;\n";
    let folder = Folder::of_texts("migrations", [("001_users.sql", sql)]);
    check(folder).unwrap_or_else(|_| Chain::broken())
}

/// Polls a run once, drops it, and gives what was sent.
fn dropped(operation: Operation, answers: Vec<Result<Vec<Row>, Failure>>) -> Vec<String> {
    let (chain, sent) = (chain(), Mutex::new(Vec::new()));
    let runner = Runner::new(&chain);
    let Ok(engine) = runner.engine(operation) else { return Vec::new() };
    {
        let run = pin!(drive(Silent { answers, sent: &sent }, engine));
        assert!(run.poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    sent.into_inner().unwrap_or_default()
}

#[test]
fn a_run_that_only_reads_leaves_nothing_to_clean_up() {
    let sent = dropped(Operation::Read, Vec::new());
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(sent[0].starts_with("query "), "{sent:?}");
}

#[test]
fn a_run_that_writes_is_rolled_back_when_it_is_dropped() {
    // There is no history, and so the tables are created: nobody answers.
    let missing = Failure {
        code: Some("42P01".into()),
        message: "relation \"public.migrate_history\" does not exist".into(),
        detail: None,
        hint: None,
        position: None,
        source: None,
    };
    let none: Vec<Row> = Vec::new();
    let sent = dropped(Operation::Upgrade(Target::Head), vec![Ok(none), Err(missing)]);
    assert_eq!(sent.last().map(String::as_str), Some("abandon ROLLBACK"), "{sent:?}");
}
