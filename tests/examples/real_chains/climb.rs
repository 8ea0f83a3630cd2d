//! A chain on a real server, revision by revision: up, and in a copy of the database down and up again.

use std::ops::Range;

use migrate_core::schema::catalog::{Catalog, Difference};
use migrate_testkit::postgres::error::SqlState;
use migrate_testkit::postgres::{self, Client};
use migrate_testkit::{Database, Server};

use crate::file::{File, Half, Statement};
use crate::{Result, short};

/// A statement that the server refuses.
pub(crate) struct Refusal {
    pub(crate) lines: Range<usize>,
    pub(crate) message: String,
    /// Whether the migration itself has raised it: "this can't be undone".
    pub(crate) raised: bool,
}

/// What happened at one revision.
#[derive(Default)]
pub(crate) struct Step {
    pub(crate) up: Vec<Refusal>,
    pub(crate) down: Vec<Refusal>,
    pub(crate) again: Vec<Refusal>,
    /// From the catalog before to the one after upgrade and downgrade, without the statements that were refused.
    pub(crate) left: Vec<Difference>,
}

pub(crate) struct Climbed {
    pub(crate) steps: Vec<Step>,
    /// The extension without which there is no going on.
    pub(crate) lacks: Option<String>,
}

impl Climbed {
    pub(crate) fn new(server: &Server, files: &[File], prepare: &str) -> Result<Self> {
        let main = server.database("chain")?;
        let mut client = main.connect()?;
        client.batch_execute(prepare)?;
        let mut climbed = Climbed { steps: Vec::new(), lacks: None };
        let mut before = Catalog::read(&mut client)?;
        for file in files {
            let mut step = Step::default();
            let statements = file.statements();
            let revision = Revision { file, statements: &statements };
            step.up = revision.section(&mut client, Half::Up)?;
            if let Some(refusal) = step.up.iter().find(|one| is_extension(&one.message)) {
                climbed.lacks = Some(format!("{}: {}", file.name(), refusal.message));
                break;
            }
            if file.has_down() && step.up.is_empty() && !revision.is_undone(&mut client, &before)? {
                drop(client);
                revision.back_and_forth(&mut step, server, &main, &before)?;
                client = main.connect()?;
            }
            before = Catalog::read(&mut client)?;
            climbed.steps.push(step);
        }
        Ok(climbed)
    }
}

/// Whether it is about an extension that the server does not have, or would have to be started with.
fn is_extension(message: &str) -> bool {
    message.contains("extension") && message.contains("is not available")
        || message.contains("shared_preload_libraries")
}

struct Revision<'a> {
    file: &'a File,
    statements: &'a [Statement],
}

impl Revision<'_> {
    fn of(&self, half: Half) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(move |one| one.half == half)
    }

    /// Goes down and up again in a transaction that is taken back, which is quick; false if anything is not as it should
    /// be, or can't be tried so.
    fn is_undone(&self, client: &mut Client, before: &Catalog) -> Result<bool> {
        if ![Half::Up, Half::Down].into_iter().all(|half| self.file.is_transactional(half)) {
            return Ok(false);
        }
        client.batch_execute("BEGIN")?;
        let run = |client: &mut Client, half| {
            let sql: String = self.of(half).map(|one| format!("{}\n;", one.sql)).collect();
            client.batch_execute(&sql)?;
            client.batch_execute("SET CONSTRAINTS ALL IMMEDIATE; RESET ALL")
        };
        let is_undone = run(client, Half::Down).is_ok()
            && Catalog::read(client).is_ok_and(|after| after == *before)
            && run(client, Half::Up).is_ok();
        client.batch_execute("ROLLBACK")?;
        Ok(is_undone)
    }

    /// Goes down and up again in a copy of the database, nobody being connected to it.
    fn back_and_forth(
        &self,
        step: &mut Step,
        server: &Server,
        main: &Database,
        before: &Catalog,
    ) -> Result<()> {
        let copy = server.database_from(main)?;
        let mut client = copy.connect()?;
        step.down = self.section(&mut client, Half::Down)?;
        step.left = before.differences(&Catalog::read(&mut client)?);
        if step.down.is_empty() {
            step.again = self.section(&mut client, Half::Up)?;
        }
        Ok(())
    }

    /// Runs a section; what the server refuses is left out, so that all that it refuses is known.
    fn section(&self, client: &mut Client, half: Half) -> Result<Vec<Refusal>> {
        let transactional = self.file.is_transactional(half);
        let mut refused = Vec::new();
        client.batch_execute("SET client_min_messages = error; SET statement_timeout = '60s'")?;
        if transactional {
            client.batch_execute("BEGIN")?;
        }
        let mut last = 0..1;
        for statement in self.of(half) {
            last = statement.lines.clone();
            if transactional {
                client.batch_execute("SAVEPOINT real_chains")?;
            }
            let result = client.batch_execute(&statement.sql);
            if let Err(error) = &result {
                refused.push(refusal(last.clone(), error));
            }
            if transactional {
                let back = if result.is_ok() { "RELEASE" } else { "ROLLBACK TO" };
                client.batch_execute(&format!("{back} SAVEPOINT real_chains"))?;
            }
        }
        if transactional && let Err(error) = client.batch_execute("COMMIT") {
            refused.push(refusal(last, &error));
        }
        // What a section has set ends with it.
        client.batch_execute("DISCARD ALL")?;
        Ok(refused)
    }
}

fn refusal(lines: Range<usize>, error: &postgres::Error) -> Refusal {
    let message = error.as_db_error().map_or_else(|| error.to_string(), |e| e.message().to_owned());
    let raised = error.code() == Some(&SqlState::RAISE_EXCEPTION);
    Refusal { lines, message: short(&message, 200), raised }
}
