//! Alembic's SQL: from files, or from Alembic itself, which prints it for each revision.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use migrate_core::__private::counted;

use crate::args::Import;
use crate::context::Context;
use crate::failure::Failure;
use crate::import::alembic::{self, Revision, Sql, Way};
use crate::import::{Original, Translation};

/// The chain in a folder of Alembic's.
pub(super) fn translate(
    context: &Context,
    arguments: &Import,
    originals: &[Original],
) -> Result<Translation, Failure> {
    let graph = alembic::read(originals).map_err(Failure::Import)?;
    if arguments.sql_dir.is_none() {
        let count = graph.revisions.len();
        context.ui.say(format!(
            "asking `{}` for the SQL of {}",
            arguments.alembic,
            counted(count, "revision")
        ));
    }
    let mut sql = HashMap::new();
    for revision in &graph.revisions {
        let both = match &arguments.sql_dir {
            Some(folder) => {
                (given(folder, &revision.id, "up")?, given(folder, &revision.id, "down")?)
            }
            None => (
                printed(&arguments.alembic, revision, Way::Up)?,
                printed(&arguments.alembic, revision, Way::Down)?,
            ),
        };
        sql.insert(revision.id.clone(), both);
    }
    alembic::translate(graph, sql, &arguments.version_table).map_err(Failure::Import)
}

/// What a file has.
fn given(folder: &Path, id: &str, name: &str) -> Result<Sql, Failure> {
    let path = folder.join(format!("{id}.{name}.sql"));
    match fs::read_to_string(&path) {
        Ok(script) => Ok(Sql::Printed { script, stopped: None }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Sql::Missing),
        Err(error) => {
            let what = format!("`{}` can't be read: {error}", path.display());
            Err(Failure::refused("file", what, "fix it, and import again"))
        }
    }
}

/// What Alembic prints.
fn printed(command: &str, revision: &Revision, way: Way) -> Result<Sql, Failure> {
    let parent = revision.follows.as_deref().unwrap_or("base");
    let (word, range) = match way {
        Way::Up => ("upgrade", format!("{parent}:{}", revision.id)),
        Way::Down => ("downgrade", format!("{}:{parent}", revision.id)),
    };
    // It may have arguments: `poetry run alembic`.
    let mut words = command.split_whitespace();
    let program = words.next().unwrap_or("alembic");
    let output = Command::new(program).args(words).args([word, &range, "--sql"]).output();
    let output = output.map_err(|error| {
        let what = format!("`{command}` can't be started: {error}");
        let help =
            "name the command: `--alembic COMMAND`, or a folder with the SQL: `--sql-dir FOLDER`";
        Failure::refused("alembic", what, help)
    })?;
    let script = String::from_utf8_lossy(&output.stdout).into_owned();
    let stopped = (!output.status.success()).then(|| {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rev().find(|line| !line.trim().is_empty());
        last.map_or_else(|| output.status.to_string(), |line| line.trim().to_owned())
    });
    Ok(Sql::Printed { script, stopped })
}
