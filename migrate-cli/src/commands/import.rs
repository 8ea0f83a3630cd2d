//! `migrate import`: another tool's folder becomes a chain.

mod alembic;

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use migrate_core::__private::counted;
use migrate_core::analysis::analyse_with;
use migrate_core::chain::MAX_FILE_BYTES;
use migrate_core::chain::edit::FileEdit;
use serde::Serialize;

use crate::args::{Import, Tool};
use crate::context::Context;
use crate::failure::{Exit, Failure, FailureKind, ProblemView, problem_count, problems};
use crate::guard::summary;
use crate::import::{Imported, Original, Translation, translate};
use crate::tree::{folder, settings};
use crate::ui::{Page, View};

/// What was written, and what a build says of it.
#[derive(Serialize)]
struct Written {
    tool: &'static str,
    revisions: Vec<Revision>,
    notes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<ProblemView>,
}

#[derive(Serialize)]
struct Revision {
    revision: String,
    path: String,
    from: String,
    irreversible: bool,
}

impl View for Written {
    fn text(&self, page: &mut Page) {
        for revision in &self.revisions {
            page.line(&revision.path);
        }
    }
}

/// `migrate import`
pub(super) fn import(
    context: &Context,
    directory: &Path,
    arguments: &Import,
) -> Result<Exit, Failure> {
    let to = arguments.to.as_deref().unwrap_or(directory);
    empty(to, arguments)?;
    let originals = read(&arguments.from)?;
    let translation = match arguments.tool {
        Tool::Alembic => alembic::translate(context, arguments, &originals)?,
        tool => translate(tool, &originals).map_err(Failure::Import)?,
    };
    let paths = write(to, &translation.edits())?;
    tell(context, arguments.tool, to, &translation, &paths)
}

/// Says what was written, and what a build says of it: that is work to do, and loses none.
fn tell(
    context: &Context,
    tool: Tool,
    to: &Path,
    translation: &Translation,
    paths: &[PathBuf],
) -> Result<Exit, Failure> {
    // Advice is for the folder that was written.
    let ui = &context.ui.clone().of_folder(to);
    let rejection = analyse_with(folder(to), settings(to)).err();
    let revision = |(imported, path): (&Imported, &PathBuf)| Revision {
        revision: imported.id.clone(),
        path: path.display().to_string(),
        from: imported.origin.clone(),
        irreversible: imported.down.is_err(),
    };
    let revisions: Vec<Revision> = translation.revisions.iter().zip(paths).map(revision).collect();
    let (all, lost) = (revisions.len(), revisions.iter().filter(|one| one.irreversible).count());
    ui.show(&Written {
        tool: tool.word(),
        revisions,
        notes: translation.notes.clone(),
        problems: rejection
            .as_ref()
            .map(|rejection| problems(rejection, &ui.name))
            .unwrap_or_default(),
    })?;
    translation.notes.iter().for_each(|note| ui.warn(note));
    if lost > 0 {
        ui.warn(format!(
            "{lost} of {} can't be undone: {tool} has no downgrade for {}\n \
             = help: write it below `-- migrate:down`, and remove the line `-- irreversible: …`",
            counted(all, "revision"),
            if lost == 1 { "it" } else { "them" }
        ));
    }
    let written = match all {
        1 => "1 revision was written".to_owned(),
        all => format!("{all} revisions were written"),
    };
    match rejection {
        Some(rejection) => {
            let problems = problem_count(&rejection);
            ui.warn(format!(
                "`migrate check` refuses the chain: {problems}{}\n = help: fix the files; `migrate check` shows \
                 each line. What a database has run stays as it is: adopt that database, and pin its revisions \
                 with `migrate lock --from-database`",
                summary(&rejection)
            ));
            ui.say(format!("{written}; the chain has {problems}"));
        }
        None => ui.say(format!(
            "{written}; to take over a database that {tool} has migrated: `migrate adopt --from {}`",
            tool.word()
        )),
    }
    Ok(Exit::Fine)
}

/// Nothing is mixed with what is there.
fn empty(to: &Path, arguments: &Import) -> Result<(), Failure> {
    let entries = match fs::read_dir(to) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unreadable(to, &error)),
    };
    let is_taken = |name: &str| !name.starts_with('.') && !name.starts_with("README");
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let Some(name) = names.filter(|name| is_taken(name)).min() else { return Ok(()) };
    let what = format!("`{}` is not empty: it has `{name}`", to.display());
    let help = match arguments.to {
        Some(_) => "name a new folder",
        None => "name a new folder: `--to FOLDER`",
    };
    Err(Failure::refused(FailureKind::File, what, help))
}

/// How deep a tool's folders go.
const MAX_DEPTH: usize = 8;

/// The files of a folder, those in its folders too, sorted by path.
pub(super) fn read(from: &Path) -> Result<Vec<Original>, Failure> {
    let mut originals = Vec::new();
    walk(from, "", MAX_DEPTH, &mut originals)?;
    originals.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(originals)
}

fn walk(
    directory: &Path,
    shown: &str,
    depth: usize,
    originals: &mut Vec<Original>,
) -> Result<(), Failure> {
    let entries = fs::read_dir(directory).map_err(|error| unreadable(directory, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(directory, &error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || name == "__pycache__" {
            continue;
        }
        let path = format!("{shown}{name}");
        match fs::metadata(entry.path()) {
            Ok(metadata) if metadata.is_dir() && depth > 0 => {
                walk(&entry.path(), &format!("{path}/"), depth - 1, originals)?;
            }
            Ok(metadata) if metadata.is_dir() => {}
            Ok(metadata) => {
                let text = text(&entry.path(), &name, metadata.len());
                originals.push(Original { path, text });
            }
            Err(error) => originals.push(Original { path, text: Err(error.to_string()) }),
        }
    }
    Ok(())
}

/// The text of a file that may matter; others are known by their names.
fn text(path: &Path, name: &str, length: u64) -> Result<String, String> {
    let matters = [".sql", ".py", ".toml", ".conf"].iter().any(|ending| name.ends_with(ending));
    if !matters {
        return Ok(String::new());
    }
    if length > MAX_FILE_BYTES as u64 {
        return Err(format!("it has {length} bytes; the limit is {} MiB", MAX_FILE_BYTES >> 20));
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let what = format!("`{}` can't be read: {error}", path.display());
    Failure::refused(FailureKind::File, what, "name the folder of the other tool's migrations")
}

/// Writes all files, or none: what was written before one that can't be is taken away again.
fn write(to: &Path, edits: &[FileEdit]) -> Result<Vec<PathBuf>, Failure> {
    let unwritable = |path: &Path, source| Failure::Unwritable { path: path.to_owned(), source };
    fs::create_dir_all(to).map_err(|source| unwritable(to, source))?;
    let mut written: Vec<PathBuf> = Vec::new();
    for edit in edits {
        let path = to.join(&edit.name);
        let new = OpenOptions::new().write(true).create_new(true).open(&path);
        let result = new.and_then(|mut file| {
            written.push(path.clone());
            file.write_all(edit.text.as_bytes())
        });
        if let Err(source) = result {
            for path in &written {
                // What can't be taken away is said by the next try: the folder is not empty.
                let _ = fs::remove_file(path);
            }
            return Err(unwritable(&path, source));
        }
    }
    Ok(written)
}
