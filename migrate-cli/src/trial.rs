//! A draft is run in a scratch database, up and down, before anybody sees it. What the server refuses
//! is left to a person, and so is what does not lead where it should.

use std::path::Path;

use migrate_core::catalog::Catalog;
use migrate_core::{Chain, Error, Rejection, StatementError, Target, check};

use crate::compare::{differences, read};
use crate::context::Context;
use crate::draft::{Draft, DraftSection, Identity};
use crate::failure::Failure;
use crate::scratch::{Scratch, ScratchDatabase};
use crate::tree::folder;

/// How a trial ended.
enum Outcome {
    /// It runs both ways; these are what is not as it should be above and below.
    Ran { above: Vec<String>, below: Vec<String> },
    /// A statement was refused.
    Refused(Box<StatementError>),
    /// There is too little left to run it.
    Hopeless,
}

/// The draft, with what it can't do by itself marked. `database` has the chain in it, and nobody is
/// connected to it.
pub(crate) fn tried(
    context: &Context,
    scratch: &Scratch,
    database: &ScratchDatabase,
    directory: &Path,
    mut draft: Draft,
    identity: &Identity<'_>,
    (before, wanted): (&Catalog, &Catalog),
) -> Result<Draft, Failure> {
    loop {
        let edits = draft.trial(folder(directory), identity)?;
        let ids: Vec<String> = edits.iter().map(|(id, _)| id.clone()).collect();
        let with_all = edits
            .iter()
            .fold(folder(directory), |folder, (_, edit)| folder.with(&edit.name, &edit.text));
        let outcome = match check(with_all) {
            Ok(chain) => run(context, scratch, database, &chain, ids.len(), (before, wanted))?,
            Err(_) if draft.has_empty_section() => Outcome::Hopeless,
            Err(why) => return Err(unreadable(&why)),
        };
        match outcome {
            Outcome::Refused(error) => {
                let nth = ids.iter().position(|id| *id == error.revision);
                let Some(part) = nth.and_then(|nth| draft.parts.get_mut(nth)) else {
                    return Err(Failure::OnScratch(Box::new(Error::Statement(error))));
                };
                let section = match error.direction {
                    migrate_core::Direction::Up => &mut part.up,
                    migrate_core::Direction::Down => &mut part.down,
                };
                leave(section, error)?;
            }
            Outcome::Ran { above, below } => {
                // What was left to a person explains the differences.
                if draft.todos().is_empty() {
                    if let Some(last) = draft.parts.last_mut() {
                        last.up.missing = above;
                    }
                    if let Some(first) = draft.parts.first_mut() {
                        first.down.missing = below;
                    }
                }
                return Ok(draft);
            }
            Outcome::Hopeless => return Ok(draft),
        }
    }
}

/// Leaves the statement that was refused to a person.
fn leave(section: &mut DraftSection, error: Box<StatementError>) -> Result<(), Failure> {
    let statement = error.statement.and_then(|number| section.nth(number));
    match statement {
        Some(statement) => {
            statement.todo = Some(error.failure.message);
            Ok(())
        }
        None => Err(Failure::OnScratch(Box::new(Error::Statement(error)))),
    }
}

fn run(
    context: &Context,
    scratch: &Scratch,
    database: &ScratchDatabase,
    chain: &Chain<'static>,
    parts: usize,
    (before, wanted): (&Catalog, &Catalog),
) -> Result<Outcome, Failure> {
    let copy = scratch.copy(database)?;
    let mut client = copy.connect()?;
    let runner = context.runner(chain).statement_by_statement();
    let refused = |error: Error| match error {
        Error::Statement(error) => Ok(Outcome::Refused(error)),
        error => Err(Failure::OnScratch(Box::new(error))),
    };
    if let Err(error) = runner.upgrade(&mut client) {
        return refused(error);
    }
    let lines = |from: &Catalog, to: &Catalog| -> Vec<String> {
        differences(from, to).iter().map(ToString::to_string).collect()
    };
    let above = lines(&read(&mut client, Some(&runner))?, wanted);
    let migrations = chain.migrations();
    let target = match migrations.len().checked_sub(parts + 1).and_then(|at| migrations.get(at)) {
        Some(migration) => Target::revision(migration.id.as_str()),
        None => Target::Base,
    };
    if let Err(error) = runner.downgrade_to(&mut client, target) {
        return refused(error);
    }
    let below = lines(&read(&mut client, Some(&runner))?, before);
    Ok(Outcome::Ran { above, below })
}

fn unreadable(why: &Rejection) -> Failure {
    let help =
        "please report it, with the models and the chain; a revision by hand is the way round it";
    Failure::refused("autogenerate", format!("what was generated is no revision:\n{why}"), help)
}
