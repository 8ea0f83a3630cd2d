//! The commands that write files.

use std::fs::{self, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use migrate_core::__private::counted;
use migrate_core::chain::edit::{FileEdit, NewRevision, NewSection};
use migrate_core::chain::{LOCK_FILE, Pin, edit, lock_text, write_lock};
use migrate_core::plan::status;
use migrate_core::{Chain, Folder, Migration, Status, check};
use serde::Serialize;

use super::queries;
use crate::context::Context;
use crate::failure::{Exit, Failure, FailureKind, Purpose, is_foreign, problem_count};
use crate::guard::{self, Ids};
use crate::tree::{Tree, folder};
use crate::ui::{Page, View};

/// A file that was written.
#[derive(Serialize)]
struct Written {
    path: String,
    /// The revision in it, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
    /// Which revisions it pins, where it is the lock file.
    #[serde(skip_serializing_if = "Option::is_none")]
    deployed: Option<usize>,
}

impl View for Written {
    fn text(&self, page: &mut Page) {
        page.line(&self.path);
    }
}

/// `migrate revision`
pub(super) fn revision(
    context: &Context,
    directory: &Path,
    message: &str,
    id: Option<&str>,
    parent: Option<&str>,
) -> Result<Exit, Failure> {
    let now = Timestamp::now();
    let id = id.map_or_else(|| new_id(now), str::to_owned);
    let created = day(now);
    let parent = parent.filter(|parent| *parent != "head");
    let new = NewRevision {
        id: &id,
        message,
        created: &created,
        parent,
        up: NewSection::EMPTY,
        down: NewSection::EMPTY,
    };
    no_other_tools(folder(directory))?;
    let edit = edit::new_revision(folder(directory), new)?;
    // A first revision makes the folder. If it can't be made, the write that follows says why.
    let _ = fs::create_dir_all(directory);
    let exit = save(context, directory, &edit, Some(id), None)?;
    context.ui.say("write the SQL into both of its sections, then look at it with `migrate check`");
    Ok(exit)
}

/// Refuses a folder of another tool: a revision there would be one file of a broken chain.
pub(super) fn no_other_tools(folder: Folder) -> Result<(), Failure> {
    match check(folder) {
        Err(rejection) if is_foreign(&rejection) => Err(rejection.into()),
        _ => Ok(()),
    }
}

/// `migrate merge`
pub(super) fn merge(
    context: &Context,
    directory: &Path,
    message: &str,
    id: Option<&str>,
) -> Result<Exit, Failure> {
    let now = Timestamp::now();
    let id = id.map_or_else(|| new_id(now), str::to_owned);
    let created = day(now);
    let new = NewRevision {
        id: &id,
        message,
        created: &created,
        parent: None,
        up: NewSection::EMPTY,
        down: NewSection::EMPTY,
    };
    save(context, directory, &edit::merge(folder(directory), new)?, Some(id), None)
}

/// `migrate rebase`
pub(super) fn rebase(
    context: &Context,
    directory: &Path,
    id: &str,
    onto: &str,
) -> Result<Exit, Failure> {
    let tree = Tree::of(&context.source);
    let moved = tree.find(id).map(|entry| (entry.id.clone(), entry.parents.clone()));
    let exit = save(context, directory, &edit::rebase(folder(directory), id, onto)?, None, None)?;
    if let Ok((id, parents)) = moved {
        let below = parents.first().map_or("base", String::as_str);
        context.ui.note(format!(
            "a database that has applied `{id}` in its old place must undo it and apply it again: `migrate redo {id}` \
             (to only undo it: `migrate downgrade --stored {below}`)"
        ));
    }
    Ok(exit)
}

/// `migrate lock`: what is pinned is not analysed any more, so a fault in it would never be told.
pub(super) fn lock(
    context: &Context,
    directory: &Path,
    through: Option<&str>,
    unchecked: bool,
) -> Result<Exit, Failure> {
    guard::chain(&context.source, unchecked)?;
    let tree = Tree::of(&context.source);
    let chain = tree.chain.as_ref().map_err(Clone::clone)?;
    let through = match through {
        Some(id) => tree.find(id)?.id.as_str(),
        None => chain.head().id.as_str(),
    };
    let text =
        lock_text(chain, through).ok_or_else(|| Failure::UnknownRevision(through.to_owned()))?;
    let lineage = chain.migrations().iter().zip(chain.lineage(through));
    let wanted = lineage.filter(|(one, is_wanted)| *is_wanted && !one.deployed);
    let wanted: Ids<'_> = wanted.map(|(one, _)| one.id.as_str()).collect();
    let found = || guard::refused(&context.source, chain, &wanted, &pinned(chain));
    if let Some(rejection) = (!unchecked).then(found).flatten() {
        return Err(Failure::Unsound { rejection, purpose: Purpose::Pin });
    }
    pin(context, directory, chain, text)
}

/// `migrate lock --from-database`: what the database has applied, as this chain has it.
pub(super) fn lock_from_database(context: &Context, directory: &Path) -> Result<Exit, Failure> {
    let chain = context.source.chain()?;
    let mut database = context.open()?;
    let history = context.runner(&chain).history(&mut database.client)?;
    if let Status::Diverged(why) = status(&chain, &history) {
        return Err(migrate_core::PlanError::Diverged(why).into());
    }
    let is_pinned = |migration: &&Migration<'_>| {
        migration.deployed || history.get(migration.id.as_str()).is_some()
    };
    let new = chain.migrations().iter().filter(|one| !one.deployed && is_pinned(one));
    let new: Ids<'_> = new.map(|one| one.id.as_str()).collect();
    // The database has run them, so a fault is no reason not to: but this is the last time to say so.
    if let Some(found) = guard::refused(&context.source, &chain, &new, &pinned(&chain)) {
        context.ui.warn(format!(
            "the revisions to pin have {}, which `migrate check` does not report any more:{}\n \
             = help: leave the upgrades as the database ran them; fix the downgrades, and accept each with \
             `migrate lock --accept-down REVISION`",
            problem_count(&found),
            guard::summary(&found)
        ));
    }
    let pins: Vec<Pin> = chain.migrations().iter().filter(is_pinned).map(Pin::of).collect();
    pin(context, directory, &chain, write_lock(&pins))
}

fn pinned<'c>(chain: &'c Chain<'_>) -> Ids<'c> {
    let pinned = chain.migrations().iter().filter(|one| one.deployed);
    pinned.map(|one| one.id.as_str()).collect()
}

fn pin(
    context: &Context,
    directory: &Path,
    chain: &Chain<'_>,
    text: String,
) -> Result<Exit, Failure> {
    let deployed = text.lines().filter(|line| line.contains(" chain=")).count();
    let edit = FileEdit { name: LOCK_FILE.to_owned(), text, replaces: true };
    let exit = save(context, directory, &edit, None, Some(deployed))?;
    let (all, verb) = (counted(chain.len(), "revision"), if deployed == 1 { "is" } else { "are" });
    context.ui.say(format!("{deployed} of {all} {verb} pinned; commit the file"));
    // Where nobody records queries, there is nothing to remember.
    if let Some(lock) = queries::lock(directory)?
        && let chain = context.source.chain()?
        && let Some(head) = queries::pinned(&chain).filter(|head| *head != lock.head)
    {
        context.ui.warn(format!(
            "queries.lock is of a release at `{}`, and the pinned one is at `{head}`\n = help: record the queries \
             of this release, too: `migrate queries --record`",
            lock.head
        ));
    }
    Ok(exit)
}

/// `migrate lock --accept-down`: the rest of the chain must be without a fault.
pub(super) fn accept_down(
    context: &Context,
    directory: &Path,
    id: &str,
    unchecked: bool,
) -> Result<Exit, Failure> {
    let edit = edit::accept_down(folder(directory), id)?;
    let path = directory.join(LOCK_FILE);
    let before = fs::read(&path);
    write(directory, &edit)?;
    let refused = match check(folder(directory)) {
        Err(rejection) => Some(rejection.into()),
        Ok(chain) => (!unchecked)
            .then(|| guard::refused_downgrade(&context.source, &chain, id))
            .flatten()
            .map(|rejection| Failure::Unsound { rejection, purpose: Purpose::Pin }),
    };
    if let Some(refused) = refused {
        // Nothing is pinned of a chain that has other faults.
        if let Ok(before) = before {
            fs::write(&path, before).map_err(|source| Failure::Unwritable { path, source })?;
        }
        return Err(refused);
    }
    context.ui.show(&Written {
        path: path.display().to_string(),
        revision: None,
        deployed: None,
    })?;
    context.ui.say(format!("the downgrade of `{id}` is pinned as it is now; commit the file"));
    Ok(Exit::Fine)
}

/// `migrate edit`: opens a file where people write.
pub(super) fn edit(context: &Context, directory: &Path, id: &str) -> Result<Exit, Failure> {
    let tree = Tree::of(&context.source);
    let entry = tree.find(id)?;
    let path = directory.join(&entry.file);
    if entry.deployed {
        context.ui.warn(format!(
            "`{}` is pinned: databases ran it, so its upgrade must stay as it is\n \
             = help: put the change in a new revision: `migrate revision -m \"…\"`",
            entry.id
        ));
    }
    let named = ["VISUAL", "EDITOR"].into_iter().find_map(|name| std::env::var(name).ok());
    let editor = named.filter(|editor| !editor.trim().is_empty());
    let editor = editor.unwrap_or_else(|| if cfg!(windows) { "notepad" } else { "vi" }.to_owned());
    // It may have arguments: `code --wait`.
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let help = "set EDITOR to a program that edits a file: `EDITOR=nano migrate edit`";
    let status = Command::new(program).args(words).arg(&path).status();
    let why = match status {
        Ok(status) if status.success() => {
            context.ui.show(&Written {
                path: path.display().to_string(),
                revision: Some(entry.id.clone()),
                deployed: None,
            })?;
            return Ok(Exit::Fine);
        }
        Ok(status) => format!("the editor `{editor}` failed: {status}"),
        Err(error) => format!("the editor `{editor}` can't be started: {error}"),
    };
    Err(Failure::refused(FailureKind::Editor, why, help))
}

/// Writes a file and shows its path.
fn save(
    context: &Context,
    directory: &Path,
    edit: &FileEdit,
    revision: Option<String>,
    deployed: Option<usize>,
) -> Result<Exit, Failure> {
    let path = write(directory, edit)?;
    context.ui.show(&Written { path, revision, deployed })?;
    Ok(Exit::Fine)
}

/// Writes a file and gives its path. A new one never takes the place of another.
pub(super) fn write(directory: &Path, edit: &FileEdit) -> Result<String, Failure> {
    let path = directory.join(&edit.name);
    let written = if edit.replaces {
        replace(&path, &edit.text)
    } else {
        let new = OpenOptions::new().write(true).create_new(true).open(&path);
        new.and_then(|mut file| file.write_all(edit.text.as_bytes()))
    };
    match written {
        Ok(()) => Ok(path.display().to_string()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Failure::Exists(path)),
        Err(source) => Err(Failure::Unwritable { path, source }),
    }
}

/// Replaces a file at once: who reads it meanwhile sees the old or the new one, whole.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.new"));
    fs::write(&beside, text)?;
    fs::rename(&beside, path)
}

/// The time in UTC and four random digits: sorts by time, and two people don't meet.
pub(super) fn new_id(now: Timestamp) -> String {
    let [id, ..] = new_ids(now);
    id
}

/// The same for revisions of one second, in order.
pub(super) fn new_ids(now: Timestamp) -> [String; 4] {
    let random = RandomState::new().build_hasher().finish() & 0xfffc;
    [0, 1, 2, 3].map(|later| format!("{}_{:04x}", now.strftime("%Y%m%d%H%M%S"), random + later))
}

pub(super) fn day(now: Timestamp) -> String {
    now.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_of_one_second_stand_in_order() {
        let now: Timestamp = "2026-11-30T12:00:00Z".parse().unwrap();
        for _ in 0..100 {
            let ids = new_ids(now);
            assert!(ids.is_sorted_by(|one, other| one < other), "{ids:?}");
            assert!(
                ids.iter().all(|id| id.starts_with("20261130120000_") && id.len() == 19),
                "{ids:?}"
            );
        }
    }
}
