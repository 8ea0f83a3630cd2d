//! Why a run did not do what was asked, and what to do next.

use std::fmt;
use std::time::Duration;

use crate::diagnostic::{Label, Snippet, render};
use crate::failure::Failure;
use crate::plan::{Direction, PlanError};
use crate::report::{Done, Holder};
use crate::statements::split_statements;
use crate::status::Status;
use crate::text::{Source, Span, printable};

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
    /// An earlier run stopped in the middle of a revision outside a transaction, and the statements
    /// that it had finished are no longer what they were.
    Interrupted {
        /// The revision.
        revision: String,
        /// Which way it ran.
        direction: Direction,
        /// How many of its statements are done.
        done: usize,
    },
    /// The run was told to stop; see [`Runner::stop_when`](crate::Runner::stop_when).
    Stopped {
        /// The revision that was under way, or would have been next.
        revision: Option<String>,
        /// How many of its statements stay done, since it runs outside a transaction; else it is as
        /// if it had not begun.
        statements: usize,
        /// The revisions that were finished before.
        done: Vec<Done>,
    },
    /// Another runner held the lock for longer than this one was to wait.
    Busy {
        /// How long this one has waited.
        waited: Duration,
        /// Who holds the lock, if that could be seen.
        holder: Option<Box<Holder>>,
    },
    /// The history's table is there, but another program made it.
    NotOurs {
        /// The table.
        table: String,
        /// What the server said, or what was found.
        reason: String,
    },
    /// A newer program has changed the layout of the history's tables.
    NewerLayout {
        /// The layout that the tables have.
        found: u32,
        /// The newest that this program knows.
        known: u32,
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
    Pooled {
        /// The revision.
        revision: String,
    },
    /// The server reads string literals in the way of before 2010, and migrations are not
    /// checked for that.
    OldStrings,
    /// The connection was lost, or the server said something unexpected.
    Server {
        /// What was being done.
        what: &'static str,
        /// What happened.
        failure: Box<Failure>,
    },
}

/// How much of a row that makes no sense is shown, in characters.
const MOST_SHOWN: usize = 500;

impl Error {
    pub(crate) fn server(what: &'static str, failure: Failure) -> Self {
        Error::Server { what, failure: Box::new(failure) }
    }

    pub(crate) fn foreign_row(table: &str, row: &str) -> Self {
        // Whoever made it may have put anything in it.
        let cut = if row.chars().nth(MOST_SHOWN).is_some() { "…" } else { "" };
        let row: String = row.chars().take(MOST_SHOWN).collect();
        let reason = format!("this row is none of ours: {row}{cut}");
        Error::NotOurs { table: table.to_owned(), reason }
    }

    pub(crate) fn denied(what: &'static str, failure: Failure) -> Self {
        Error::Denied { what, failure: Box::new(failure) }
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Error::Statement(error) => error.help(),
            Error::Plan(error) => error.help(),
            Error::NotAtHead { .. } => {
                "upgrade it first: `migrate upgrade head`, or start the server \
                 with a role that may"
                    .into()
            }
            Error::Interrupted { done, .. } => format!(
                "bring the first {done} statements of its section back: the run goes on behind them. What \
                 should be different goes in a new revision"
            ),
            Error::Stopped { .. } => "start again to go on".into(),
            Error::Busy { .. } => {
                "wait for it to end and start again, or, if it hangs, end it on the \
                 server: `SELECT pg_terminate_backend(pid)`"
                    .into()
            }
            Error::NotOurs { .. } => {
                "is this the right database? If it is, give our tables another \
                 name: `.table_prefix(\"…\")` or `.schema(\"…\")`"
                    .into()
            }
            Error::NewerLayout { .. } => "run a newer release of this program".into(),
            Error::Denied { .. } => {
                "connect as the role that owns the schema, or grant it to this one".into()
            }
            Error::BadName { .. } => "choose shorter, plain names".into(),
            Error::InTransaction => {
                "commit it or roll it back first: each revision has a transaction of its own".into()
            }
            Error::Pooled { .. } => {
                "connect to the server itself for this run, or let the pooler keep sessions".into()
            }
            Error::OldStrings => {
                "set standard_conforming_strings to on, the default, for this role or database"
                    .into()
            }
            Error::Server { failure, .. } if failure.is_lost() => {
                "check that the server is up and start again: a run goes on where the database is"
                    .into()
            }
            Error::Server { .. } => {
                "this is not the migration's doing; the server's log may tell more".into()
            }
        }
    }

    /// What was wrong, without the help.
    fn what(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Statement(_) => Ok(()),
            Error::Plan(error) => write!(f, "{error}"),
            Error::NotAtHead { status } => write!(f, "the database is not at head: {status}"),
            Error::Interrupted { revision, direction, done } => write!(
                f,
                "the {direction} of `{revision}` had stopped after statement {done}, and its file was \
                 edited before that place"
            ),
            Error::Stopped { revision, statements, done } => {
                write!(f, "stopped, as it was told to")?;
                match done.as_slice() {
                    [] => write!(f, ": no revision was finished")?,
                    [only] => write!(f, ": `{}` is done", only.revision)?,
                    [.., last] => {
                        write!(
                            f,
                            ": {} revisions are done, up to `{}`",
                            done.len(),
                            last.revision
                        )?;
                    }
                }
                match (revision, statements) {
                    (Some(revision), 0) => write!(f, ", nothing of `{revision}`"),
                    (Some(revision), 1) => write!(f, ", and 1 statement of `{revision}`"),
                    (Some(revision), count) => {
                        write!(f, ", and {count} statements of `{revision}`")
                    }
                    (None, _) => Ok(()),
                }
            }
            Error::Busy { waited, holder: Some(holder) } => {
                write!(f, "another migration is running: {holder}; waited {} s", waited.as_secs())
            }
            Error::Busy { waited, holder: None } => {
                write!(f, "another migration is running; waited {} s", waited.as_secs())
            }
            Error::NotOurs { table, reason } => {
                let (table, reason) = (printable(table), printable(reason));
                write!(f, "the table {table} is not a history of migrations: {reason}")
            }
            Error::NewerLayout { found, known } => write!(
                f,
                "the history's tables have layout {found}, of a newer program; this one knows up to {known}"
            ),
            Error::Denied { what, failure } => write!(f, "{what} is not allowed: {failure}"),
            Error::BadName { reason } => {
                write!(f, "the history's tables can't have this name: {reason}")
            }
            Error::InTransaction => write!(f, "the client is in a transaction"),
            Error::Pooled { revision } => write!(
                f,
                "revision `{revision}` runs outside a transaction, and the session changes between its \
                 statements: a pooler in transaction mode stands in between"
            ),
            Error::OldStrings => write!(f, "this session has standard_conforming_strings off"),
            Error::Server { what, failure } => write!(f, "{what} failed: {failure}"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Statement(error) => write!(f, "{error}"),
            _ => {
                self.what(f)?;
                write!(f, "\n = help: {}", self.help())
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let failure = match self {
            Error::Statement(error) => &error.failure,
            Error::Denied { failure, .. } | Error::Server { failure, .. } => failure,
            _ => return None,
        };
        failure.source.as_ref().map(|source| source.as_ref() as &(dyn std::error::Error + 'static))
    }
}

impl From<PlanError> for Error {
    fn from(error: PlanError) -> Self {
        Error::Plan(error)
    }
}

/// A statement of a migration that the server refused.
#[derive(Debug)]
pub struct StatementError {
    /// Which way the revision ran.
    pub direction: Direction,
    /// The revision.
    pub revision: String,
    /// The number of the statement in its section, from 1, if it is known.
    pub statement: Option<usize>,
    /// How many statements the section has.
    pub of: usize,
    /// The migration's file.
    pub source: Source<'static>,
    /// The place in it, as near as the server told.
    pub span: Span,
    /// What the server said.
    pub failure: Failure,
    /// Whether all statements were done, and it was the end of the transaction that failed: a
    /// constraint that is deferred to there.
    pub ended: bool,
    /// Whether its revision runs outside a transaction, so that what came before in it stays done and
    /// the next run goes on here; otherwise the revision was rolled back.
    pub resumes: bool,
    /// The revisions that this run had finished before; they stay.
    pub done: Vec<Done>,
}

impl StatementError {
    fn help(&self) -> String {
        match self.failure.code.as_deref() {
            Some("55P03") => {
                "another session held a lock on the table for too long, each time; run at a \
                 quieter time, or allow a longer wait: `-- migrate:up lock_timeout:30s`"
                    .into()
            }
            Some("57014") => {
                "it was cancelled, by a person or by statement_timeout; allow more time: \
                 `-- migrate:up statement_timeout:10min`"
                    .into()
            }
            Some("42710") if self.adds_enum_value() => {
                "an enum keeps its values when the revision that added them is downgraded; write \
                 `ALTER TYPE … ADD VALUE IF NOT EXISTS`, so that the upgrade can run again"
                    .into()
            }
            Some("42P07" | "42701" | "42710") => {
                "the database already has it. If an earlier tool or a hand made \
                 it, stamp the revision instead of running it"
                    .into()
            }
            Some("42501") => "run as the role that owns the objects".into(),
            Some("53200") => {
                "the server's table of locks is full: raise its max_locks_per_transaction and restart it, or \
                 lock less at once: smaller revisions, and without the single transaction"
                    .into()
            }
            Some("55P04") => {
                "an enum's new value can be used when its transaction is over: use it in a later revision, \
                 and run without the single transaction"
                    .into()
            }
            _ if self.resumes => {
                "mend the statement and run again: what came before it is done, and the \
                 run goes on here"
                    .into()
            }
            _ => "the revision was rolled back; mend its file and run again".into(),
        }
    }
}

impl StatementError {
    /// Whether what failed is `ALTER TYPE … ADD VALUE`.
    fn adds_enum_value(&self) -> bool {
        let text = self.source.text();
        let statements = split_statements(text);
        let failed = statements.iter().find(|one| one.span.range().contains(&self.span.start));
        failed.is_some_and(|one| {
            let word = |at: usize, word: &str| {
                one.tokens.get(at).is_some_and(|token| token.is_word(text, word))
            };
            let adds = |at: usize| word(at, "add") && word(at + 1, "value");
            word(0, "alter") && word(1, "type") && (2..one.tokens.len()).any(adds)
        })
    }

    /// What failed and why, in one line.
    fn message(&self) -> String {
        let Self { direction, revision, failure, .. } = self;
        let code = failure.code.as_deref().unwrap_or("none");
        format!("{direction} of `{revision}` failed: {} (SQLSTATE {code})", failure.message)
    }

    /// The same, with the place.
    pub(crate) fn summary(&self) -> String {
        let place = self.source.position(self.span.start);
        let path = self.source.path();
        format!("{} at {path}:{}:{}", self.message(), place.line, place.column)
    }
}

impl fmt::Display for StatementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { failure, .. } = self;
        let message = self.message();
        let text = match self.statement {
            Some(number) => format!("statement {number} of {}", self.of),
            None if self.ended => "when its transaction ended".to_owned(),
            None => String::new(),
        };
        let label = Label { source: 0, span: self.span, text };
        let mut notes = failure.notes();
        if let [.., last] = self.done.as_slice() {
            notes.push(format!(
                "{} before it stay done, up to `{}`",
                self.done.len(),
                last.revision
            ));
        }
        let snippets = [Snippet { source: &self.source, label: &label }];
        f.write_str(&render(&message, &snippets, &notes, &self.help()))
    }
}

#[cfg(test)]
mod tests;
