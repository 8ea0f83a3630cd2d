//! Why a run did not do what was asked, and what to do next.

use std::fmt;
use std::time::Duration;

pub use self::kind::ErrorKind;
pub use self::statement::{Aftermath, StatementError};
use crate::plan::direction::Direction;
use crate::plan::plan_error::PlanError;
use crate::plan::status::Status;
use crate::runner::failure::Failure;
use crate::runner::history_tables::{ForeignRelation, HistoryTables};
use crate::runner::report::{Done, LockHolder};
use crate::syntax::explanation::Explanation;
use crate::syntax::source::printable;

mod help;
mod kind;
mod remedy;
mod statement;

/// Why a run failed. Its text says what is wrong, where, and what to do next.
///
/// Whatever it is, nothing is half done: each revision and its record are in the database
/// together, or neither is, and a new run goes on from there.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A statement of a migration was refused.
    Statement(Box<StatementError>),
    /// What was asked for makes no plan.
    Plan(PlanError),
    /// The database is not at head, and this run only looks.
    NotAtHead {
        /// How it stands.
        status: Status,
    },
    /// An earlier run was cut off at a statement that runs alone, and nobody can tell whether it ran; see
    /// [`Runner::run_in_doubt_again`](crate::Runner::run_in_doubt_again).
    InDoubt {
        /// The revision.
        revision: String,
        /// Which way it ran.
        direction: Direction,
        /// The number of the statement in its section, from 1.
        statement: usize,
        /// Why nobody can tell.
        why: DoubtReason,
    },
    /// The run was told to stop; see [`Runner::stop_when`](crate::Runner::stop_when).
    Stopped {
        /// The revision that was under way, or would have been next.
        revision: Option<String>,
        /// How many of its statements stay done, since it runs outside a transaction; else it is as
        /// if it had not begun.
        statements: usize,
        /// Whether that revision had begun, and was rolled back.
        rolled_back: bool,
        /// What the statement that was cancelled has left behind: a sentence each.
        notes: Vec<String>,
        /// The revisions that were finished before.
        done: Vec<Done>,
    },
    /// Another runner held the lock for longer than this one was to wait.
    LockTimeout {
        /// How long this one has waited.
        waited: Duration,
        /// Who holds the lock, if that could be seen.
        holder: Option<Box<LockHolder>>,
    },
    /// The history's table is there, but another program made it.
    UnrecognizedTable {
        /// The table.
        table: String,
        /// What the server said, or what was found.
        reason: String,
    },
    /// Something that is not migrate's has the name of one of its tables.
    NameTaken {
        /// The schema of the history's tables.
        schema: String,
        /// What is in the way.
        relations: Vec<ForeignRelation>,
    },
    /// A newer program has changed the layout of the history's tables.
    NewerLayout {
        /// The layout that the tables have.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
    /// Row security hides rows of one of the history's tables from this role, so what is read of it may not be
    /// all that is there.
    Hidden {
        /// The table.
        table: String,
        /// The role, quoted where its name needs that.
        role: String,
    },
    /// The role may not do what is needed.
    Denied {
        /// What could not be done.
        what: &'static str,
        /// What the server said.
        failure: Box<Failure>,
    },
    /// The names for the history's tables can't be used.
    BadName {
        /// Why not.
        reason: String,
    },
    /// The client is in a transaction that the caller has begun: the first commit of the run would
    /// commit that, too.
    InTransaction,
    /// A revision runs outside a transaction, and a pooler gives each message another session.
    TransactionPooler {
        /// The revision.
        revision: String,
    },
    /// A revision outside a transaction has given the run's lock back, so that another runner may be at work.
    LostLock {
        /// The revision.
        revision: String,
        /// The number of the statement in its section, from 1, which did so, or a function that it calls.
        statement: usize,
    },
    /// The session can't be made to give back the lock that keeps two runs apart, so no other run can begin until it
    /// ends.
    LockKept {
        /// Why the run had ended, if that was an error.
        first: Option<Box<Error>>,
        /// What the server said.
        failure: Box<Failure>,
    },
    /// The server has ended the session, and has said so.
    Ended {
        /// The revision that was under way, and which way it ran, where it was one alone.
        revision: Option<(Direction, String)>,
        /// Whether what was under way was in a transaction, so that it was rolled back.
        rolled_back: bool,
        /// What the server said.
        failure: Box<Failure>,
    },
    /// The server is none of PostgreSQL's, and lacks what keeps two runs apart.
    UnsupportedServer {
        /// Which it is, and what it lacks.
        why: &'static str,
    },
    /// The run came to a state that it can't be in: a fault of this program.
    Internal {
        /// What was met.
        what: String,
    },
    /// The server reads string literals in the way of before 2010, and migrations are not
    /// checked for that.
    NonConformingStrings,
    /// The connection was lost, or the server said something unexpected.
    Server {
        /// What was being done.
        what: &'static str,
        /// What happened.
        failure: Box<Failure>,
    },
}

/// Why nobody can tell whether a statement ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DoubtReason {
    /// Its text was edited after a run had begun it.
    Edited,
    /// It is a `DO` or `CALL` that commits itself, and was cut off.
    Commits,
    /// It makes an index, and the index that has its name is another one.
    OtherIndex,
}

/// How much of a row that makes no sense is shown, in characters.
const MOST_SHOWN: usize = 500;

impl Error {
    pub(crate) fn server(what: &'static str, failure: Failure) -> Self {
        Error::Server { what, failure: Box::new(failure) }
    }

    pub(crate) fn internal(what: &str) -> Self {
        Error::Internal { what: what.to_owned() }
    }

    pub(crate) fn foreign_row(table: &str, row: &str) -> Self {
        // Whoever made it may have put anything in it.
        let cut = if row.chars().nth(MOST_SHOWN).is_some() { "…" } else { "" };
        let row: String = row.chars().take(MOST_SHOWN).collect();
        let reason = format!("this row is none of ours: {row}{cut}");
        Error::UnrecognizedTable { table: table.to_owned(), reason }
    }

    pub(crate) fn denied(what: &'static str, failure: Failure) -> Self {
        Error::Denied { what, failure: Box::new(failure) }
    }

    /// What is wrong, where, what else is known, and what to do next, before it is rendered.
    pub fn explain(&self) -> Explanation<'_> {
        if let Error::Statement(error) = self {
            return error.explain();
        }
        let message = fmt::from_fn(|f| self.what(f)).to_string();
        let notes = match self {
            Error::Stopped { notes, .. } => notes.as_slice(),
            _ => &[],
        };
        let explanation = Explanation::new(message).with_help(self.help());
        notes.iter().fold(explanation, Explanation::with_note)
    }

    /// What was wrong, without the help.
    fn what(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Statement(_) => Ok(()),
            Error::Plan(error) => write!(f, "{error}"),
            Error::NotAtHead { status } => write!(f, "the database is not at head: {status}"),
            Error::InDoubt { revision, direction, statement, why } => {
                let why = match why {
                    DoubtReason::Edited => {
                        "was edited after an earlier run had begun it, so it is unknown whether it ran"
                    }
                    DoubtReason::Commits => {
                        "commits by itself, and an earlier run failed or was cut off at it, so it is unknown how much of it is done"
                    }
                    DoubtReason::OtherIndex => {
                        "was cut off in an earlier run, and the index that now has its name is another one"
                    }
                };
                write!(f, "statement {statement} of the {direction} of `{revision}` {why}")
            }
            Error::LostLock { revision, statement } => write!(
                f,
                "the session has lost its lock: statement {statement} of `{revision}`, or a function that it calls, \
                 released it"
            ),
            Error::LockKept { first, failure } => {
                if let Some(first) = first {
                    first.what(f)?;
                    f.write_str("; and ")?;
                }
                write!(f, "the session keeps the lock of the migrations: {failure}")
            }
            Error::Ended { revision, failure, .. } => match revision {
                Some((direction, revision)) => write!(
                    f,
                    "the server has ended the session during the {direction} of `{revision}`: {failure}"
                ),
                None => write!(f, "the server has ended the session during the run: {failure}"),
            },
            Error::UnsupportedServer { why } => write!(f, "this server is not supported: {why}"),
            Error::Internal { what } => write!(f, "internal error: {what}"),
            Error::Stopped { revision, statements, rolled_back, notes, done } => {
                let finished = match done.as_slice() {
                    [] => None,
                    [only] => Some(format!("`{}` is done", only.revision)),
                    [.., last] => Some(format!(
                        "{} revisions are done, up to `{}`",
                        done.len(),
                        last.revision
                    )),
                };
                let under_way = revision.as_ref().map(|revision| match statements {
                    0 if *rolled_back => format!("`{revision}` was rolled back"),
                    0 if !notes.is_empty() => {
                        format!("the first statement of `{revision}` was cut off")
                    }
                    0 => format!("nothing of `{revision}` is done"),
                    1 => format!("1 statement of `{revision}` is done"),
                    count => format!("{count} statements of `{revision}` are done"),
                });
                let parts: Vec<String> = finished.into_iter().chain(under_way).collect();
                match parts.is_empty() {
                    true => write!(f, "stopped at your request: nothing was done"),
                    false => write!(f, "stopped at your request: {}", parts.join(", ")),
                }
            }
            Error::LockTimeout { waited, holder: Some(holder) } => {
                write!(f, "another migration is running: {holder}; waited {} s", waited.as_secs())
            }
            Error::LockTimeout { waited, holder: None } => {
                write!(f, "another migration is running; waited {} s", waited.as_secs())
            }
            Error::UnrecognizedTable { table, reason } => {
                let (table, reason) = (printable(table), printable(reason));
                write!(f, "the table {table} is not a history of migrations: {reason}")
            }
            Error::NameTaken { schema, relations } => write!(
                f,
                "migrate's tables can't be created in schema `{}`: {}",
                printable(schema),
                HistoryTables::in_the_way(relations)
            ),
            Error::NewerLayout { found, known } => write!(
                f,
                "the history's tables have layout {found}, of a newer program; this one knows up to {known}"
            ),
            Error::Hidden { table, .. } => {
                write!(f, "row security hides rows of {} from this role", printable(table))
            }
            Error::Denied { what, failure } => write!(f, "{what} is not allowed: {failure}"),
            Error::BadName { reason } => {
                write!(f, "the history's tables can't have this name: {reason}")
            }
            Error::InTransaction => write!(f, "the client is in a transaction"),
            Error::TransactionPooler { revision } => write!(
                f,
                "revision `{revision}` runs outside a transaction, and the session changes between its \
                 statements: a pooler in transaction mode is in between"
            ),
            Error::NonConformingStrings => {
                write!(f, "this session has standard_conforming_strings off")
            }
            Error::Server { what, failure } => write!(f, "{what} failed: {failure}"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.explain().fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let failure = self.failure()?;
        failure.source.as_ref().map(|source| source.as_ref() as &(dyn std::error::Error + 'static))
    }
}

impl From<PlanError> for Error {
    fn from(error: PlanError) -> Self {
        Error::Plan(error)
    }
}
