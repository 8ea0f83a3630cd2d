//! A draft is run in a scratch database, up and down, before anybody sees it. What the server refuses
//! is left to a person, and so is what does not lead where it should.

use std::path::Path;

use migrate_core::runner::StatementError;
use migrate_core::schema::catalog::{Catalog, Difference};
use migrate_core::schema::diff::{only_in, with_privileges_of};
use migrate_core::{Chain, Error, Rejection, Target, check};
use postgres::Client;

use crate::compare::{differences, privileges, privileges_of_models, read_with};
use crate::context::Context;
use crate::draft::{Attempt, CHECKED, Draft, DraftSection, Identity, Refusal, UNCHECKED};
use crate::failure::{Failure, FailureKind};
use crate::meaning::agreed;
use crate::scratch::{Scratch, ScratchDatabase};
use crate::tree::folder;

/// Where drafts are tried.
pub(crate) struct Trial<'a> {
    pub(crate) context: &'a Context,
    pub(crate) scratch: &'a Scratch,
    pub(crate) directory: &'a Path,
    /// The chain's database, to which nobody is connected, and what it has in it.
    pub(crate) chain: (&'a ScratchDatabase, &'a Catalog),
    /// The same of the models.
    pub(crate) models: (&'a ScratchDatabase, &'a Catalog),
    /// Are privileges and owners to be those of the models?
    pub(crate) grants: bool,
}

/// What came of a draft.
pub(crate) struct Tried {
    /// With what it can't do by itself marked.
    pub(crate) draft: Draft,
    /// What the models say about privileges, and the upgrade does not do.
    pub(crate) privileges: Vec<Difference>,
    /// The chain with the draft at its end.
    pub(crate) chain: Chain<'static>,
}

/// What a run up and down has shown.
enum Outcome {
    /// It leads there: this is what is not as it should be.
    Up { missing: Vec<Difference>, privileges: Vec<Difference>, below: Option<Vec<Difference>> },
    /// A statement was refused.
    Refused(Box<StatementError>),
}

impl Trial<'_> {
    /// Runs the draft up and down until no statement of it is refused.
    pub(crate) fn of(&self, mut draft: Draft, identity: &Identity<'_>) -> Result<Tried, Failure> {
        let mut is_rehearsed = false;
        loop {
            let edits = draft.trial(folder(self.directory), identity)?;
            let ids: Vec<String> = edits.iter().map(|(id, _)| id.clone()).collect();
            let with_all = edits.iter().fold(folder(self.directory), |folder, (_, edit)| {
                folder.with(&edit.name, &edit.text)
            });
            let chain = check(with_all).map_err(|why| unreadable(&why))?;
            let is_left = draft.parts.iter().any(|part| part.up.is_unfinished());
            match self.run(&chain, ids.len(), is_left)? {
                Outcome::Refused(error) => {
                    let nth = ids.iter().position(|id| *id == error.revision);
                    let Some(part) = nth.and_then(|nth| draft.parts.get_mut(nth)) else {
                        return Err(Failure::OnScratch(Box::new(Error::Statement(error))));
                    };
                    if !is_rehearsed {
                        self.rehearse(&mut draft)?;
                        is_rehearsed = true;
                        continue;
                    }
                    let section = match error.direction {
                        migrate_core::Direction::Up => &mut part.up,
                        migrate_core::Direction::Down => &mut part.down,
                    };
                    leave(section, error)?;
                }
                Outcome::Up { missing, privileges, below } => {
                    draft.left_above(&missing);
                    let below = match below {
                        Some(below) => below,
                        None => self.back_from_models(&mut draft)?,
                    };
                    draft.left_below(&below);
                    return Ok(Tried { draft, privileges, chain });
                }
            }
        }
    }

    /// Finds an order in which the statements run, and what is left to a person. The downgrades are a part of it
    /// if the upgrades lead there by themselves.
    fn rehearse(&self, draft: &mut Draft) -> Result<(), Failure> {
        let copy = self.scratch.copy(self.chain.0)?;
        let mut client = copy.connect()?;
        for part in &mut draft.parts {
            rehearse(&mut client, &mut part.up)?;
        }
        if !draft.parts.iter().any(|part| part.up.is_unfinished()) {
            for part in draft.parts.iter_mut().rev() {
                rehearse(&mut client, &mut part.down)?;
            }
        }
        Ok(())
    }

    /// Up, and down again if all went well: what is wrong above makes good statements fail below.
    fn run(&self, chain: &Chain<'static>, parts: usize, is_left: bool) -> Result<Outcome, Failure> {
        let (before, wanted) = (self.chain.1, self.models.1);
        let copy = self.scratch.copy(self.chain.0)?;
        let mut client = copy.connect()?;
        let runner = self.context.runner(chain).statement_at_a_time();
        let refused = |error: Error| match error {
            Error::Statement(error) => Ok(Outcome::Refused(error)),
            error => Err(Failure::OnScratch(Box::new(error))),
        };
        if let Err(error) = runner.upgrade(&mut client) {
            return refused(error);
        }
        let mut above = subscribed(read_with(true, &mut client, Some(&runner))?, before);
        let (untold, expected);
        if self.grants {
            (untold, expected) = (Vec::new(), wanted.clone());
        } else {
            untold = told_nowhere(&above, wanted);
            // Who may use something new is not for the upgrade to say.
            let new = only_in(wanted, before);
            above.grants.retain(|on, _| !new.contains(&on.object()));
            above.owners.retain(|on, _| !new.contains(on));
            expected = with_privileges_of(wanted, before);
        }
        let expected = agreed(&mut client, &expected, &above);
        let missing = all_differences(&above, &expected);
        if is_left || !missing.is_empty() {
            return Ok(Outcome::Up { missing, privileges: untold, below: None });
        }
        let migrations = chain.migrations();
        let nth = migrations.len().checked_sub(parts + 1);
        let target = match nth.and_then(|at| migrations.get(at)) {
            Some(migration) => Target::revision(migration.id.as_str()),
            None => Target::Base,
        };
        if let Err(error) = runner.downgrade_to(&mut client, target) {
            return refused(error);
        }
        let below = subscribed(read_with(true, &mut client, Some(&runner))?, before);
        let below = all_differences(&below, &agreed(&mut client, before, &below));
        Ok(Outcome::Up { missing, privileges: untold, below: Some(below) })
    }

    /// Runs the downgrades on what the models build, where the upgrades do not lead by themselves, and
    /// tells what is not as it should be then.
    fn back_from_models(&self, draft: &mut Draft) -> Result<Vec<Difference>, Failure> {
        let copy = self.scratch.copy(self.models.0)?;
        let mut client = copy.connect()?;
        for part in draft.parts.iter_mut().rev() {
            rehearse(&mut client, &mut part.down)?;
        }
        let before = self.chain.1;
        let below = subscribed(read_with(true, &mut client, None)?, self.models.1);
        let books = |name: &migrate_core::schema::catalog::Name| {
            !before.relations.contains_key(name) && name.name.starts_with("migrate_")
        };
        let below = below.without(books);
        let before = agreed(&mut client, before, &below);
        Ok(match self.grants {
            true => all_differences(&below, &before),
            false => differences(&below, &before),
        })
    }
}

/// Runs the statements of a section one by one, each behind a savepoint: what is refused is tried elsewhere, or
/// left to a person, and the others go on.
fn rehearse(client: &mut Client, section: &mut DraftSection) -> Result<(), Failure> {
    let is_whole = section.is_transactional();
    if is_whole {
        answer(client.batch_execute("BEGIN; SAVEPOINT migrate_trial"))?.map_err(lost)?;
    }
    let mut rehearsal = section.rehearsal();
    while let Some(attempt) = rehearsal.next() {
        let ran = attempted(client, attempt)?;
        if is_whole {
            let then = match ran {
                Ok(()) => "RELEASE SAVEPOINT migrate_trial; SAVEPOINT migrate_trial",
                Err(_) => "ROLLBACK TO SAVEPOINT migrate_trial",
            };
            answer(client.batch_execute(then))?.map_err(lost)?;
        }
        rehearsal.answer(ran);
    }
    section.statements = rehearsal.finish();
    if is_whole {
        // What it did so far is looked at in any case.
        let _ = answer(client.batch_execute("COMMIT"))?;
    }
    Ok(())
}

fn attempted(client: &mut Client, attempt: Attempt<'_>) -> Result<Result<(), Refusal>, Failure> {
    let all = [UNCHECKED, attempt.sql, CHECKED];
    for sql in if attempt.unchecked { &all[..] } else { &all[1..2] } {
        if let Err(refusal) = answer(client.batch_execute(sql))? {
            return Ok(Err(refusal));
        }
    }
    Ok(Ok(()))
}

/// What the server says; the connection is there, or the comparison is over.
fn answer(ran: Result<(), postgres::Error>) -> Result<Result<(), Refusal>, Failure> {
    let Err(error) = ran else { return Ok(Ok(())) };
    let Some(said) = error.as_db_error() else { return Err(lost(error)) };
    let (code, message) = (said.code().code().to_owned(), said.message().to_owned());
    Ok(Err(Refusal { code, message }))
}

fn lost(why: impl std::fmt::Display) -> Failure {
    let what = format!("the scratch database failed: {why}");
    Failure::refused(FailureKind::DevServer, what, "run it again; the log of that server says more")
}

/// How the models differ in privileges on what is there.
fn told_nowhere(above: &Catalog, wanted: &Catalog) -> Vec<Difference> {
    let absent = only_in(wanted, above);
    let mut wanted = wanted.clone();
    wanted.grants.retain(|on, _| !absent.contains(&on.object()));
    wanted.owners.retain(|on, _| !absent.contains(on));
    privileges_of_models(above, &wanted)
}

/// A copy of a database has none of its subscriptions, and nothing is written of them.
fn subscribed(mut copy: Catalog, original: &Catalog) -> Catalog {
    let own = original.others.iter().filter(|(name, _)| name.kind == "subscription");
    copy.others.extend(own.map(|(name, it)| (name.clone(), it.clone())));
    copy
}

/// With those in privileges.
fn all_differences(from: &Catalog, to: &Catalog) -> Vec<Difference> {
    [differences(from, to), privileges(from, to)].concat()
}

/// Leaves the statement that was refused to a person.
fn leave(section: &mut DraftSection, error: Box<StatementError>) -> Result<(), Failure> {
    let why = error.failure.message.clone();
    match error.statement.is_some_and(|number| section.leave(number, why)) {
        true => Ok(()),
        false => Err(Failure::OnScratch(Box::new(Error::Statement(error)))),
    }
}

fn unreadable(why: &Rejection) -> Failure {
    let help =
        "please report it, with the models and the chain; a revision by hand is the way round it";
    Failure::refused(
        FailureKind::Autogenerate,
        format!("what was generated is no revision:\n{why}"),
        help,
    )
}
