//! `migrate test`: each revision up, down and up again, in copies of a database that climbs the chain. The copies
//! are tested in parallel, so one that fails hides no other.

mod contents;
mod failures;
mod fill;
mod said;
mod tests_of_author;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use migrate_core::chain::Down;
use migrate_core::schema::catalog::{Catalog, Difference, Name};
use migrate_core::{Chain, Error, Migration, Runner, Target};
use postgres::Client;

use self::contents::Contents;
pub(crate) use self::failures::{Step, TestFailure, TestFailureKind};
use self::fill::{Filled, fill};
use self::said::Said;
use self::tests_of_author::AuthorTests;
use crate::compare::{differences, privileges, read_with, upgrade};
use crate::context::Context;
use crate::failure::{Failure, FailureKind};
use crate::meaning::agreed;
use crate::scratch::{Scratch, ScratchDatabase};

/// How a chain is tested.
pub(crate) struct Plan<'a> {
    pub(crate) context: &'a Context,
    pub(crate) chain: &'a Chain<'static>,
    /// Of each revision of the chain, whether it is tested.
    pub(crate) chosen: Vec<bool>,
    /// How many rows are put into each table; none if this is 0.
    pub(crate) rows: usize,
    pub(crate) seed: u64,
    /// Do privileges and owners count?
    pub(crate) grants: bool,
}

/// What came of a revision.
pub(crate) struct Tested {
    /// Its place in the chain.
    pub(crate) nth: usize,
    /// The steps that were taken, the last of them also if it failed.
    pub(crate) steps: Vec<Step>,
    pub(crate) failures: Vec<TestFailure>,
    /// How many rows were in how many tables before.
    pub(crate) rows: usize,
    pub(crate) tables: usize,
    /// The tables for which no rows could be generated, and why.
    pub(crate) unfilled: Vec<(String, String)>,
    pub(crate) duration: Duration,
}

/// A database before a revision, and the catalogs before and after it.
struct Job {
    nth: usize,
    database: ScratchDatabase,
    before: Arc<Catalog>,
    after: Arc<Catalog>,
}

impl Plan<'_> {
    /// Tests the revisions. Those above one that can't be applied are not reached, and not in the answer.
    pub(crate) fn run(
        &self,
        scratch: &Scratch,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<Tested>, Failure> {
        let workers = thread::available_parallelism().map_or(2, NonZero::get).clamp(2, 8);
        // A copy is made when somebody is about to need it.
        let (sender, receiver) = sync_channel::<Job>(workers);
        let receiver = Mutex::new(receiver);
        let (mut tested, climbed) = thread::scope(|scope| {
            let work = || -> Result<Vec<Tested>, Failure> {
                let mut found = Ok(Vec::new());
                // After a failure of the server it goes on taking jobs: somebody may be waiting to hand one out.
                while let Some(job) = next(&receiver) {
                    if let Ok(all) = &mut found {
                        progress(job.nth);
                        match self.test(job) {
                            Ok(tested) => all.push(tested),
                            Err(failure) => found = Err(failure),
                        }
                    }
                }
                found
            };
            let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            let climbed = self.climb(scratch, progress, &|job| sender.send(job).is_ok());
            drop(sender);
            let mut tested: Result<Vec<Tested>, Failure> = Ok(Vec::new());
            for worker in running {
                let found =
                    worker.join().unwrap_or_else(|_| Err(lost_connection("a thread ended")));
                tested = tested.and_then(|mut all| {
                    all.extend(found?);
                    Ok(all)
                });
            }
            (tested, climbed)
        });
        let climbed = climbed?;
        if let Ok(tested) = &mut tested {
            tested.extend(climbed);
            tested.sort_by_key(|tested| tested.nth);
        }
        tested
    }

    /// Climbs the chain in one database, and hands out a copy from before each chosen revision. Where no rows are wanted, a
    /// copy would cost more than it saves: the revision is tested in the database itself, which is recreated if that
    /// fails. The answer is what was tested here, and the revision that could not be applied, if there was one.
    fn climb(
        &self,
        scratch: &Scratch,
        progress: &dyn Fn(usize),
        hand_out: &dyn Fn(Job) -> bool,
    ) -> Result<Vec<Tested>, Failure> {
        let mut tested = Vec::new();
        let Some(last) = self.chosen.iter().rposition(|chosen| *chosen) else { return Ok(tested) };
        let mut database = scratch.database()?;
        let mut admin = scratch.admin().connect().map_err(Failure::DevServer)?;
        let runner = self.runner();
        let mut before = Arc::new(self.read(&mut database.connect()?, &runner)?);
        for nth in 0..=last {
            let migration = &self.chain.migrations()[nth];
            let is_chosen = self.chosen.get(nth) == Some(&true);
            let with_rows = self.rows > 0 || AuthorTests::of(migration).has_rows();
            let copy = match is_chosen && with_rows {
                true => {
                    scratch.wait_until_left(&mut admin, &database)?;
                    Some(scratch.copy(&database)?)
                }
                false => None,
            };
            let began = Instant::now();
            let mut client = database.connect()?;
            match upgrade(scratch, &mut client, &runner, Target::Relative(1)) {
                Ok(()) => {}
                Err(Failure::OnScratch(error)) => {
                    let rows = failures::Rows { counts: &BTreeMap::new(), has_rows: false };
                    let failure = failures::of_error(migration, Step::Up, &error, rows);
                    tested.push(Tested {
                        nth,
                        steps: vec![Step::Up],
                        failures: vec![failure],
                        rows: 0,
                        tables: 0,
                        unfilled: Vec::new(),
                        duration: began.elapsed(),
                    });
                    return Ok(tested);
                }
                Err(failure) => return Err(failure),
            }
            // Between two that are not tested nobody looks.
            let is_needed = is_chosen || self.chosen.get(nth + 1) == Some(&true);
            if !is_needed {
                continue;
            }
            let after = Arc::new(self.read(&mut client, &runner)?);
            if let Some(database) = copy {
                let job = Job { nth, database, before, after: Arc::clone(&after) };
                if !hand_out(job) {
                    break;
                }
            } else if is_chosen {
                progress(nth);
                let mut climb = Climb::of(self, migration, client);
                climb.steps.push(Step::Up);
                climb.failures.extend(climb.tests.after(&mut climb.client, Step::Up)?);
                climb.back(&before, &after, &Contents::default())?;
                let is_exact = climb.failures.is_empty() && !climb.said.is_down_allowed;
                tested.push(climb.tested(nth, began));
                if !is_exact {
                    database = scratch.database()?;
                    let target = Target::revision(migration.id.as_str());
                    upgrade(scratch, &mut database.connect()?, &runner, target)?;
                }
            }
            before = after;
        }
        Ok(tested)
    }

    fn runner(&self) -> Runner<'_> {
        self.context.runner(self.chain)
    }

    fn read(&self, client: &mut Client, runner: &Runner<'_>) -> Result<Catalog, Failure> {
        read_with(self.grants, client, Some(runner))
    }

    fn test(&self, job: Job) -> Result<Tested, Failure> {
        let began = Instant::now();
        let Job { nth, database, before, after } = job;
        let migration = &self.chain.migrations()[nth];
        let mut climb = Climb::of(self, migration, database.connect()?);
        climb.all(&before, &after)?;
        Ok(climb.tested(nth, began))
    }
}

/// The next job; none when the climb is over.
fn next(receiver: &Mutex<Receiver<Job>>) -> Option<Job> {
    receiver.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// One revision on its way.
struct Climb<'p, 'a> {
    plan: &'p Plan<'a>,
    migration: &'p Migration<'static>,
    said: Said,
    tests: AuthorTests<'p>,
    client: Client,
    filled: Filled,
    steps: Vec<Step>,
    failures: Vec<TestFailure>,
}

impl<'p, 'a> Climb<'p, 'a> {
    fn of(plan: &'p Plan<'a>, migration: &'p Migration<'static>, client: Client) -> Self {
        Climb {
            plan,
            migration,
            said: Said::of(migration.up_sql(), migration.down_sql().unwrap_or_default()),
            tests: AuthorTests::of(migration),
            client,
            filled: Filled::default(),
            steps: Vec::new(),
            failures: Vec::new(),
        }
    }

    fn tested(self, nth: usize, began: Instant) -> Tested {
        let Climb { filled, steps, failures, .. } = self;
        let show = |(table, why): (Name, String)| (table.to_string(), why);
        Tested {
            nth,
            steps,
            failures,
            rows: filled.counts.values().sum(),
            tables: filled.counts.len(),
            unfilled: filled.unfilled.into_iter().map(show).collect(),
            duration: began.elapsed(),
        }
    }

    /// Up, down and up again, as far as it goes.
    fn all(&mut self, before: &Catalog, after: &Catalog) -> Result<(), Failure> {
        let runner = self.plan.runner();
        // Generated rows make room for the author's.
        self.failures.extend(self.tests.prepare(&mut self.client)?);
        if self.plan.rows > 0 && !self.said.are_rows_left_out {
            self.filled = fill(&mut self.client, before, self.plan.rows, self.plan.seed)?;
        }
        let was = self.contents(before, before)?;
        match self.step(Step::Up, &runner)? {
            true => self.back(before, after, &was),
            false => Ok(()),
        }
    }

    /// Down and up again, if there is a way back.
    fn back(&mut self, before: &Catalog, after: &Catalog, was: &Contents) -> Result<(), Failure> {
        let runner = self.plan.runner();
        if matches!(self.migration.down, Down::Irreversible(_)) {
            return Ok(());
        }
        let above = match self.has_rows() {
            false => after.clone(),
            // Rows may make it build something else.
            true => self.plan.read(&mut self.client, &runner)?,
        };
        if !self.step(Step::Down, &runner)? {
            return Ok(());
        }
        let below = self.plan.read(&mut self.client, &runner)?;
        if !self.said.is_down_allowed {
            let found = self.differences(before, &below);
            let differs = failures::differs(self.migration, Step::Down, &found);
            if !self.said.is_loss_told {
                let is = self.contents(before, &below)?;
                self.failures.extend(failures::lost(self.migration, &was.lost(&is)));
            }
            // What the second upgrade would meet follows from that.
            if let Some(differs) = differs {
                self.failures.insert(0, differs);
                return Ok(());
            }
        }
        if self.step(Step::UpAgain, &runner)? && !self.said.is_down_allowed {
            let again = self.plan.read(&mut self.client, &runner)?;
            let found = self.differences(&above, &again);
            self.failures.extend(failures::differs(self.migration, Step::UpAgain, &found));
        }
        Ok(())
    }

    fn has_rows(&self) -> bool {
        !self.filled.counts.is_empty() || self.tests.has_rows()
    }

    /// The rows of the tables of one catalog that are in the other, too.
    fn contents(&mut self, wanted: &Catalog, present: &Catalog) -> Result<Contents, Failure> {
        if !self.has_rows() {
            return Ok(Contents::default());
        }
        Contents::read(&mut self.client, wanted, present).map_err(lost_connection)
    }

    /// How the database, which has the second catalog, differs from the first. A text that means the same is none.
    fn differences(&mut self, from: &Catalog, to: &Catalog) -> Vec<Difference> {
        match from == to {
            true => Vec::new(),
            false => {
                let from = agreed(&mut self.client, from, to);
                [differences(&from, to), privileges(&from, to)].concat()
            }
        }
    }

    /// Takes a step, and tells whether it led there. Then the author's queries are asked.
    fn step(&mut self, step: Step, runner: &Runner<'_>) -> Result<bool, Failure> {
        self.steps.push(step);
        let ran: Result<_, Error> = match step {
            Step::Down => runner.downgrade_to(&mut self.client, Target::Relative(-1)),
            Step::Up | Step::UpAgain => runner.upgrade_to(&mut self.client, Target::Relative(1)),
        };
        if let Err(error) = ran {
            let rows = failures::Rows { counts: &self.filled.counts, has_rows: self.has_rows() };
            self.failures.push(failures::of_error(self.migration, step, &error, rows));
            return Ok(false);
        }
        // What the first upgrade did wrong, the second does as well.
        let is_known = step == Step::UpAgain
            && self
                .failures
                .iter()
                .any(|it| it.step == Step::Up && it.kind == TestFailureKind::Test);
        if !is_known {
            self.failures.extend(self.tests.after(&mut self.client, step)?);
        }
        Ok(true)
    }
}

fn lost_connection(why: impl std::fmt::Display) -> Failure {
    let what = format!("the scratch database failed: {why}");
    Failure::refused(FailureKind::DevServer, what, "run it again; the log of that server says more")
}

/// The tables that got no rows, each with the first reason.
pub(crate) fn unfilled(tested: &[Tested]) -> Vec<(&str, &str)> {
    let mut seen = BTreeSet::new();
    let all = tested.iter().flat_map(|tested| &tested.unfilled);
    all.filter(|(table, _)| seen.insert(table)).map(|(table, why)| (&**table, &**why)).collect()
}
