//! What a test of a revision has shown, each with its place in the file: pure.

use std::collections::BTreeMap;

use migrate_core::__private::{TestTime, counted};
use migrate_core::chain::Down;
use migrate_core::runner::StatementError;
use migrate_core::schema::catalog::{Change, Difference, Name};
use migrate_core::syntax::{Explanation, LockedBy, Span, TokenKind, locks, split_statements};
use migrate_core::{Error, Migration};
use serde::Serialize;

use super::contents::{Lost, What, tables_of};

/// A step of the staircase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Step {
    Up,
    Down,
    UpAgain,
}

impl Step {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Step::Up => "up",
            Step::Down => "down",
            Step::UpAgain => "up again",
        }
    }
}

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TestFailureKind {
    /// The server refused a statement.
    Statement,
    /// The schema is not what it has to be.
    Schema,
    /// Rows or values are lost.
    Rows,
    /// A test of the author's failed.
    Test,
    /// The run failed for another reason.
    Run,
}

/// A failure of one revision.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TestFailure {
    pub(crate) step: Step,
    pub(crate) kind: TestFailureKind,
    pub(crate) message: String,
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sqlstate: Option<String>,
    /// The tables with rows that it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tables: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<String>,
    pub(crate) help: String,
    /// As the compiler would say it.
    #[serde(skip)]
    pub(crate) text: String,
}

/// A failure before it has a place.
struct Told {
    step: Step,
    kind: TestFailureKind,
    message: String,
    span: Span,
    label: String,
    sqlstate: Option<String>,
    tables: Vec<String>,
    notes: Vec<String>,
    help: String,
}

impl Told {
    fn at(self, migration: &Migration<'_>) -> TestFailure {
        let Told { step, kind, message, span, label, sqlstate, tables, notes, help } = self;
        let position = migration.source.position(span.start);
        let explanation =
            Explanation::new(message.as_str()).with_snippet(&migration.source, span, label);
        let explanation = notes.iter().fold(explanation, Explanation::with_note);
        let text = explanation.with_help(help.as_str()).to_string();
        TestFailure {
            step,
            kind,
            message,
            file: migration.source.path().to_owned(),
            line: position.line,
            column: position.column,
            sqlstate,
            tables,
            notes,
            help,
            text,
        }
    }
}

/// The rows that were there before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'r> {
    /// How many were generated in each table.
    pub(super) counts: &'r BTreeMap<Name, usize>,
    /// Whether there are any, generated ones or those of a test section.
    pub(super) has_rows: bool,
}

/// What failed when a revision ran. The counts are those of the generated rows.
pub(super) fn of_error(
    migration: &Migration<'_>,
    step: Step,
    error: &Error,
    rows: Rows<'_>,
) -> TestFailure {
    match error {
        Error::Statement(error) => refused(migration, step, error, rows),
        other => {
            let Explanation { message, help, notes, .. } = other.explain();
            Told {
                step,
                kind: TestFailureKind::Run,
                message,
                span: marker(migration, step),
                label: String::new(),
                sqlstate: None,
                tables: Vec::new(),
                notes,
                help,
            }
            .at(migration)
        }
    }
}

fn refused(
    migration: &Migration<'_>,
    step: Step,
    error: &StatementError,
    Rows { counts, has_rows }: Rows<'_>,
) -> TestFailure {
    let code = error.failure.code.as_deref().unwrap_or_default();
    let concerned = with_rows(migration, error.span, counts);
    // Rows are the reason where the server says that they are, in its classes of data and of constraints.
    // A second upgrade meets the same rows as the first, unless the downgrade has changed them.
    let by_data = ["22", "23"].iter().any(|class| code.starts_with(class));
    let by_rows = by_data && step != Step::UpAgain && has_rows;
    let what = match step {
        Step::Up => "can't be applied",
        Step::Down => "can't be undone",
        Step::UpAgain => "can't be applied again after its downgrade",
    };
    let rows = if by_rows { " when there are rows" } else { "" };
    let mut notes: Vec<String> = Vec::new();
    notes.extend(error.failure.detail.iter().map(|detail| format!("detail: {detail}")));
    notes.extend(error.failure.hint.iter().map(|hint| format!("hint: {hint}")));
    let tables: Vec<String> = if by_rows {
        let shown = |name: &Name| {
            let count = counts.get(name).copied().unwrap_or_default();
            format!("{} in `{name}`", counted(count, "generated row"))
        };
        notes.extend(
            (!concerned.is_empty())
                .then(|| concerned.iter().map(shown).collect::<Vec<_>>().join(", ")),
        );
        concerned.iter().map(ToString::to_string).collect()
    } else {
        Vec::new()
    };
    Told {
        step,
        kind: TestFailureKind::Statement,
        message: format!("`{}` {what}{rows}: {}", migration.id, error.failure.message),
        span: error.span,
        label: if code.is_empty() { String::new() } else { format!("SQLSTATE {code}") },
        sqlstate: error.failure.code.clone(),
        tables,
        notes,
        help: advice(code, step, by_rows),
    }
    .at(migration)
}

fn advice(code: &str, step: Step, by_rows: bool) -> String {
    let fix = match code {
        _ if !by_rows => {
            return match (code, step) {
                ("42710", Step::UpAgain) => {
                    "the downgrade leaves it: drop it there, or create it with `IF NOT EXISTS`"
                }
                ("23505", Step::UpAgain) => {
                    "the downgrade leaves rows that the upgrade inserts: delete them there"
                }
                ("42P07" | "42701", Step::UpAgain) => "the downgrade leaves it: drop it there",
                (_, Step::Up) => "fix the statement; `migrate check` may say more",
                (_, Step::Down) => "fix the downgrade: it runs on what the upgrade has built",
                (_, Step::UpAgain) => {
                    "fix the downgrade: it has to bring back what the upgrade expects"
                }
            }
            .to_owned();
        }
        "23502" => {
            "fill in a value for the rows that have none first (`UPDATE … SET … WHERE … IS NULL`), or give the column a default"
        }
        "23505" => "merge or delete the duplicates first",
        "23503" => "delete the rows that refer to nothing first, or set their column to NULL",
        "23514" => "change the rows that the check refuses first",
        "22001" => "keep the longer type, or shorten the values first",
        "22003" => "keep the larger type, or change the values that are out of range first",
        "22P02" | "22007" | "22008" => {
            "write a cast that accepts each value, with a CASE for the others"
        }
        _ => "change the rows that it refuses first",
    };
    format!(
        "{fix}. If there are never such rows, say why: `-- migrate:allow(rows): reason` in the section"
    )
}

/// What a statement of a test section has shown: it was refused, or returned rows.
pub(super) enum Shown {
    Refused { code: String, message: String },
    Rows { count: usize, first: Vec<String> },
}

/// A statement of a test section that is not as it has to be. The span is its place in the file.
pub(super) fn of_test(
    migration: &Migration<'_>,
    step: Step,
    when: TestTime,
    span: Span,
    shown: Shown,
) -> TestFailure {
    let id = &migration.id;
    let (message, label, sqlstate, notes, help) = match shown {
        Shown::Refused { code, message } => (
            format!("a test of `{id}` can't run: {message}"),
            format!("SQLSTATE {code}"),
            Some(code),
            Vec::new(),
            match when {
                TestTime::BeforeUp => {
                    "fix the statement: it runs on the schema before the upgrade, and before rows are generated"
                }
                TestTime::AfterUp => "fix the query: it runs on the schema after the upgrade",
                TestTime::AfterDown => "fix the query: it runs on the schema after the downgrade",
            },
        ),
        Shown::Rows { count, first } => (
            format!("a test of `{id}` returns {}", counted(count, "row")),
            "it has to return none".to_owned(),
            None,
            first.into_iter().map(|row| format!("row: {row}")).collect(),
            "correct the revision, or the query",
        ),
    };
    Told {
        step,
        kind: TestFailureKind::Test,
        message,
        span,
        label,
        sqlstate,
        tables: Vec::new(),
        notes,
        help: help.to_owned(),
    }
    .at(migration)
}

/// The tables with generated rows that a statement locks.
fn with_rows(migration: &Migration<'_>, at: Span, counts: &BTreeMap<Name, usize>) -> Vec<Name> {
    let text = migration.source.text();
    let statements = split_statements(text);
    let Some(statement) = statements.iter().find(|it| it.span.range().contains(&at.start)) else {
        return Vec::new();
    };
    let mut found: Vec<Name> = Vec::new();
    for lock in locks(text, statement).iter().filter(|lock| lock.locked_by == LockedBy::Name) {
        let name = match lock.relation.qualified().parts.as_slice() {
            [.., schema, name] => Name::new(schema.clone(), name.clone()),
            _ => continue,
        };
        if counts.contains_key(&name) && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// The marker of the section that a step runs, or the beginning of the file if there is none.
fn marker(migration: &Migration<'_>, step: Step) -> Span {
    let section = match (&migration.down, step) {
        (Down::Section(section), Step::Down) => section,
        _ => &migration.up,
    };
    migration.source.line_at(section.span.start.saturating_sub(1))
}

/// The schema is not what it was before the upgrade, or not what the first upgrade has built.
pub(super) fn differs(
    migration: &Migration<'_>,
    step: Step,
    differences: &[Difference],
) -> Option<TestFailure> {
    if differences.is_empty() {
        return None;
    }
    let id = &migration.id;
    let (message, help) = match step {
        Step::UpAgain => (
            format!("the second upgrade to `{id}` builds another schema than the first"),
            "the downgrade leaves something that changes what the upgrade does",
        ),
        _ => (
            format!("the downgrade of `{id}` does not restore the schema"),
            "undo the rest in the downgrade; or say that it stays: `-- migrate:allow(down): reason` in the downgrade",
        ),
    };
    let notes = differences.iter().map(|difference| {
        let word = match difference.change {
            Change::Add => "left behind",
            Change::Remove => "missing",
            Change::Alter => "changed",
        };
        let text = difference.to_string();
        format!("{word}: {}", text.get(2..).unwrap_or(&text))
    });
    Some(
        Told {
            step,
            kind: TestFailureKind::Schema,
            message,
            span: marker(migration, step),
            label: String::new(),
            sqlstate: None,
            tables: Vec::new(),
            notes: notes.collect(),
            help: help.to_owned(),
        }
        .at(migration),
    )
}

/// Rows that were there before the upgrade are not there after the downgrade.
pub(super) fn lost(migration: &Migration<'_>, lost: &[Lost]) -> Option<TestFailure> {
    let first = lost.first()?;
    let note = |Lost { table, what }: &Lost| match what {
        What::Rows { lost, of } => format!("`{table}`: {lost} of {} are gone", counted(*of, "row")),
        What::Values { column, lost, of } => {
            format!("`{table}`: {lost} of {of} values of `{column}` are not what they were")
        }
        What::Mixed { lost, of } => {
            format!("`{table}`: the values of {lost} of {} are in other rows", counted(*of, "row"))
        }
    };
    let of_column = match &first.what {
        What::Values { column, .. } => format!(" {}.{column}", first.table),
        _ => format!(" rows of {}", first.table),
    };
    Some(
        Told {
            step: Step::Down,
            kind: TestFailureKind::Rows,
            message: format!("the downgrade of `{}` does not bring back the rows", migration.id),
            span: cause(migration, first).unwrap_or_else(|| marker(migration, Step::Down)),
            label: String::new(),
            sqlstate: None,
            tables: tables_of(lost).into_iter().map(ToString::to_string).collect(),
            notes: lost.iter().map(note).collect(),
            help: format!(
                "restore them in the downgrade; or say that they are lost, in a comment above the statement: `-- Loses{of_column}`"
            ),
        }
        .at(migration),
    )
}

/// The statement that speaks of what is lost: of the column, or else of the table; in the upgrade, or else in the
/// downgrade.
fn cause(migration: &Migration<'_>, lost: &Lost) -> Option<Span> {
    let column = match &lost.what {
        What::Values { column, .. } => Some(column.as_str()),
        _ => None,
    };
    let down = match &migration.down {
        Down::Section(section) => Some(section.span),
        Down::Irreversible(_) => None,
    };
    let sections = [Some(migration.up.span), down];
    let names =
        [column.map(|column| vec![&*lost.table.name, column]), Some(vec![&*lost.table.name])];
    for names in names.into_iter().flatten() {
        for span in sections.into_iter().flatten() {
            let sql = migration.source.slice(span);
            let found = split_statements(sql).into_iter().find(|statement| {
                names.iter().all(|name| {
                    statement.tokens.iter().any(|token| match token.kind {
                        TokenKind::Word => token.text(sql).eq_ignore_ascii_case(name),
                        TokenKind::QuotedIdentifier => token.text(sql).trim_matches('"') == *name,
                        _ => false,
                    })
                })
            });
            if let Some(statement) = found {
                let start = span.start + statement.span.start;
                return Some(Span::new(start, span.start + statement.span.end));
            }
        }
    }
    None
}
