//! What the engine does about its own tables, where some are missing or all are to go.

use std::time::Duration;

use super::rows::tagged;
use super::{Engine, Output, State};
use crate::plan::history::{History, Row, parse_partials};
use crate::plan::status::are;
use crate::runner::error::Error;
use crate::runner::failure::Failure;
use crate::runner::history_tables::{self, HistoryTables};
use crate::runner::operation::Operation;
use crate::runner::report::Event;
use crate::runner::sql::{forget, layout, tag};

/// What is done to our tables.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    Create,
    /// Those that are missing are created.
    Repair,
    Remove,
}

/// What a run knows of our tables, where some are missing.
#[derive(Debug, Default)]
pub(super) struct TablesFound {
    /// Which are there, and what else has their names.
    pub(super) found: HistoryTables,
    /// Which are missing beside others.
    pub(super) missing: Vec<String>,
    /// Whether this run has created missing ones.
    is_repaired: bool,
    /// Whether it was asked who has the lock, at the end of all waiting.
    pub(super) has_asked: bool,
}

impl Engine<'_> {
    /// Whether the run is for our tables alone, whatever the history says.
    pub(super) fn is_about_tables(&self) -> bool {
        matches!(self.operation, Operation::Tables | Operation::Forget)
    }

    /// Asks for the session's settings and, unless nothing will be written, which of our tables are there.
    pub(super) fn find_tables(&mut self) -> Output {
        let mut query = self.session_query();
        if self.operation != Operation::Read {
            query = format!("{query};\n{}", forget::find(&self.tables));
        }
        self.ask(State::ReadingSession, query)
    }

    pub(super) fn take_tables(&mut self, rows: &[Row]) {
        self.seen.tables.found = history_tables::parse(&self.tables, tagged(rows, tag::TABLE));
    }

    pub(super) fn decide_on_tables(&mut self, now: Duration) -> Result<Output, Error> {
        let [history, ..] = self.tables.names();
        match self.operation {
            Operation::Tables => Ok(Output::Done),
            Operation::Forget => self.forget(),
            // What is missing is the table of the layout; or another runner has just made them all.
            _ if self.seen.tables.found.own.contains(&history) => {
                self.seen.has_tables = true;
                self.seen.tables.missing = self.seen.tables.found.missing(&self.tables);
                self.repair()
            }
            _ => {
                self.seen.history = History::default();
                self.decide(now)
            }
        }
    }

    fn forget(&mut self) -> Result<Output, Error> {
        if self.seen.in_transaction {
            return Err(Error::InTransaction);
        }
        if self.seen.tables.found.own.is_empty() {
            return Ok(Output::Done);
        }
        let query =
            forget::forget(&self.tables, &self.seen.tables.found.own, self.settings.lock_timeout);
        Ok(self.ask(State::ChangingTables(Change::Remove), query))
    }

    /// Makes all of our tables, or those that are missing.
    pub(super) fn make_tables(&mut self) -> Result<Output, Error> {
        if !self.seen.tables.found.own.is_empty() {
            self.seen.tables.missing = self.seen.tables.found.missing(&self.tables);
            return self.repair();
        }
        self.nothing_in_the_way()?;
        let query = layout::create(&self.tables);
        Ok(self.ask(State::ChangingTables(Change::Create), query))
    }

    /// Makes the tables that are missing.
    pub(super) fn repair(&mut self) -> Result<Output, Error> {
        if self.seen.in_transaction {
            return Err(Error::InTransaction);
        }
        self.nothing_in_the_way()?;
        if std::mem::replace(&mut self.seen.tables.is_repaired, true) {
            let reason = format!(
                "{} missing again right after they were created",
                are(&self.seen.tables.missing)
            );
            return Err(Error::UnrecognizedTable { table: self.tables.history.clone(), reason });
        }
        let query = layout::repair(&self.tables, self.seen.has_tables);
        Ok(self.ask(State::ChangingTables(Change::Repair), query))
    }

    fn nothing_in_the_way(&self) -> Result<(), Error> {
        match self.seen.tables.found.foreign.as_slice() {
            [] => Ok(()),
            foreign => Err(Error::NameTaken {
                schema: self.tables.schema.clone(),
                relations: foreign.to_vec(),
            }),
        }
    }

    /// The history was read, and a table that belongs to it is not there.
    pub(super) fn part_is_missing(
        &mut self,
        table: String,
        failure: Failure,
    ) -> Result<Output, Error> {
        if self.seen.tables.is_repaired {
            return Err(Error::UnrecognizedTable { table, reason: failure.message });
        }
        Ok(self.find_tables())
    }

    pub(super) fn tables_changed(
        &mut self,
        change: Change,
        rows: &[Row],
        now: Duration,
    ) -> Result<Output, Error> {
        match change {
            Change::Create => {
                self.seen.has_tables = true;
                self.decide(now)
            }
            Change::Repair => {
                let unfinished = parse_partials(tagged(rows, tag::STALE))
                    .map_err(|row| Error::foreign_row(&self.tables.progress, &row))?;
                let tables = std::mem::take(&mut self.seen.tables.missing);
                self.watch.tell(&Event::Recreated { tables: &tables, unfinished: &unfinished });
                Ok(self.read())
            }
            Change::Remove => {
                self.report.forgotten = std::mem::take(&mut self.seen.tables.found.own);
                Ok(Output::Done)
            }
        }
    }
}
