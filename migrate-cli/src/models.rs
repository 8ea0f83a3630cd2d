//! The models: SQL that builds the wanted schema in an empty database. It comes from a file, or from
//! the program.

use std::path::PathBuf;
use std::time::Duration;

use migrate_core::{Source, Span, point_at, split_statements};
use postgres::Client;

use crate::args::ModelArgs;
use crate::context::Context;
use crate::deadline::Deadline;
use crate::env_file::Variables;
use crate::failure::Failure;
use crate::scratch::Scratch;

/// How long building the models may take, unless it is said.
const LIMIT: Duration = Duration::from_secs(300);

/// The models.
pub(crate) struct Models {
    origin: Origin,
    /// None means no limit.
    limit: Option<Duration>,
}

/// Where the models come from.
enum Origin {
    /// A file.
    File(PathBuf),
    /// This program, which declares them in Rust.
    Program(fn() -> String),
}

impl Models {
    /// Those of `--models`, of the program, or of `MIGRATE_MODELS`, if there are any.
    pub(crate) fn find(context: &Context, arguments: &ModelArgs) -> Result<Option<Self>, Failure> {
        let limit = arguments.models_timeout.unwrap_or(LIMIT);
        let limit = (!limit.is_zero()).then_some(limit);
        let origin = match (&arguments.models, context.models) {
            (Some(file), _) => Some(Origin::File(file.clone())),
            (None, Some(models)) => Some(Origin::Program(models)),
            (None, None) => {
                let variables = Variables::read(context.connection.env_file.as_deref())?;
                variables.get("MIGRATE_MODELS").map(|file| Origin::File(PathBuf::from(file)))
            }
        };
        Ok(origin.map(|origin| Models { origin, limit }))
    }

    /// Builds the schema.
    pub(crate) fn build(&self, client: &mut Client, scratch: &Scratch) -> Result<(), Failure> {
        let source = self.source()?;
        let sql = source.text();
        let statements = split_statements(sql);
        let text_of = |span: Span| sql.get(span.range()).unwrap_or_default();
        if let Some(copy) = statements.iter().find(|it| copies(text_of(it.span))) {
            return Err(with_rows(&source, copy.span));
        }
        let deadline = Deadline::of(self.limit, client, scratch)?;
        for statement in statements {
            let text = text_of(statement.span);
            let is_worth_another_try = |error: &postgres::Error| {
                let said = error.as_db_error();
                said.is_some_and(|said| scratch.makes_role(said.code().code(), said.message()))
            };
            while let Err(error) = client.batch_execute(text) {
                if is_there_already(text, &error) {
                    break;
                }
                if let Some(limit) = deadline.passed() {
                    return Err(too_long(&source, statement.span, limit));
                }
                if !is_worth_another_try(&error) {
                    return Err(refused(&source, statement.span, &error));
                }
            }
        }
        Ok(())
    }

    fn source(&self) -> Result<Source<'static>, Failure> {
        let path = match &self.origin {
            Origin::Program(models) => return Ok(Source::new("models", without_psql(models()))),
            Origin::File(path) => path,
        };
        let unreadable = |reason: String| {
            let what = format!("the models `{}` can't be read: {reason}", path.display());
            let help = "name a file with the SQL of the wanted schema: `--models schema.sql`";
            Failure::refused("models", what, help)
        };
        let bytes = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".into()))?;
        Ok(Source::new(path.display().to_string(), without_psql(text)))
    }
}

/// A schema that `pg_dump` has written begins and ends with commands for psql, which mean nothing
/// here. They become blank lines, so that all others stay where they are.
fn without_psql(text: String) -> String {
    let is_for_psql =
        |line: &str| line.starts_with("\\restrict") || line.starts_with("\\unrestrict");
    if !text.lines().any(is_for_psql) {
        return text;
    }
    text.lines()
        .map(|line| if is_for_psql(line) { "\n" } else { line })
        .fold(String::with_capacity(text.len()), |whole, line| {
            whole + line + if line == "\n" { "" } else { "\n" }
        })
}

/// Does a statement create a role that the server has? Roles belong to a server, and not to what is built.
fn is_there_already(statement: &str, error: &postgres::Error) -> bool {
    let mut words = statement.split_whitespace().map(str::to_ascii_lowercase);
    let kind = (words.next(), words.next());
    let creates = kind.0.as_deref() == Some("create")
        && kind.1.is_some_and(|it| ["role", "user", "group"].contains(&&*it));
    creates && error.code() == Some(&postgres::error::SqlState::DUPLICATE_OBJECT)
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

fn with_rows(source: &Source<'_>, copy: Span) -> Failure {
    let message = "the models contain table data: COPY needs rows from a client";
    let help = "use a dump of the schema alone: `pg_dump --schema-only`";
    let first = Span::new(copy.start, copy.start + "COPY".len());
    Failure::Models(point_at(message, source, first, "", help))
}

fn too_long(source: &Source<'_>, statement: Span, limit: Duration) -> Failure {
    let seconds = limit.as_secs_f64();
    let message = format!("the models are not built after {seconds}s");
    let help = "fix the statement, or allow more time: `--models-timeout 30min`";
    let first = Span::new(statement.start, statement.start + 1);
    Failure::Models(point_at(&message, source, first, "this statement was cancelled", help))
}

/// What the server said of a statement, at its place.
fn refused(source: &Source<'_>, statement: Span, error: &postgres::Error) -> Failure {
    let Some(said) = error.as_db_error() else {
        let help = "start again, or name another server: `--dev-url postgres://…`";
        return Failure::refused("models", format!("building the models failed: {error}"), help);
    };
    let text = source.slice(statement);
    let at = match said.position() {
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
    let is_role = said.message().starts_with("role \"");
    let help = match is_role {
        true => {
            "create the role on the server of `--dev-url`: `CREATE ROLE name NOLOGIN`; a server that is \
                 started for the comparison gets it by itself, so leave `--dev-url` out"
        }
        false => "the models are SQL that builds the whole schema in an empty database",
    };
    Failure::Models(point_at(&message, source, Span::new(at, at + 1), hint, help))
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
    fn lines_for_psql_are_blank() {
        let check =
            |text: &str, expected: &str| assert_eq!(without_psql(text.to_owned()), expected);
        check("a\nb", "a\nb");
        check("\\restrict x\na;\n\\unrestrict x\n", "\na;\n\n");
    }
}
