//! How the engine looks at the database, and what it takes from the answers: the history, the session, the layout.

use super::rows::tagged;
use super::tables::TablesFound;
use super::{Engine, Output, State};
use crate::plan::history::{self, History, Row};
use crate::plan::target::Target;
use crate::runner::error::Error;
use crate::runner::failure::Failure;
use crate::runner::log;
use crate::runner::operation::Operation;
use crate::runner::sql::row_security::hidden;
use crate::runner::sql::{self, Session, Tables, layout, tag};
use crate::runner::unsupported_servers::unsupported_server;

/// Whether it is asked which revisions are half done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Partials {
    /// Only if what is read first does not suffice.
    NotYet,
    Asked,
    /// The table is not there.
    Missing,
    /// The role may not read it.
    Denied,
}

impl Partials {
    fn of(operation: &Operation) -> Self {
        if *operation == Operation::Verify { Partials::NotYet } else { Partials::Asked }
    }
}

/// What was seen of the database, and of the session.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) session: Session,
    /// Whether the session reads strings in the way of before 2010.
    pub(super) non_conforming_strings: bool,
    /// Whether the caller has begun a transaction.
    pub(super) in_transaction: bool,
    /// Whether there may be a constraint that waits for a commit.
    pub(super) may_defer: bool,
    pub(super) history: History,
    pub(super) has_tables: bool,
    pub(super) tables: TablesFound,
    /// The layout that the tables have.
    pub(super) layout: u32,
    /// Whether it is asked which revisions are half done.
    pub(super) partials: Partials,
}

impl Seen {
    /// What is taken to be so before anything was read.
    pub(super) fn new(operation: &Operation) -> Self {
        Seen {
            session: Session::default(),
            non_conforming_strings: false,
            in_transaction: false,
            may_defer: true,
            history: History::default(),
            has_tables: true,
            tables: TablesFound::default(),
            layout: layout::VERSION,
            partials: Partials::of(operation),
        }
    }
}

impl Engine<'_> {
    /// Whether this is the refusal to say which revisions are half done, and the run needs not know.
    pub(super) fn does_without_partials(&self, failure: &Failure) -> bool {
        let is_enough = match self.operation {
            Operation::Read | Operation::Verify => failure.is_any(&["42501", "42P01"]),
            Operation::Upgrade(_) => failure.is("42501"),
            _ => false,
        };
        self.seen.partials == Partials::Asked
            && is_enough
            && failure.message.contains(&self.tables.progress_name)
    }

    pub(super) fn read_without_partials(&mut self, failure: &Failure) -> Output {
        let is_denied = failure.is("42501");
        self.seen.partials = if is_denied { Partials::Denied } else { Partials::Missing };
        self.read()
    }

    pub(super) fn take_log(&mut self, rows: &[Row]) -> Result<Output, Error> {
        see_all(rows)?;
        self.log = log::parse(tagged(rows, tag::LOG))
            .map_err(|row| Error::foreign_row(&self.tables.log, &row))?;
        Ok(Output::Done)
    }

    pub(super) fn look(&mut self) -> Output {
        let query = sql::head(&self.tables, self.chain);
        self.ask(State::Looking, query)
    }

    pub(super) fn read_query(&self) -> String {
        let layout = match self.operation {
            // Who only reads may have no right to read more than the history.
            Operation::Read
            | Operation::Verify
            | Operation::Log
            | Operation::Tables
            | Operation::Forget
            | Operation::LockHolder => String::new(),
            _ => format!(";\n{}", layout::version(&self.tables)),
        };
        let partials = match self.seen.partials {
            Partials::Asked => format!(";\n{}", sql::partials(&self.tables)),
            Partials::NotYet | Partials::Missing | Partials::Denied => String::new(),
        };
        format!(
            "{};\n{}{layout}{partials};\n{}",
            self.session_query(),
            sql::read(&self.tables, self.settings.stored_downgrades),
            self.hidden_query(),
        )
    }

    pub(super) fn session_query(&self) -> String {
        sql::session(self.settings.single_transaction)
    }

    pub(super) fn read(&mut self) -> Output {
        let query = self.read_query();
        self.ask(State::Reading, query)
    }

    pub(super) fn ask_holder(&mut self) -> Output {
        self.ask(State::AskingHolder, sql::holder::holder(&self.tables))
    }

    /// Another runner was here: what it did may be all that was to do.
    pub(super) fn start_over(&mut self) -> Output {
        match self.operation {
            Operation::Upgrade(Target::Head) => self.look(),
            Operation::Forget => self.find_tables(),
            _ => self.read(),
        }
    }

    pub(super) fn sees_head(&self, rows: &[Row]) -> bool {
        tagged(rows, tag::HEAD).any(|row| {
            let count = |at: usize| row.get(at)?.as_deref()?.parse::<usize>().ok();
            [count(1), count(2), count(3)] == [Some(self.chain.len()), Some(0), Some(1)]
        })
    }

    /// Takes the settings of the session, unless the server is one whose locks are none.
    pub(super) fn take_session(&mut self, rows: &[Row]) -> Result<(), Error> {
        let Some(row) = tagged(rows, tag::SESSION).next() else { return Ok(()) };
        let column = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
        self.seen.session = Session {
            search_path: column(1),
            role: column(2),
            lock_timeout: column(3),
            statement_timeout: column(4),
            user: column(9),
            made: column(6).split(sql::SEPARATOR).filter_map(setting).collect(),
        };
        self.seen.non_conforming_strings = column(5) == "off";
        self.seen.in_transaction = column(7) == "t";
        // It was not asked for where it does not matter.
        self.seen.may_defer = column(10) != "f";
        match unsupported_server(&column(8)) {
            Some(why) => Err(Error::UnsupportedServer { why }),
            None => Ok(()),
        }
    }

    /// Which layout the tables have, where that was asked for.
    pub(super) fn take_layout(&mut self, rows: &[Row]) -> Result<(), Error> {
        let Some(row) = tagged(rows, tag::LAYOUT).next() else { return Ok(()) };
        let version = row.get(1).and_then(Option::as_deref).and_then(|text| text.parse().ok());
        self.seen.layout =
            version.ok_or_else(|| Error::foreign_row(&self.tables.layout, &format!("{row:?}")))?;
        let missing = row.get(2).and_then(Option::as_deref).unwrap_or_default();
        self.seen.tables.missing =
            missing.split(',').filter(|it| !it.is_empty()).map(str::to_owned).collect();
        Ok(())
    }

    /// Asks whether row security hides anything of what this run reads or writes.
    pub(super) fn hidden_query(&self) -> String {
        let Tables { history, log, layout, progress, .. } = &self.tables;
        match self.operation {
            Operation::Read | Operation::Verify => hidden(&[history, progress], false),
            Operation::Log => hidden(&[log], false),
            _ => hidden(&[history, progress, layout, log], true),
        }
    }

    pub(super) fn parse_history(&self, all: &[Row]) -> Result<History, Error> {
        see_all(all)?;
        let rows: Vec<Row> = tagged(all, tag::RECORD).cloned().collect();
        let mut history =
            history::parse(&rows).map_err(|row| Error::foreign_row(&self.tables.history, &row))?;
        history.partials = history::parse_partials(tagged(all, tag::PARTIAL))
            .map_err(|row| Error::foreign_row(&self.tables.progress, &row))?;
        let grant =
            || format!("GRANT SELECT ON {} TO {}", self.tables.progress, self.seen.session.user);
        history.partials_need = (self.seen.partials == Partials::Denied).then(grant);
        Ok(history)
    }
}

pub(super) fn reading_failed(table: &str, failure: Failure) -> Error {
    let table = table.to_owned();
    // Undefined column or function, wrong type or kind of object, no value of the type.
    if failure.is_any(&["42703", "42883", "42804", "42809", "42846", "22P02"]) {
        return Error::UnrecognizedTable { table, reason: failure.message };
    }
    let what = "reading the history of migrations";
    if failure.is("42501") { Error::denied(what, failure) } else { Error::server(what, failure) }
}

/// An error where the answer names a table of ours that hides rows.
pub(super) fn see_all(rows: &[Row]) -> Result<(), Error> {
    match tagged(rows, tag::HIDDEN).next() {
        None => Ok(()),
        Some(row) => {
            let column = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
            Err(Error::Hidden { table: column(1), role: column(2) })
        }
    }
}

fn setting(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    Some((name.to_owned(), value.to_owned()))
}

/// No such table, or no such schema.
pub(super) fn is_missing(failure: &Failure) -> bool {
    failure.is_any(&["42P01", "3F000"])
}
