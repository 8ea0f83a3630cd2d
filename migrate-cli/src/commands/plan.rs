//! `--dry-run`: what a run would do, statement by statement.

use migrate_core::{Direction, Down, Migration, Plan, Section, Statement, Step, split_statements};
use serde::Serialize;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::ui::{ADDED, FAINT, ID, Page, REMOVED, View};

/// What a run would do.
#[derive(Serialize)]
struct Planned {
    database: String,
    steps: Vec<StepView>,
}

/// A revision that would run.
#[derive(Serialize)]
struct StepView {
    revision: String,
    direction: String,
    message: String,
    file: String,
    transaction: bool,
    statements: Vec<StatementView>,
}

/// A statement that would run.
#[derive(Serialize)]
struct StatementView {
    number: usize,
    line: usize,
    sql: String,
}

/// The longest statement that is shown whole, in characters.
const WIDTH: usize = 96;

impl View for Planned {
    fn text(&self, page: &mut Page) {
        for step in &self.steps {
            let (style, sign) = match step.direction.as_str() {
                "upgrade" => (ADDED, '+'),
                _ => (REMOVED, '-'),
            };
            let StepView { revision, message, file, .. } = step;
            let mode = if step.transaction { "" } else { ", outside a transaction" };
            page.line(format!(
                "{style}{sign}{style:#} {ID}{revision}{ID:#}  {message}  {FAINT}{file}{mode}{FAINT:#}"
            ));
            for statement in &step.statements {
                let place = format!("{FAINT}{:>5}{FAINT:#}", statement.line);
                if page.is_verbose {
                    let mut lines = statement.sql.lines();
                    page.line(format!("{place}  {}", lines.next().unwrap_or_default()));
                    lines.for_each(|line| page.line(format!("       {line}")));
                } else {
                    page.line(format!("{place}  {}", short(&statement.sql)));
                }
            }
        }
    }
}

/// A statement in one line.
fn short(sql: &str) -> String {
    let words = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= WIDTH {
        return words;
    }
    words.chars().take(WIDTH - 1).chain(['…']).collect()
}

/// Shows a plan instead of carrying it out.
pub(super) fn show(context: &Context, database: String, plan: &Plan<'_>) -> Result<Exit, Failure> {
    if plan.steps.is_empty() {
        context.ui.say("nothing to do");
    }
    context.ui.show(&Planned { database, steps: plan.steps.iter().map(step).collect() })?;
    Ok(Exit::Fine)
}

fn step(step: &Step<'_>) -> StepView {
    let migration = &*step.migration;
    let section = match (step.direction, &migration.down) {
        (Direction::Up, _) => Some(migration.up),
        (Direction::Down, Down::Section(section)) => Some(*section),
        (Direction::Down, Down::Irreversible(_)) => None,
    };
    StepView {
        revision: migration.id.to_string(),
        direction: step.direction.to_string(),
        message: migration.message.to_string(),
        file: migration.source.path().to_owned(),
        transaction: step.is_transactional(),
        statements: section.map(|section| statements(migration, section)).unwrap_or_default(),
    }
}

fn statements(migration: &Migration<'_>, section: Section) -> Vec<StatementView> {
    let sql = migration.source.slice(section.span);
    let view = |(number, statement): (usize, Statement)| {
        let start = section.span.start + statement.span.start;
        StatementView {
            number,
            line: migration.source.position(start).line,
            sql: sql.get(statement.span.range()).unwrap_or_default().to_owned(),
        }
    };
    (1..).zip(split_statements(sql)).map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_statement_is_shortened() {
        assert_eq!(short("CREATE\n  TABLE t ();"), "CREATE TABLE t ();");
        let long = format!("SELECT '{}';", "é".repeat(100));
        let shown = short(&long);
        assert_eq!((shown.chars().count(), shown.ends_with("é…")), (WIDTH, true));
    }
}
