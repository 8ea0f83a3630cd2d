//! Runs the statements of the models in a scratch database.

use std::time::Duration;

use migrate_core::syntax::{Source, Statement, split_statements};
use postgres::Client;
use postgres::error::SqlState;

use super::queue::{Outcome, drain};
use super::refusal::{self, Refused};
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::scratch::Scratch;

/// A schema in the making.
pub(super) struct Build<'a> {
    pub(super) client: &'a mut Client,
    pub(super) scratch: &'a Scratch,
    pub(super) deadline: &'a Deadline,
    /// As it was asked for.
    pub(super) limit: Option<Duration>,
}

/// What a server says of a statement that needs something which is not there, or is not there as it
/// has to be.
const NOT_YET: [SqlState; 7] = [
    SqlState::UNDEFINED_TABLE,
    SqlState::UNDEFINED_OBJECT,
    SqlState::UNDEFINED_FUNCTION,
    SqlState::UNDEFINED_COLUMN,
    SqlState::INVALID_SCHEMA_NAME,
    // The key that it refers to.
    SqlState::INVALID_FOREIGN_KEY,
    SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
];

impl Build<'_> {
    /// One text runs as it stands; several find their order.
    pub(super) fn run(mut self, sources: &[Source<'static>]) -> Result<(), Failure> {
        if let [source] = sources {
            for statement in split_statements(source.text()) {
                if let Err(error) = self.statement(source, &statement)? {
                    return Err(refusal::refused(source, statement.span, &error));
                }
            }
            return Ok(());
        }
        let files = sources.iter().map(|it| split_statements(it.text())).collect();
        // The settings that each file has made, for when it is its turn again.
        let mut settings: Vec<Vec<String>> = vec![Vec::new(); sources.len()];
        let mut current = 0;
        let left = drain(files, |nth, statement: &Statement| {
            let Some(source) = sources.get(nth) else { return Ok(Outcome::Done) };
            if nth != current {
                current = nth;
                self.switch(settings.get(nth).map(Vec::as_slice).unwrap_or_default())?;
            }
            let text = source.slice(statement.span);
            let words = statement.leading_words(source.text());
            if ends_or_begins_transaction(&words) {
                return Ok(Outcome::Done);
            }
            match self.statement(source, statement)? {
                Ok(()) => {
                    if let Some(own) = settings.get_mut(nth).filter(|_| is_setting(text, &words)) {
                        own.push(text.to_owned());
                    }
                    Ok(Outcome::Done)
                }
                Err(error) if error.code().is_some_and(|code| NOT_YET.contains(code)) => {
                    Ok(Outcome::Waits(error))
                }
                Err(error) => Err(refusal::refused(source, statement.span, &error)),
            }
        })?;
        let refused = left.iter().filter_map(|(nth, statement, error)| {
            Some(Refused { source: sources.get(*nth)?, statement, error })
        });
        refusal::waiting(&refused.collect::<Vec<_>>())
    }

    /// Runs a statement: what the server says of it is the inner error.
    fn statement(
        &mut self,
        source: &Source<'static>,
        statement: &Statement,
    ) -> Result<Result<(), postgres::Error>, Failure> {
        loop {
            let Err(error) = self.client.batch_execute(source.slice(statement.span)) else {
                return Ok(Ok(()));
            };
            if self.deadline.passed().is_some() {
                let limit = self.limit.unwrap_or_default();
                return Err(refusal::too_long(source, statement.span, limit));
            }
            let said = error.as_db_error();
            if said.is_some_and(|it| self.scratch.makes_role(it.code().code(), it.message())) {
                continue;
            }
            let words = statement.leading_words(source.text());
            if is_there_already(&words, &error) {
                return Ok(Ok(()));
            }
            // A newer pg_dump sets what an older server does not know; a schema does not depend on it.
            if words.first().is_some_and(|word| word == "SET")
                && error.code() == Some(&SqlState::UNDEFINED_OBJECT)
            {
                return Ok(Ok(()));
            }
            return Ok(Err(error));
        }
    }

    /// Begins a file with the session as it was, or as this file left it.
    fn switch(&mut self, settings: &[String]) -> Result<(), Failure> {
        let reset = "RESET SESSION AUTHORIZATION; RESET ALL";
        self.client.batch_execute(reset).map_err(|error| refusal::ended(&error))?;
        for sql in settings {
            // It has run before, or the server does not know it.
            let _ = self.client.batch_execute(sql);
        }
        Ok(())
    }
}

/// Does a statement create a role that the server has? Roles belong to a server, and not to what is built.
fn is_there_already(words: &[String], error: &postgres::Error) -> bool {
    let creates = match words {
        [_, _, third, ..] if third == "MAPPING" => false,
        [first, second, ..] => {
            first == "CREATE" && ["ROLE", "USER", "GROUP"].contains(&second.as_str())
        }
        _ => false,
    };
    creates && error.code() == Some(&SqlState::DUPLICATE_OBJECT)
}

/// Each statement runs by itself here, so these mean nothing.
fn ends_or_begins_transaction(words: &[String]) -> bool {
    match words {
        [first, ..] if ["BEGIN", "COMMIT", "END"].contains(&&**first) => true,
        [first, second, ..] => first == "START" && second == "TRANSACTION",
        _ => false,
    }
}

/// Does it set something for the statements that follow? pg_dump calls a function for that, too.
fn is_setting(text: &str, words: &[String]) -> bool {
    let first = words.first().map(String::as_str).unwrap_or_default();
    first == "SET" || first == "RESET" || first == "SELECT" && text.contains("set_config(")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_about_the_session_are_known() {
        let check = |sql: &str, transaction: bool, setting: bool| {
            let words = split_statements(sql)[0].leading_words(sql);
            let found = (ends_or_begins_transaction(&words), is_setting(sql, &words));
            assert_eq!(found, (transaction, setting), "{sql}");
        };
        check("BEGIN", true, false);
        check("start transaction;", true, false);
        check("COMMIT", true, false);
        check("SET search_path = app", false, true);
        check("SELECT pg_catalog.set_config('search_path', '', false)", false, true);
        check("CREATE TABLE t ()", false, false);
        check("SELECT 1", false, false);
    }
}
