//! The test sections of a file: rows that are put there, and queries that must return none.

use migrate_core::__private::{TestSection, TestTime, test_sections};
use migrate_core::Migration;
use migrate_core::syntax::{Span, split_statements};
use postgres::{Client, SimpleQueryMessage};

use super::failures::{Shown, Step, TestFailure, of_test};
use super::lost_connection;
use crate::failure::Failure;

/// So many rows of an answer are shown.
const SHOWN: usize = 3;

/// The test sections of a revision.
pub(super) struct AuthorTests<'m> {
    migration: &'m Migration<'static>,
    sections: Vec<TestSection>,
}

impl<'m> AuthorTests<'m> {
    pub(super) fn of(migration: &'m Migration<'static>) -> Self {
        AuthorTests { migration, sections: test_sections(&migration.source) }
    }

    /// Whether rows are put there before the upgrade.
    pub(super) fn has_rows(&self) -> bool {
        self.sections.iter().any(|section| section.when == TestTime::BeforeUp)
    }

    /// Puts the rows there that the tests need.
    pub(super) fn prepare(&self, client: &mut Client) -> Result<Vec<TestFailure>, Failure> {
        self.run(client, Step::Up, TestTime::BeforeUp)
    }

    /// Runs the queries for after a step, and leaves nothing of what they do.
    pub(super) fn after(
        &self,
        client: &mut Client,
        step: Step,
    ) -> Result<Vec<TestFailure>, Failure> {
        let when = match step {
            Step::Up | Step::UpAgain => TestTime::AfterUp,
            Step::Down => TestTime::AfterDown,
        };
        self.run(client, step, when)
    }

    fn run(
        &self,
        client: &mut Client,
        step: Step,
        when: TestTime,
    ) -> Result<Vec<TestFailure>, Failure> {
        let mut failures = Vec::new();
        let keeps = when == TestTime::BeforeUp;
        for section in self.sections.iter().filter(|section| section.when == when) {
            client.batch_execute("BEGIN").map_err(lost_connection)?;
            let sql = self.migration.source.slice(section.span);
            let mut is_refused = false;
            for statement in split_statements(sql) {
                let asked = sql.get(statement.span.range()).unwrap_or_default();
                let shown = ask(client, asked, keeps)?;
                let Some(shown) = shown else { continue };
                let at = |place: usize| section.span.start + place;
                let span = Span::new(at(statement.span.start), at(statement.span.end));
                is_refused = matches!(shown, Shown::Refused { .. });
                failures.push(of_test(self.migration, step, when, span, shown));
                if is_refused {
                    break;
                }
            }
            let end = if keeps && !is_refused { "COMMIT" } else { "ROLLBACK" };
            client.batch_execute(end).map_err(lost_connection)?;
        }
        Ok(failures)
    }
}

/// What is wrong with a statement, if something is. One that prepares may return what it likes.
fn ask(client: &mut Client, sql: &str, prepares: bool) -> Result<Option<Shown>, Failure> {
    let answer = match client.simple_query(sql) {
        Ok(answer) => answer,
        Err(error) => {
            return match error.as_db_error() {
                Some(said) if !client.is_closed() => Ok(Some(Shown::Refused {
                    code: said.code().code().to_owned(),
                    message: said.message().to_owned(),
                })),
                _ => Err(lost_connection(error)),
            };
        }
    };
    let rows = answer.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let count = rows.clone().count();
    let show = |row: &postgres::SimpleQueryRow| {
        let columns = row.columns().iter().enumerate();
        let shown = columns
            .map(|(at, column)| format!("{} = {}", column.name(), row.get(at).unwrap_or("NULL")));
        shown.collect::<Vec<_>>().join(", ")
    };
    Ok((count > 0 && !prepares)
        .then(|| Shown::Rows { count, first: rows.take(SHOWN).map(show).collect() }))
}
