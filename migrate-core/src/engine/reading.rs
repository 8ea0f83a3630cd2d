//! What the engine takes from the answers to its looks: the history, the session, the layout.

use super::Engine;
use super::rows::tagged;
use crate::error::Error;
use crate::failure::Failure;
use crate::goal::Goal;
use crate::history::{self, History, Row};
use crate::sql::row_security::hidden;
use crate::sql::{self, Session, Tables, tag};

impl Engine<'_> {
    pub(super) fn is_at_head(&self, rows: &[Row]) -> bool {
        tagged(rows, tag::HEAD).any(|row| {
            let count = |at: usize| row.get(at)?.as_deref()?.parse::<usize>().ok();
            [count(1), count(2), count(3)] == [Some(self.chain.len()), Some(0), Some(1)]
        })
    }

    pub(super) fn take_session(&mut self, rows: &[Row]) {
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
        self.in_transaction = column(7) == "t";
        // It was not asked for where it does not matter.
        self.defers = column(8) != "f";
    }

    /// Which layout the tables have, where that was asked for.
    pub(super) fn take_layout(&mut self, rows: &[Row]) -> Result<(), Error> {
        let Some(row) = tagged(rows, tag::LAYOUT).next() else { return Ok(()) };
        let version = row.get(1).and_then(Option::as_deref).and_then(|text| text.parse().ok());
        self.layout =
            version.ok_or_else(|| Error::foreign_row(&self.tables.layout, &format!("{row:?}")))?;
        Ok(())
    }

    /// Asks whether row security hides anything of what this run reads or writes.
    pub(super) fn hidden_query(&self) -> String {
        let Tables { history, log, layout, progress, .. } = &self.tables;
        match self.goal {
            Goal::Read => hidden(&[history, progress], false),
            Goal::Log => hidden(&[log], false),
            _ => hidden(&[history, progress, layout, log], true),
        }
    }

    pub(super) fn parse_history(&self, rows: &[Row]) -> Result<History, Error> {
        see_all(rows)?;
        let rows: Vec<Row> = tagged(rows, tag::RECORD).cloned().collect();
        history::parse(&rows).map_err(|row| Error::foreign_row(&self.tables.history, &row))
    }
}

pub(super) fn reading_failed(table: &str, failure: Failure) -> Error {
    let table = table.to_owned();
    // Undefined column or function, wrong type or kind of object, no value of the type.
    if failure.is_any(&["42703", "42883", "42804", "42809", "42846", "22P02"]) {
        return Error::NotOurs { table, reason: failure.message };
    }
    let what = "reading the history of migrations";
    if failure.is("42501") { Error::denied(what, failure) } else { Error::server(what, failure) }
}

/// An error where the answer names a table of ours that hides rows.
pub(super) fn see_all(rows: &[Row]) -> Result<(), Error> {
    match tagged(rows, tag::HIDDEN).next() {
        None => Ok(()),
        Some(row) => {
            let table = row.get(1).cloned().flatten().unwrap_or_default();
            Err(Error::Hidden { table })
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
