//! A chain on a real server, revision by revision: up, and in a copy of the database down and up again.

use std::ops::Range;

use migrate_core::catalog::{Catalog, Difference};
use migrate_testkit::postgres::Client;
use migrate_testkit::{Database, Server};

use crate::file::{File, Half, Statement};
use crate::{Result, short};

/// A statement that the server refuses.
pub(crate) struct Refusal {
    pub(crate) lines: Range<usize>,
    pub(crate) message: String,
}

/// What happened at one revision.
#[derive(Default)]
pub(crate) struct Step {
    pub(crate) up: Vec<Refusal>,
    pub(crate) down: Vec<Refusal>,
    pub(crate) again: Vec<Refusal>,
    /// From the catalog before to the one after upgrade and downgrade.
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
        main.connect()?.batch_execute(prepare)?;
        let mut climbed = Climbed { steps: Vec::new(), lacks: None };
        for file in files {
            let step = revision(server, &main, file)?;
            if let Some(refusal) = step.up.iter().find(|one| is_extension(&one.message)) {
                climbed.lacks = Some(format!("{}: {}", file.name(), refusal.message));
                break;
            }
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

fn revision(server: &Server, main: &Database, file: &File) -> Result<Step> {
    let statements = file.statements();
    let of = |half: Half| statements.iter().filter(move |one| one.half == half);
    let before = Catalog::read(&mut main.connect()?)?;
    let (mut step, transactional) = (Step::default(), file.is_transactional(Half::Up));
    step.up = section(&mut main.connect()?, of(Half::Up), transactional)?;
    if !file.has_down() || !step.up.is_empty() {
        return Ok(step);
    }
    let copy = server.database_from(main)?;
    step.down = section(&mut copy.connect()?, of(Half::Down), file.is_transactional(Half::Down))?;
    if step.down.is_empty() {
        step.left = before.differences(&Catalog::read(&mut copy.connect()?)?);
        step.again = section(&mut copy.connect()?, of(Half::Up), transactional)?;
    }
    Ok(step)
}

/// Runs a section; what the server refuses is left out, so that all that it refuses is known.
fn section<'s>(
    client: &mut Client,
    statements: impl Iterator<Item = &'s Statement>,
    transactional: bool,
) -> Result<Vec<Refusal>> {
    let mut refused = Vec::new();
    client.batch_execute("SET client_min_messages = error; SET statement_timeout = '60s'")?;
    if transactional {
        client.batch_execute("BEGIN")?;
    }
    let mut last = 0..1;
    for statement in statements {
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
    Ok(refused)
}

fn refusal(lines: Range<usize>, error: &migrate_testkit::postgres::Error) -> Refusal {
    let message = error.as_db_error().map_or_else(|| error.to_string(), |e| e.message().to_owned());
    Refusal { lines, message: short(&message, 200) }
}
