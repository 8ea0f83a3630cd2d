//! The models: SQL that builds the wanted schema in an empty database. It comes from a file, or from
//! the program.

use std::path::{Path, PathBuf};

use migrate_core::{Source, Span, point_at, split_statements};
use postgres::Client;

use crate::context::Context;
use crate::env_file::Variables;
use crate::failure::Failure;
use crate::scratch::Scratch;

/// Where the models come from.
#[derive(Clone)]
pub(crate) enum Models {
    /// A file.
    File(PathBuf),
    /// This program, which declares them in Rust.
    Program(fn() -> String),
}

impl Models {
    /// Those of `--models`, of the program, or of `MIGRATE_MODELS`, if there are any.
    pub(crate) fn find(context: &Context, file: Option<&Path>) -> Result<Option<Self>, Failure> {
        if let Some(file) = file {
            return Ok(Some(Models::File(file.to_owned())));
        }
        if let Some(models) = context.models {
            return Ok(Some(Models::Program(models)));
        }
        let variables = Variables::read(context.connection.env_file.as_deref())?;
        let file = variables.get("MIGRATE_MODELS");
        Ok(file.map(|file| Models::File(PathBuf::from(file))))
    }

    /// Builds the schema.
    pub(crate) fn build(&self, client: &mut Client, scratch: &Scratch) -> Result<(), Failure> {
        let source = self.source()?;
        let sql = source.text();
        for statement in split_statements(sql) {
            let text = sql.get(statement.span.range()).unwrap_or_default();
            let is_worth_another_try = |error: &postgres::Error| {
                let said = error.as_db_error();
                said.is_some_and(|said| scratch.makes_role(said.code().code(), said.message()))
            };
            while let Err(error) = client.batch_execute(text) {
                if !is_worth_another_try(&error) {
                    return Err(refused(&source, statement.span, &error));
                }
            }
        }
        Ok(())
    }

    fn source(&self) -> Result<Source<'static>, Failure> {
        let path = match self {
            Models::Program(models) => return Ok(Source::new("models", without_psql(models()))),
            Models::File(path) => path,
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
    let help = "the models are SQL that builds the whole schema in an empty database";
    Failure::Models(point_at(&message, source, Span::new(at, at + 1), hint, help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_for_psql_are_blank() {
        let check =
            |text: &str, expected: &str| assert_eq!(without_psql(text.to_owned()), expected);
        check("a\nb", "a\nb");
        check("\\restrict x\na;\n\\unrestrict x\n", "\na;\n\n");
    }
}
