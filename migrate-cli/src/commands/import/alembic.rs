//! Alembic's SQL: from files, or from Alembic itself, which prints that of all revisions at once.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use migrate_core::__private::counted;

use crate::args::Import;
use crate::context::Context;
use crate::failure::{Failure, FailureKind};
use crate::import::alembic::{self, Downgrades, Graph, Printed, Sql, upgrades};
use crate::import::{Original, Translation};

/// How much of what Alembic says is shown: the end of a traceback.
const LINES: usize = 5;

/// The chain in a folder of Alembic's.
pub(super) fn translate(
    context: &Context,
    arguments: &Import,
    originals: &[Original],
) -> Result<Translation, Failure> {
    let graph = alembic::read(originals).map_err(Failure::Import)?;
    let sql = match &arguments.sql_dir {
        Some(folder) => given(folder, &graph)?,
        None => {
            let revisions = counted(graph.revisions.len(), "revision");
            context.ui.say(format!("asking `{}` for the SQL of {revisions}", arguments.alembic));
            asked(&arguments.alembic, &graph)?
        }
    };
    alembic::translate(graph, sql, &arguments.version_table).map_err(Failure::Import)
}

/// What the files of a folder have.
fn given(folder: &Path, graph: &Graph) -> Result<HashMap<String, (Sql, Sql)>, Failure> {
    let both = |id: &String| Ok((id.clone(), (read(folder, id, "up")?, read(folder, id, "down")?)));
    graph.revisions.iter().map(|revision| both(&revision.id)).collect()
}

fn read(folder: &Path, id: &str, name: &str) -> Result<Sql, Failure> {
    let path = folder.join(format!("{id}.{name}.sql"));
    match fs::read_to_string(&path) {
        Ok(script) => Ok(Sql::Printed { script, stopped: None }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Sql::Missing),
        Err(error) => {
            let what = format!("`{}` can't be read: {error}", path.display());
            Err(Failure::refused(FailureKind::File, what, "fix it, and import again"))
        }
    }
}

/// What Alembic prints: the upgrades in one run, the downgrades in one for each that it can't print.
fn asked(command: &str, graph: &Graph) -> Result<HashMap<String, (Sql, Sql)>, Failure> {
    let printed = run(command, "upgrade", "base:heads")?;
    let ups = upgrades(graph, &printed).map_err(|wrong| Failure::Import(vec![wrong]))?;
    let mut downs = Downgrades::default();
    while let Some(id) = downs.next(graph) {
        let printed = run(command, "downgrade", &format!("{id}:base"))?;
        downs.take(id, graph, printed);
    }
    let both = |(id, up): (String, Sql)| {
        let down = downs.remove(&id);
        (id, (up, down))
    };
    Ok(ups.into_iter().map(both).collect())
}

fn run(command: &str, word: &str, range: &str) -> Result<Printed, Failure> {
    // It may have arguments: `poetry run alembic`.
    let mut words = command.split_whitespace();
    let program = words.next().unwrap_or("alembic");
    let output = Command::new(program).args(words).args([word, range, "--sql"]).output();
    let output = output.map_err(|error| {
        let what = format!("`{command}` can't be started: {error}");
        let help =
            "name the command: `--alembic COMMAND`, or a folder with the SQL: `--sql-dir FOLDER`";
        Failure::refused(FailureKind::Alembic, what, help)
    })?;
    let script = String::from_utf8_lossy(&output.stdout).into_owned();
    let stopped = (!output.status.success()).then(|| {
        let said = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
        match lines.as_slice() {
            [] => output.status.to_string(),
            lines => lines[lines.len().saturating_sub(LINES)..].join("\n"),
        }
    });
    Ok(Printed { script, stopped })
}
