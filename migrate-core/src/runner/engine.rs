//! The engine: what to ask the server next, given its last answer. No IO, no clock, no thread.
//!
//! A driver carries out each [`Ask`] and hands back the [`Reply`]; it decides nothing. The shape
//! of a run:
//!
//! 1. Look: is our head recorded, and nothing else? One round trip, and most runs end here.
//! 2. Read the history, plan, and send whole transactions. Each takes the lock without waiting
//!    and checks that the history is still the one that the plan was made for.
//! 3. When a transaction fails: roll back, read again, and decide on what the database then says:
//!    wait, try again, or give up with the place of the statement.

mod backoff;
mod deciding;
mod failed;
mod outside;
mod reading;
mod rows;
mod sending;
mod tables;

use std::time::Duration;

use self::backoff::Backoff;
use self::deciding::Standstill;
use self::outside::Outside;
use self::reading::{Partials, is_missing, reading_failed, see_all};
use self::rows::{holder, tagged};
use self::tables::{Change, TablesFound};
use crate::chain::chain::Chain;
use crate::plan::history::{History, Row};
use crate::plan::status::HalfDone;
use crate::plan::step::Plan;
use crate::plan::target::Target;
use crate::runner::batch::{Mark, Message};
use crate::runner::error::Error;
use crate::runner::failure::Failure;
use crate::runner::history_tables::HistoryTables;
use crate::runner::log::LogEntry;
use crate::runner::observer::{Watch, Watched};
use crate::runner::operation::Goal;
use crate::runner::report::{LockHolder, Report};
use crate::runner::settings::Settings;
use crate::runner::sql::{self, Session, Tables, layout, tag};

/// What the driver is to do next.
#[derive(Debug)]
pub(crate) enum Ask {
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
pub(crate) enum Reply {
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
    Running(Message),
    /// Rolling back what is under way, since the run is to stop.
    Stopping,
    /// A step outside a transaction is on its way.
    Outside(Box<Outside>),
    /// Rolling back after a failure; the message, unless no migration was in it.
    Recovering(Option<Message>, Failure),
    /// Reading the history after a failure, with how far the message has got.
    Reviewing(Message, Failure, Option<Mark>),
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
    watch: Watched<'r>,
    tables: Tables,
    goal: Goal,
    state: State,
    plan: Plan<'r>,
    /// The whole plan, where it is not made from what is read.
    given: Plan<'r>,
    session: Session,
    /// The session reads strings in the way of before 2010.
    old_strings: bool,
    /// The caller has begun a transaction.
    in_transaction: bool,
    /// There may be a constraint that waits for a commit.
    defers: bool,
    history: History,
    log: Vec<LogEntry>,
    has_tables: bool,
    tables_found: TablesFound,
    /// The layout that the tables have.
    layout: u32,
    /// Whether a plan was made before in this run.
    planned: bool,
    standstill: Standstill,
    /// The revisions that a goal which counts (`+1`) had come to.
    pinned: Vec<String>,
    /// Off after a migration took a role that may not note its progress.
    marked: bool,
    /// The number of the next mark. It begins anywhere, so that a mark that the session has kept
    /// from another run is not taken for one of this.
    next_mark: u64,
    /// How many steps the next message has at most.
    most_steps: usize,
    attempts: u32,
    waiting_since: Option<Duration>,
    holder: Option<LockHolder>,
    backoff: Backoff,
    report: Report,
    /// Whether it is asked which revisions are half done.
    partials: Partials,
    /// The half done revision that a run was about to be refused for, when it was read last.
    refused_for: Option<HalfDone>,
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
        watch: &'r Watch<'r>,
        goal: Goal,
        seed: u64,
    ) -> Result<Self, Error> {
        if let Some(reason) = settings.bad_name() {
            return Err(Error::BadName { reason });
        }
        let partials = Partials::of(&goal);
        Ok(Engine {
            chain,
            settings,
            watch: Watched::new(watch, &goal, chain.tip().0),
            tables: Tables::new(&settings.schema, &settings.table_prefix),
            goal,
            state: State::Start,
            plan: Plan::default(),
            given: Plan::default(),
            session: Session::default(),
            old_strings: false,
            in_transaction: false,
            defers: true,
            history: History::default(),
            log: Vec::new(),
            has_tables: true,
            tables_found: TablesFound::default(),
            layout: layout::VERSION,
            planned: false,
            standstill: Standstill::default(),
            pinned: Vec::new(),
            marked: true,
            next_mark: ((seed >> 24) << 20) + 1,
            most_steps: usize::MAX,
            attempts: 0,
            waiting_since: None,
            holder: None,
            backoff: Backoff::new(seed),
            report: Report::default(),
            partials,
            refused_for: None,
            is_at_head: false,
            is_locked: false,
            is_over: true,
        })
    }

    /// With the plan of [`Goal::Apply`].
    pub(crate) fn with_plan(self, given: Plan<'r>) -> Self {
        Engine { given, ..self }
    }

    /// What the run has found and done.
    pub(crate) fn take_outcome(&mut self) -> Outcome {
        Outcome {
            history: std::mem::take(&mut self.history),
            log: std::mem::take(&mut self.log),
            tables: std::mem::take(&mut self.tables_found.found),
            holder: self.holder.take(),
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
            State::Outside(run) => Some(self.abandon_outside(run)),
            _ => None,
        }
    }

    /// Takes the answer to the last question, and gives the next. `now` is the time since the run
    /// began.
    pub(crate) fn next(&mut self, reply: Reply, now: Duration) -> Result<Ask, Error> {
        self.is_over = false;
        let next = self.take(reply, now);
        self.is_over = matches!(next, Ok(Ask::Done) | Err(_));
        next
    }

    fn take(&mut self, reply: Reply, now: Duration) -> Result<Ask, Error> {
        self.watch.pass_on_notices(self.running().as_deref());
        let state = std::mem::replace(&mut self.state, State::Ended);
        match (state, reply) {
            (State::Start, _) if self.goal == Goal::Upgrade(Target::Head) => Ok(self.look()),
            (State::Start, _) if self.goal == Goal::Log => {
                let query = format!("{};\n{}", sql::log::read(&self.tables), self.hidden_query());
                Ok(self.ask(State::ReadingLog, query))
            }
            (State::Start, _) if self.is_about_tables() => Ok(self.find_tables()),
            (State::Start, _) if self.goal == Goal::LockHolder => Ok(self.ask_holder()),
            (State::Start, _) => Ok(self.read()),
            (State::Looking, Reply::Rows(rows)) if self.sees_head(&rows) => {
                self.is_at_head = true;
                Ok(Ask::Done)
            }
            (State::Looking, Reply::Rows(_)) => Ok(self.read()),
            (State::Reading, Reply::Rows(rows)) => {
                self.has_tables = true;
                self.take_session(&rows)?;
                see_all(&rows)?;
                self.take_layout(&rows)?;
                self.history = self.parse_history(&rows)?;
                self.decide(now)
            }
            // Who may not read how far a half done revision has come can do without, unless it goes below it.
            (State::Reading, Reply::Failed(failure)) if self.does_without_partials(&failure) => {
                Ok(self.read_without_partials(&failure))
            }
            // A transaction that has failed; ours are rolled back before anything is read.
            (
                State::Looking | State::Reading | State::ReadingSession | State::ReadingLog,
                Reply::Failed(failure),
            ) if failure.is("25P02") => Err(Error::InTransaction),
            // The history is there, but not all that belongs to it.
            (State::Reading, Reply::Failed(failure))
                if is_missing(&failure)
                    && let Some(table) = self.tables.beside_history(&failure.message) =>
            {
                self.part_is_missing(table.to_owned(), failure)
            }
            (State::Looking | State::Reading, Reply::Failed(failure)) if is_missing(&failure) => {
                self.has_tables = false;
                Ok(self.find_tables())
            }
            (State::Looking | State::Reading, Reply::Failed(failure)) => {
                Err(reading_failed(&self.tables.history, failure))
            }
            (State::ReadingSession, Reply::Rows(rows)) => {
                self.take_session(&rows)?;
                self.take_tables(&rows);
                self.decide_on_tables(now)
            }
            (State::ChangingTables(change), Reply::Rows(rows)) => {
                self.tables_changed(change, &rows, now)
            }
            (State::UpgradingLayout, Reply::Rows(_)) => {
                self.layout = layout::VERSION;
                self.decide(now)
            }
            (State::Stamping, Reply::Rows(_)) => Ok(Ask::Done),
            (State::Forgetting, Reply::Rows(_)) => Ok(self.read()),
            (
                State::ChangingTables(_)
                | State::UpgradingLayout
                | State::Stamping
                | State::Forgetting,
                Reply::Failed(failure),
            ) => self.recover(None, failure),
            (State::ReadingLog, Reply::Rows(rows)) => self.take_log(&rows),
            (State::ReadingLog, Reply::Failed(failure)) if is_missing(&failure) => Ok(Ask::Done),
            (State::ReadingLog, Reply::Failed(failure)) => {
                Err(reading_failed(&self.tables.log, failure))
            }
            // Noted or not, the run fails for the first reason.
            (State::Noting(error), _) => Err(error),
            (State::Running(message), Reply::Rows(rows)) => self.answered(message, &rows, now),
            (State::Stopping, Reply::Rows(_)) => Err(self.stopped(0, true)),
            (State::Running(message), Reply::Failed(failure)) => {
                self.recover(Some(message), failure)
            }
            (State::Recovering(None, failure), Reply::Rows(_)) => {
                self.bookkeeping_failed(failure, now)
            }
            (State::Recovering(Some(message), failure), Reply::Rows(rows)) => {
                let mark = tagged(&rows, tag::STATEMENT).next();
                let mark = mark.and_then(|row| row.get(1)?.as_deref()?.parse().ok());
                let mark = mark.and_then(|number| message.at_mark(number));
                Ok(self.look_back(message, failure, mark))
            }
            // It was rolled back, but this session has not set a mark, or can't any more.
            (State::Recovering(Some(message), failure), Reply::Failed(second))
                if second.code.is_some() =>
            {
                Ok(self.look_back(message, failure, None))
            }
            (State::Reviewing(message, failure, mark), Reply::Rows(rows)) => {
                let after = self.parse_history(&rows)?;
                self.review(&message, failure, mark, after, now)
            }
            // What went wrong first tells more than what followed.
            (State::Recovering(message, failure), Reply::Failed(_)) => {
                Err(self.lost_in(message.as_ref(), failure))
            }
            (State::Reviewing(message, failure, _), Reply::Failed(_)) => {
                Err(self.lost_in(Some(&message), failure))
            }
            (State::Outside(run), reply) => self.outside(*run, reply, now),
            (State::Waiting, _) if self.watch.stops() => Err(self.stopped_between()),
            (State::Waiting, _) => Ok(self.ask_holder()),
            (State::AskingHolder, Reply::Rows(rows)) if self.goal == Goal::LockHolder => {
                self.holder = holder(&rows);
                Ok(Ask::Done)
            }
            (State::AskingHolder, Reply::Rows(rows)) => match holder(&rows) {
                None => {
                    self.holder = None;
                    Ok(self.start_over())
                }
                holder => {
                    self.holder = holder;
                    self.wait(now)
                }
            },
            (_, Reply::Failed(failure)) if self.is_cancelled(&failure) => {
                Err(self.stopped_between())
            }
            (_, Reply::Failed(failure)) => Err(Error::server("talking to the server", failure)),
            // Rows where time was asked for, or the reverse: no driver does that.
            (state, reply @ (Reply::Start | Reply::Rows(_) | Reply::Waited)) => {
                Err(Error::internal(&format!("{reply:?} in {state:?}")))
            }
        }
    }
}

#[cfg(test)]
mod tests;
