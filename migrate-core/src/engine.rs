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
mod rows;
mod sending;

use std::time::Duration;

use self::backoff::Backoff;
use self::outside::Outside;
use self::rows::{holder, tagged};
use crate::chain::Chain;
use crate::error::Error;
use crate::failure::Failure;
use crate::history::{self, History, Row};
use crate::message::{Mark, Message};
use crate::plan::Plan;
use crate::report::{Holder, Report};
use crate::settings::Settings;
use crate::sql::{self, Session, Tables, tag};
use crate::target::Target;
use crate::watch::Watch;

/// What the driver is to do next.
#[derive(Debug)]
pub(crate) enum Ask {
    /// Send this as one simple query.
    Query(String),
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

/// What a run is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Goal {
    /// Read the history and end.
    Read,
    /// Apply revisions.
    Upgrade(Target),
    /// Undo revisions.
    Downgrade(Target),
    /// Record revisions without running them; whether all that is recorded is thrown away before.
    Stamp(Target, bool),
}

/// What was asked last.
#[derive(Debug)]
enum State {
    Start,
    Looking,
    Reading,
    /// The tables are missing, so only the session's settings are asked for.
    ReadingSession,
    CreatingTables,
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
    Waiting,
    AskingHolder,
    Ended,
}

/// One run; see the module.
pub(crate) struct Engine<'r> {
    chain: &'r Chain<'static>,
    settings: &'r Settings,
    watch: &'r Watch<'r>,
    tables: Tables,
    goal: Goal,
    state: State,
    plan: Plan<'r>,
    session: Session,
    /// The session reads strings in the way of before 2010.
    old_strings: bool,
    history: History,
    has_tables: bool,
    /// Whether a plan was made before in this run.
    planned: bool,
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
    holder: Option<Holder>,
    backoff: Backoff,
    /// How many steps the run had planned at first, and has done.
    report: Report,
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
        Ok(Engine {
            chain,
            settings,
            watch,
            tables: Tables::new(&settings.schema, &settings.table_prefix),
            goal,
            state: State::Start,
            plan: Plan::default(),
            session: Session::default(),
            old_strings: false,
            history: History::default(),
            has_tables: true,
            planned: false,
            pinned: Vec::new(),
            marked: true,
            next_mark: ((seed >> 24) << 20) + 1,
            most_steps: usize::MAX,
            attempts: 0,
            waiting_since: None,
            holder: None,
            backoff: Backoff::new(seed),
            report: Report::default(),
        })
    }

    /// What the run has found and done.
    pub(crate) fn take_results(&mut self) -> (History, Report) {
        (std::mem::take(&mut self.history), std::mem::take(&mut self.report))
    }

    /// What leaves nothing behind on the server when the run ends before its time, if the message
    /// that is under way could.
    #[cfg(feature = "tokio-postgres")]
    pub(crate) fn abandon(&self) -> Option<String> {
        match &self.state {
            State::CreatingTables
            | State::Stamping
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
        self.watch.pass_on_notices(self.running().as_deref());
        let state = std::mem::replace(&mut self.state, State::Ended);
        match (state, reply) {
            (State::Start, _) if self.goal == Goal::Upgrade(Target::Head) => Ok(self.look()),
            (State::Start, _) => Ok(self.read()),
            (State::Looking, Reply::Rows(rows)) if self.is_at_head(&rows) => Ok(Ask::Done),
            (State::Looking, Reply::Rows(_)) => Ok(self.read()),
            (State::Reading, Reply::Rows(rows)) => {
                self.has_tables = true;
                self.take_session(&rows);
                self.history = self.parse_history(&rows)?;
                self.decide(now)
            }
            (State::Looking | State::Reading, Reply::Failed(failure)) if is_missing(&failure) => {
                self.has_tables = false;
                Ok(self.ask(State::ReadingSession, sql::session()))
            }
            (State::Looking | State::Reading, Reply::Failed(failure)) => {
                Err(self.reading_failed(failure))
            }
            (State::ReadingSession, Reply::Rows(rows)) => {
                self.take_session(&rows);
                self.history = History::default();
                self.decide(now)
            }
            (State::CreatingTables, Reply::Rows(_)) => {
                self.has_tables = true;
                self.decide(now)
            }
            (State::Stamping, Reply::Rows(_)) => Ok(Ask::Done),
            (State::CreatingTables | State::Stamping, Reply::Failed(failure)) => {
                self.recover(None, failure)
            }
            (State::Running(message), Reply::Rows(rows)) => self.answered(message, &rows, now),
            (State::Stopping, Reply::Rows(_)) => Err(self.stopped(0)),
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
            (State::Recovering(_, failure) | State::Reviewing(_, failure, _), Reply::Failed(_)) => {
                Err(Error::server("running migrations", failure))
            }
            (State::Outside(run), reply) => self.outside(*run, reply, now),
            (State::Waiting, _) if self.watch.stops() => {
                self.plan.steps.clear();
                Err(self.stopped(0))
            }
            (State::Waiting, _) => Ok(self.ask(State::AskingHolder, sql::holder(&self.tables))),
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
            (_, Reply::Failed(failure)) => Err(Error::server("talking to the server", failure)),
            // Rows where time was asked for, or the reverse: no driver does that.
            (_, Reply::Start | Reply::Rows(_) | Reply::Waited) => Ok(Ask::Done),
        }
    }

    fn ask(&mut self, state: State, query: String) -> Ask {
        self.state = state;
        self.report.round_trips += 1;
        Ask::Query(query)
    }

    fn look(&mut self) -> Ask {
        let query = sql::head(&self.tables, self.chain);
        self.ask(State::Looking, query)
    }

    fn read_query(&self) -> String {
        format!("{};\n{}", sql::session(), sql::read(&self.tables))
    }

    fn read(&mut self) -> Ask {
        let query = self.read_query();
        self.ask(State::Reading, query)
    }

    /// Another runner was here: what it did may be all that was to do.
    fn start_over(&mut self) -> Ask {
        if self.goal == Goal::Upgrade(Target::Head) { self.look() } else { self.read() }
    }

    fn is_at_head(&self, rows: &[Row]) -> bool {
        let digest = self.chain.head().digests.chain.to_string();
        tagged(rows, tag::HEAD).any(|row| {
            let count = row.get(1).and_then(Option::as_deref);
            let recorded = row.get(2).and_then(Option::as_deref);
            count == Some(self.chain.len().to_string().as_str())
                && recorded == Some(digest.as_str())
        })
    }

    fn take_session(&mut self, rows: &[Row]) {
        let Some(row) = tagged(rows, tag::SESSION).next() else { return };
        let column = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
        self.session = Session {
            search_path: column(1),
            role: column(2),
            lock_timeout: column(3),
            statement_timeout: column(4),
            made: column(6).split(sql::SEPARATOR).filter_map(setting).collect(),
        };
        self.old_strings = column(5) == "off";
    }

    fn parse_history(&self, rows: &[Row]) -> Result<History, Error> {
        let rows: Vec<Row> = tagged(rows, tag::RECORD).cloned().collect();
        history::parse(&rows).map_err(|row| Error::NotOurs {
            table: self.tables.history.clone(),
            reason: format!("this row is none of ours: {row}"),
        })
    }

    fn reading_failed(&self, failure: Failure) -> Error {
        let table = self.tables.history.clone();
        // Undefined column or function, wrong type or kind of object, no value of the type.
        if failure.is_any(&["42703", "42883", "42804", "42809", "42846", "22P02"]) {
            return Error::NotOurs { table, reason: failure.message };
        }
        let what = "reading the history of migrations";
        if failure.is("42501") {
            Error::denied(what, failure)
        } else {
            Error::server(what, failure)
        }
    }
}

fn setting(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    Some((name.to_owned(), value.to_owned()))
}

/// No such table, or no such schema.
fn is_missing(failure: &Failure) -> bool {
    failure.is_any(&["42P01", "3F000"])
}

#[cfg(test)]
mod tests;
