//! The engine: what to ask the server next, given its last answer. No IO, no clock, no thread.
//!
//! A driver carries out each [`Output`] and hands back the [`Input`]; it decides nothing. The shape
//! of a run:
//!
//! 1. Look: is our head recorded, and nothing else? One round trip, and most runs end here.
//! 2. Read the history, plan, and send whole transactions. Each takes the lock without waiting
//!    and checks that the history is still the one that the plan was made for.
//! 3. When a transaction fails: roll back, read again, and decide on what the database then says:
//!    wait, try again, or give up with the place of the statement.

mod deciding;
mod failed;
mod non_transactional;
mod reading;
mod rows;
mod sending;
mod tables;
mod waiting;

use std::time::Duration;

use self::deciding::Planning;
use self::non_transactional::NonTransactional;
use self::reading::{Seen, is_missing, reading_failed, see_all};
use self::rows::{holder, tagged};
use self::sending::Batching;
use self::tables::Change;
use self::waiting::Waiting;
use crate::chain::chain::Chain;
use crate::plan::history::{History, Row};
use crate::plan::step::Plan;
use crate::plan::target::Target;
use crate::runner::batch::{Batch, ProgressMarker};
use crate::runner::error::Error;
use crate::runner::failure::Failure;
use crate::runner::history_tables::HistoryTables;
use crate::runner::log::LogEntry;
use crate::runner::observer::{Observers, RunObserver};
use crate::runner::operation::Operation;
use crate::runner::report::{LockHolder, Report};
use crate::runner::settings::Settings;
use crate::runner::sql::{self, Tables, layout, tag};

/// What the driver is to do next.
#[derive(Debug)]
pub(crate) enum Output {
    /// Send this as one simple query.
    Query(String),
    /// The same, of which nobody asks for the rows: a migration may return a million of them, which are thrown away as they
    /// come.
    Run(String),
    /// Let this much time pass.
    Wait(Duration),
    /// Nothing: the run is over.
    Done,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Input {
    /// Nothing was asked yet.
    Start,
    /// The rows of all its statements.
    Rows(Vec<Row>),
    /// The server refused, or the connection was lost.
    Failed(Failure),
    /// The time has passed.
    Waited,
}

/// What a run has found and done.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) history: History,
    pub(crate) log: Vec<LogEntry>,
    pub(crate) tables: HistoryTables,
    pub(crate) holder: Option<LockHolder>,
    pub(crate) report: Report,
    /// Whether the whole chain is applied: seen so, or done by this run.
    pub(crate) is_at_head: bool,
}

/// What was asked last.
#[derive(Debug)]
enum State {
    Start,
    Looking,
    Reading,
    /// The session's settings alone are asked for, since tables are missing; and which are there.
    ReadingSession,
    ChangingTables(Change),
    UpgradingLayout,
    ReadingLog,
    Running(Batch),
    /// Rolling back what is under way, since the run is to stop.
    Stopping,
    /// A step outside a transaction is on its way.
    NonTransactional(Box<NonTransactional>),
    /// Rolling back after a failure; the message, unless no migration was in it.
    Recovering(Option<Batch>, Failure),
    /// Reading the history after a failure, with how far the message has got.
    Reviewing(Batch, Failure, Option<ProgressMarker>),
    Stamping,
    /// Forgetting how far revisions have come that have stopped on their way.
    Forgetting,
    /// Noting in the log why the run fails.
    Noting(Error),
    Waiting,
    AskingHolder,
    Ended,
}

/// One run; see the module.
pub(crate) struct Engine<'r> {
    chain: &'r Chain<'static>,
    settings: &'r Settings,
    watch: RunObserver<'r>,
    tables: Tables,
    operation: Operation,
    state: State,
    plan: Plan<'r>,
    /// The whole plan, where it is not made from what is read.
    given: Plan<'r>,
    seen: Seen,
    log: Vec<LogEntry>,
    planning: Planning,
    batching: Batching,
    waiting: Waiting,
    report: Report,
    /// Whether the database was seen at head, or was taken there.
    is_at_head: bool,
    /// Whether the session holds the lock, for a step outside a transaction.
    is_locked: bool,
    /// Whether the run has ended, well or not.
    is_over: bool,
}

impl<'r> Engine<'r> {
    pub(crate) fn new(
        chain: &'r Chain<'static>,
        settings: &'r Settings,
        watch: &'r Observers<'r>,
        operation: Operation,
        seed: u64,
    ) -> Result<Self, Error> {
        if let Some(reason) = settings.bad_name() {
            return Err(Error::BadName { reason });
        }
        let seen = Seen::new(&operation);
        Ok(Engine {
            chain,
            settings,
            watch: RunObserver::new(watch, &operation, chain.tip().0),
            tables: Tables::new(&settings.schema, &settings.table_prefix),
            operation,
            state: State::Start,
            plan: Plan::default(),
            given: Plan::default(),
            seen,
            log: Vec::new(),
            planning: Planning::default(),
            batching: Batching::new(seed),
            waiting: Waiting::new(seed),
            report: Report::default(),
            is_at_head: false,
            is_locked: false,
            is_over: true,
        })
    }

    /// With the plan of [`Operation::Apply`].
    pub(crate) fn with_plan(self, given: Plan<'r>) -> Self {
        Engine { given, ..self }
    }

    /// What the run has found and done.
    pub(crate) fn take_outcome(&mut self) -> Outcome {
        Outcome {
            history: std::mem::take(&mut self.seen.history),
            log: std::mem::take(&mut self.log),
            tables: std::mem::take(&mut self.seen.tables.found),
            holder: self.waiting.holder.take(),
            report: std::mem::take(&mut self.report),
            is_at_head: self.is_at_head,
        }
    }

    /// What leaves nothing behind on the server when the run ends before its time, if the message
    /// that is under way could.
    pub(crate) fn abandon(&self) -> Option<String> {
        match &self.state {
            // An observer has panicked.
            State::Ended if !self.is_over => Some(self.abandon_midway()),
            State::ChangingTables(_)
            | State::UpgradingLayout
            | State::Stamping
            | State::Forgetting
            | State::Running(_)
            | State::Stopping
            | State::Recovering(..) => Some("ROLLBACK".to_owned()),
            State::NonTransactional(run) => Some(self.abandon_non_transactional(run)),
            _ => None,
        }
    }

    /// Takes the answer to the last question, and gives the next. `now` is the time since the run
    /// began.
    pub(crate) fn next(&mut self, reply: Input, now: Duration) -> Result<Output, Error> {
        self.is_over = false;
        let next = self.take(reply, now);
        self.is_over = matches!(next, Ok(Output::Done) | Err(_));
        next
    }

    fn take(&mut self, reply: Input, now: Duration) -> Result<Output, Error> {
        self.watch.pass_on_notices(self.running().as_deref());
        let state = std::mem::replace(&mut self.state, State::Ended);
        match (state, reply) {
            (State::Start, _) if self.operation == Operation::Upgrade(Target::Head) => {
                Ok(self.look())
            }
            (State::Start, _) if self.operation == Operation::Log => {
                let query = format!("{};\n{}", sql::log::read(&self.tables), self.hidden_query());
                Ok(self.ask(State::ReadingLog, query))
            }
            (State::Start, _) if self.is_about_tables() => Ok(self.find_tables()),
            (State::Start, _) if self.operation == Operation::LockHolder => Ok(self.ask_holder()),
            (State::Start, _) => Ok(self.read()),
            (State::Looking, Input::Rows(rows)) if self.sees_head(&rows) => {
                self.is_at_head = true;
                Ok(Output::Done)
            }
            (State::Looking, Input::Rows(_)) => Ok(self.read()),
            (State::Reading, Input::Rows(rows)) => {
                self.seen.has_tables = true;
                self.take_session(&rows)?;
                see_all(&rows)?;
                self.take_layout(&rows)?;
                self.seen.history = self.parse_history(&rows)?;
                self.decide(now)
            }
            // Who may not read how far a half done revision has come can do without, unless it goes below it.
            (State::Reading, Input::Failed(failure)) if self.does_without_partials(&failure) => {
                Ok(self.read_without_partials(&failure))
            }
            // A transaction that has failed; ours are rolled back before anything is read.
            (
                State::Looking | State::Reading | State::ReadingSession | State::ReadingLog,
                Input::Failed(failure),
            ) if failure.is("25P02") => Err(Error::InTransaction),
            // The history is there, but not all that belongs to it.
            (State::Reading, Input::Failed(failure))
                if is_missing(&failure)
                    && let Some(table) = self.tables.beside_history(&failure.message) =>
            {
                self.part_is_missing(table.to_owned(), failure)
            }
            (State::Looking | State::Reading, Input::Failed(failure)) if is_missing(&failure) => {
                self.seen.has_tables = false;
                Ok(self.find_tables())
            }
            (State::Looking | State::Reading, Input::Failed(failure)) => {
                Err(reading_failed(&self.tables.history, failure))
            }
            (State::ReadingSession, Input::Rows(rows)) => {
                self.take_session(&rows)?;
                self.take_tables(&rows);
                self.decide_on_tables(now)
            }
            (State::ChangingTables(change), Input::Rows(rows)) => {
                self.tables_changed(change, &rows, now)
            }
            (State::UpgradingLayout, Input::Rows(_)) => {
                self.seen.layout = layout::VERSION;
                self.decide(now)
            }
            (State::Stamping, Input::Rows(_)) => Ok(Output::Done),
            (State::Forgetting, Input::Rows(_)) => Ok(self.read()),
            (
                State::ChangingTables(_)
                | State::UpgradingLayout
                | State::Stamping
                | State::Forgetting,
                Input::Failed(failure),
            ) => self.recover(None, failure),
            (State::ReadingLog, Input::Rows(rows)) => self.take_log(&rows),
            (State::ReadingLog, Input::Failed(failure)) if is_missing(&failure) => Ok(Output::Done),
            (State::ReadingLog, Input::Failed(failure)) => {
                Err(reading_failed(&self.tables.log, failure))
            }
            // Noted or not, the run fails for the first reason.
            (State::Noting(error), _) => Err(error),
            (State::Running(message), Input::Rows(rows)) => self.answered(message, &rows, now),
            (State::Stopping, Input::Rows(_)) => Err(self.stopped(0, true)),
            (State::Running(message), Input::Failed(failure)) => {
                self.recover(Some(message), failure)
            }
            (State::Recovering(None, failure), Input::Rows(_)) => {
                self.bookkeeping_failed(failure, now)
            }
            (State::Recovering(Some(message), failure), Input::Rows(rows)) => {
                let marker = tagged(&rows, tag::STATEMENT).next();
                let marker = marker.and_then(|row| row.get(1)?.as_deref()?.parse().ok());
                let marker = marker.and_then(|number| message.at_marker(number));
                Ok(self.look_back(message, failure, marker))
            }
            // It was rolled back, but this session has not set a mark, or can't any more.
            (State::Recovering(Some(message), failure), Input::Failed(second))
                if second.code.is_some() =>
            {
                Ok(self.look_back(message, failure, None))
            }
            (State::Reviewing(message, failure, marker), Input::Rows(rows)) => {
                let after = self.parse_history(&rows)?;
                self.review(&message, failure, marker, after, now)
            }
            // What went wrong first tells more than what followed.
            (State::Recovering(message, failure), Input::Failed(_)) => {
                Err(self.lost_in(message.as_ref(), failure))
            }
            (State::Reviewing(message, failure, _), Input::Failed(_)) => {
                Err(self.lost_in(Some(&message), failure))
            }
            (State::NonTransactional(run), reply) => self.non_transactional(*run, reply, now),
            (State::Waiting, _) if self.watch.stops() => Err(self.stopped_between()),
            (State::Waiting, _) => Ok(self.ask_holder()),
            (State::AskingHolder, Input::Rows(rows)) if self.operation == Operation::LockHolder => {
                self.waiting.holder = holder(&rows);
                Ok(Output::Done)
            }
            (State::AskingHolder, Input::Rows(rows)) => match holder(&rows) {
                None => {
                    self.waiting.holder = None;
                    Ok(self.start_over())
                }
                holder => {
                    self.waiting.holder = holder;
                    self.wait(now)
                }
            },
            (_, Input::Failed(failure)) if self.is_cancelled(&failure) => {
                Err(self.stopped_between())
            }
            (_, Input::Failed(failure)) => Err(Error::server("talking to the server", failure)),
            // Rows where time was asked for, or the reverse: no driver does that.
            (state, reply @ (Input::Start | Input::Rows(_) | Input::Waited)) => {
                Err(Error::internal(&format!("{reply:?} in {state:?}")))
            }
        }
    }
}

#[cfg(test)]
mod tests;
