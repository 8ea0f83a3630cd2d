//! Why models can't be built, each reason at its place.

use std::time::Duration;

use migrate_core::syntax::{Lexer, Source, Span, Statement, TokenKind, split_statements};

use crate::failure::{Failure, FailureKind, ModelProblem, missing_extension};

/// At most so many errors are shown.
const SHOWN: usize = 20;

/// A statement that the server has refused.
pub(super) struct Refused<'a> {
    pub(super) source: &'a Source<'static>,
    pub(super) statement: &'a Statement,
    pub(super) error: &'a postgres::Error,
}

/// Refuses what is no SQL for a server: rows, and commands for psql.
pub(super) fn readable(source: &Source<'static>) -> Result<(), Failure> {
    let sql = source.text();
    let statements = split_statements(sql);
    if let Some(copy) = statements.iter().find(|it| copies(source.slice(it.span))) {
        return Err(with_rows(source, copy.span));
    }
    match Lexer::new(sql).find(|token| token.kind == TokenKind::Backslash) {
        Some(token) => Err(for_psql(source, token.span)),
        None => Ok(()),
    }
}

/// Does a statement read rows from the client, or send it some? A server waits until they came.
fn copies(statement: &str) -> bool {
    let words = statement.split(|c: char| c.is_whitespace() || c == '(' || c == ')' || c == ';');
    let words: Vec<String> =
        words.filter(|it| !it.is_empty()).map(str::to_ascii_lowercase).collect();
    let ends = [["from", "stdin"], ["to", "stdout"]];
    words.first().is_some_and(|it| it == "copy")
        && words.windows(2).any(|two| ends.iter().any(|end| two == end))
}

fn with_rows(source: &Source<'static>, copy: Span) -> Failure {
    let message = "the models contain table data: COPY needs rows from a client";
    let help = "use a dump of the schema alone: `pg_dump --schema-only`";
    let first = Span::new(copy.start, copy.start + "COPY".len());
    Failure::model(model_problem(message, source, first, "", help))
}

fn for_psql(source: &Source<'static>, at: Span) -> Failure {
    let rest = source.text().get(at.start..).unwrap_or_default();
    let name = rest.split(char::is_whitespace).next().unwrap_or_default();
    let help = match name {
        "\\i" | "\\ir" | "\\include" | "\\include_relative" => {
            "name the files themselves, or their folder: `--models` may be repeated, and finds the order"
        }
        "\\copy" | "\\." => "use a dump of the schema alone: `pg_dump --schema-only`",
        "\\connect" | "\\c" => "make the dump without `--create`",
        _ => "remove it: the models are SQL that a server can run",
    };
    let message = format!("`{name}` is a command of psql, not SQL");
    let span = Span::new(at.start, at.start + name.len());
    Failure::model(model_problem(message, source, span, "the server does not know it", help))
}

pub(super) fn too_long(source: &Source<'static>, statement: Span, limit: Duration) -> Failure {
    let seconds = limit.as_secs_f64();
    let message = format!("the models are not built after {seconds}s");
    let help = "fix the statement, or allow more time: `--models-timeout 30min`";
    let first = Span::new(statement.start, statement.start + 1);
    Failure::model(model_problem(message, source, first, "this statement was cancelled", help))
}

/// What the server said of a statement, at its place.
pub(super) fn refused(
    source: &Source<'static>,
    statement: Span,
    error: &postgres::Error,
) -> Failure {
    match problem(source, statement, error) {
        Some(problem) => Failure::model(problem),
        None => ended(error),
    }
}

/// The session has ended, whatever it was.
pub(super) fn ended(error: &postgres::Error) -> Failure {
    let why =
        error.as_db_error().map_or_else(|| error.to_string(), |said| said.message().to_owned());
    let help = "start again, or name another server: `--dev-url postgres://…`";
    Failure::refused(FailureKind::Models, format!("building the models failed: {why}"), help)
}

fn problem(
    source: &Source<'static>,
    statement: Span,
    error: &postgres::Error,
) -> Option<ModelProblem> {
    let said = error.as_db_error()?;
    let text = source.slice(statement);
    let start = match said.position() {
        // Counted in characters from 1.
        Some(postgres::error::ErrorPosition::Original(nth)) => {
            let nth = usize::try_from(*nth).unwrap_or(1).saturating_sub(1);
            text.char_indices().nth(nth).map_or(statement.start, |(at, _)| statement.start + at)
        }
        _ => statement.start,
    };
    let message =
        format!("the models can't be built: {} (SQLSTATE {})", said.message(), said.code().code());
    let hint = said.hint().or(said.detail()).unwrap_or_default();
    let help = match said.message() {
        message if missing_extension(message).is_some() => {
            "install the extension on the server for scratch databases, or name a server that has it: \
             `--dev-url postgres://…` or MIGRATE_DEV_URL"
        }
        message if message.starts_with("role \"") => {
            "create the role on the server of `--dev-url`: `CREATE ROLE name NOLOGIN`; a server that is \
             started for the comparison gets it by itself, so leave `--dev-url` out"
        }
        _ => "the models are SQL that builds the whole schema in an empty database",
    };
    Some(model_problem(message, source, Span::new(start, start + 1), hint, help))
}

/// What is left when nothing leads on. What only waits for another one of these is not told.
pub(super) fn waiting(left: &[Refused<'_>]) -> Result<(), Failure> {
    let causes = |it: &&Refused<'_>| {
        let message =
            it.error.as_db_error().map(postgres::error::DbError::message).unwrap_or_default();
        let mut others = left.iter().filter(|other| !std::ptr::eq(*other, *it));
        !others.any(|other| makes(other.source.slice(other.statement.span), message))
    };
    let mut roots: Vec<&Refused<'_>> = left.iter().filter(causes).collect();
    if roots.is_empty() {
        // They wait for each other.
        roots = left.iter().collect();
    }
    let Some(first) = roots.first() else { return Ok(()) };
    let problems = roots.iter().filter_map(|it| problem(it.source, it.statement.span, it.error));
    let problems: Vec<ModelProblem> = problems.take(SHOWN).collect();
    if problems.is_empty() {
        return Err(refused(first.source, first.statement.span, first.error));
    }
    let more = left.len().saturating_sub(problems.len());
    Err(Failure::Models { problems, more })
}

fn model_problem(
    message: impl Into<String>,
    source: &Source<'static>,
    span: Span,
    label: &str,
    help: &'static str,
) -> ModelProblem {
    let (message, label) = (message.into(), label.to_owned());
    ModelProblem { message, source: source.clone(), span, label, help }
}

/// Does a statement create what a server has missed, by its words?
fn makes(statement: &str, missed: &str) -> bool {
    let Some(name) = missed.split('"').nth(1).and_then(|name| name.rsplit('.').next()) else {
        return false;
    };
    let head = statement.split('(').next().unwrap_or_default();
    let mut words = head.split(|c: char| c.is_whitespace() || c == '.' || c == '"');
    words.next().is_some_and(|word| word.eq_ignore_ascii_case("create"))
        && words.any(|word| word.trim_end_matches(';').eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_client_are_seen() {
        let check = |sql: &str, expected: bool| assert_eq!(copies(sql), expected, "{sql}");
        check("COPY public.t (a, b) FROM stdin;", true);
        check("copy t\n  from STDIN(FORMAT csv)", true);
        check("COPY (SELECT 1) TO STDOUT", true);
        check("COPY t FROM '/tmp/stdin'", false);
        check("COPY t FROM PROGRAM 'cat'", false);
        check("SELECT 'COPY t FROM stdin'", false);
    }

    #[test]
    fn commands_of_psql_are_told() {
        let check = |sql: &str, expected: Option<&str>| {
            let found = readable(&Source::new("schema.sql", sql.to_owned()));
            let found = found.err().map(|error| error.to_string());
            match expected {
                Some(part) => {
                    assert!(found.as_ref().is_some_and(|it| it.contains(part)), "{found:?}");
                }
                None => assert_eq!(found, None, "{sql}"),
            }
        };
        check("SELECT 1;\n\\i tables.sql\n", Some("schema.sql:2:1"));
        check("\\ir tables.sql", Some("`--models` may be repeated"));
        check("\\connect app", Some("without `--create`"));
        check("\\set x 1", Some("`\\set` is a command of psql"));
        check("SELECT 'a\n\\i b' AS \"\\c\"; -- \\i\n/* \\i */", None);
        check("CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$\nSELECT E'\\n'\n$$", None);
    }

    #[test]
    fn what_makes_a_missing_thing_is_known() {
        let check = |statement: &str, missed: &str, expected: bool| {
            assert_eq!(makes(statement, missed), expected, "{statement} {missed}");
        };
        let missed = "relation \"users\" does not exist";
        check("CREATE TABLE users (id int)", missed, true);
        check("create table public.\"users\" (id int)", missed, true);
        check("CREATE TABLE teams (users int)", missed, false);
        check("ALTER TABLE users ADD a int", missed, false);
        check("CREATE TABLE a.users ()", "relation \"a.users\" does not exist", true);
        check("CREATE TABLE users ()", "syntax error", false);
    }
}
