//! A run that changes a database: what it tells while it goes, and what it did in the end.

use migrate_core::__private::counted;
use migrate_core::chain::RunSettings;
use migrate_core::runner::Done;
use migrate_core::{Chain, Direction, Error, History, Report, Runner};
use serde::Serialize;

use super::adopt::other_tools;
use super::current::At;
use crate::args::{How, Limits};
use crate::context::{Context, Database, current};
use crate::failure::Failure;
use crate::heartbeat::Heartbeat;
use crate::interrupt::Interrupt;
use crate::tree::Tree;
use crate::ui::{ADDED, Page, View};

/// What a run did, for programs; people have seen it happen.
#[derive(Serialize)]
pub(super) struct Ran {
    event: &'static str,
    database: String,
    done: Vec<DoneView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stamped: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unstamped: Vec<String>,
    current: Vec<At>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ahead: Vec<String>,
}

/// A revision that a run has applied or undone.
#[derive(Serialize)]
struct DoneView {
    revision: String,
    direction: String,
    duration_ms: u64,
}

impl View for Ran {
    fn text(&self, page: &mut Page) {
        for revision in &self.unstamped {
            page.line(format!("unstamped {revision}"));
        }
        for revision in &self.stamped {
            page.line(format!("stamped {revision}"));
        }
    }
}

/// A runner that runs as the arguments say.
pub(super) fn configured<'c>(
    context: &Context,
    chain: &'c Chain<'static>,
    how: &How,
) -> Runner<'c> {
    let mut runner = limited(context, chain, &how.limits);
    if how.single_transaction {
        runner = runner.single_transaction();
    }
    if how.run_again {
        runner = runner.run_in_doubt_again();
    }
    if how.forget_progress {
        runner = runner.forget_progress();
    }
    runner
}

/// A runner with the limits that the arguments give.
pub(super) fn limited<'c>(
    context: &Context,
    chain: &'c Chain<'static>,
    how: &Limits,
) -> Runner<'c> {
    let mut runner = context.runner(chain);
    let RunSettings { lock_timeout, statement_timeout, lock_wait_timeout, .. } =
        &context.connection.limits;
    if let Some(limit) = how.lock_timeout.or(*lock_timeout) {
        runner = runner.lock_timeout(limit);
    }
    if let Some(limit) = how.statement_timeout.or(*statement_timeout) {
        runner = runner.statement_timeout(limit);
    }
    if let Some(limit) = how.lock_wait_timeout.or(*lock_wait_timeout) {
        runner = runner.lock_wait_timeout(limit);
    }
    runner
}

/// Runs, tells how it goes, and says in the end where the database is.
pub(super) fn run(
    context: &Context,
    chain: &Chain<'static>,
    mut database: Database,
    runner: Runner<'_>,
    change: impl FnOnce(&Runner<'_>, &mut postgres::Client) -> Result<Report, Error>,
) -> Result<(), Failure> {
    let progress = context.ui.progress().of(chain);
    let interrupt = Interrupt::arm(database.connector.canceller(&database.client)?, &progress);
    let mut runner = runner
        .forward_notices(&database.notices)
        .observe(|event| progress.tell(event))
        .stop_when(Interrupt::is_asked);
    if progress.has_bar() {
        // A person wants to see each statement, and to stop after any of them.
        runner = runner.statement_at_a_time();
    }
    let heartbeat = Heartbeat::begin(context, progress.beat());
    let result = change(&runner, &mut database.client);
    drop(heartbeat);
    drop(interrupt);
    progress.end();
    let report = match result {
        Ok(report) => report,
        Err(error) => return Err(explained(context, chain, &mut database, &runner, error)),
    };
    let history = runner.history(&mut database.client)?;
    finish(context, database.place, report, &history)
}

/// What fails since another tool has made it already is not for a stamp, but for an adoption.
fn explained(
    context: &Context,
    chain: &Chain<'static>,
    database: &mut Database,
    runner: &Runner<'_>,
    error: Error,
) -> Failure {
    let exists = |code: &str| ["42P06", "42P07", "42701", "42710", "42723"].contains(&code);
    let found = match &error {
        Error::Statement(why) if why.failure.code.as_deref().is_some_and(exists) => {
            let history = runner.history(&mut database.client).unwrap_or_default();
            other_tools(context, &mut database.client, chain, &history)
        }
        _ => None,
    };
    match found {
        Some(help) => Failure::Advised(Box::new(error), help),
        None => error.into(),
    }
}

/// Says in the end what was done, and where the database is.
pub(super) fn finish(
    context: &Context,
    database: String,
    report: Report,
    history: &History,
) -> Result<(), Failure> {
    let tree = Tree::of(&context.source);
    let current: Vec<At> =
        current(history).into_iter().map(|record| At::of(&tree, record)).collect();
    let words = words(&report);
    let place = place(&database, &current);
    let done = report.done.iter().map(|done: &Done| DoneView {
        revision: done.revision.clone(),
        direction: done.direction.to_string(),
        duration_ms: u64::try_from(done.duration.as_millis()).unwrap_or(u64::MAX),
    });
    context.ui.show(&Ran {
        event: "done",
        database,
        done: done.collect(),
        stamped: report.stamped,
        unstamped: report.unstamped,
        current,
        ahead: report.ahead,
    })?;
    if !context.ui.json {
        context.ui.say(format!("{ADDED}{words}{ADDED:#}; {place}"));
    }
    Ok(())
}

/// `app@db.example:5432/app is at 002 (head)`
pub(super) fn place(database: &str, current: &[At]) -> String {
    match current {
        [] => "no revision is applied".to_owned(),
        at => {
            let at: Vec<String> = at.iter().map(At::line).collect();
            format!("{database} is at {}", at.join(" and "))
        }
    }
}

/// `2 revisions applied`
fn words(report: &Report) -> String {
    let up = report.done.iter().filter(|done| done.direction == Direction::Up).count();
    let counts = [
        (up, "applied"),
        (report.done.len() - up, "undone"),
        (report.unstamped.len(), "unstamped"),
        (report.stamped.len(), "stamped"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts = counts.map(|(count, what)| format!("{} {what}", counted(*count, "revision")));
    let words = counts.collect::<Vec<_>>().join(", ");
    if words.is_empty() { "nothing to do".to_owned() } else { words }
}
