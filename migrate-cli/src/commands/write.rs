//! The commands that write files.

use std::fs::{self, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;
use migrate_core::{FileEdit, LOCK_FILE, NewRevision, check, edit, lock_text};

use super::{folder, print};
use crate::failure::Failure;

/// `migrate revision`
pub(super) fn revision(
    directory: &Path,
    message: &str,
    id: Option<&str>,
    parent: Option<&str>,
) -> Result<(), Failure> {
    create(directory);
    let now = Timestamp::now();
    let id = id.map_or_else(|| new_id(now), str::to_owned);
    let created = day(now);
    let new = NewRevision { id: &id, message, created: &created, parent };
    // A first revision makes the folder.
    save(directory, &edit::new_revision(folder(directory), new)?)
}

/// `migrate merge`
pub(super) fn merge(directory: &Path, message: &str, id: Option<&str>) -> Result<(), Failure> {
    let now = Timestamp::now();
    let id = id.map_or_else(|| new_id(now), str::to_owned);
    let created = day(now);
    let new = NewRevision { id: &id, message, created: &created, parent: None };
    save(directory, &edit::merge(folder(directory), new)?)
}

/// `migrate rebase`
pub(super) fn rebase(directory: &Path, id: &str, onto: &str) -> Result<(), Failure> {
    save(directory, &edit::rebase(folder(directory), id, onto)?)
}

/// `migrate lock`: only a chain without a fault is pinned.
pub(super) fn lock(directory: &Path, through: Option<&str>) -> Result<(), Failure> {
    let chain = check(folder(directory))?;
    let head = chain.head().id.as_str();
    let through = through.filter(|id| *id != "head").unwrap_or(head);
    let text =
        lock_text(&chain, through).ok_or_else(|| Failure::UnknownRevision(through.to_owned()))?;
    let deployed = text.lines().filter(|line| line.contains(" chain=")).count();
    save(directory, &FileEdit { name: LOCK_FILE.to_owned(), text, replaces: true })?;
    eprintln!("{deployed} of {} revisions are pinned as deployed; commit the file", chain.len());
    Ok(())
}

/// `migrate lock --accept-down`: the rest of the chain must be without a fault.
pub(super) fn accept_down(directory: &Path, id: &str) -> Result<(), Failure> {
    let edit = edit::accept_down(folder(directory), id)?;
    let path = directory.join(LOCK_FILE);
    let before = fs::read(&path);
    save(directory, &edit)?;
    if let Err(rejection) = check(folder(directory)) {
        // Nothing is pinned of a chain that has other faults.
        if let Ok(before) = before {
            fs::write(&path, before).map_err(|source| Failure::Unwritable { path, source })?;
        }
        return Err(rejection.into());
    }
    eprintln!("the downgrade of `{id}` is pinned as it is now; commit the file");
    Ok(())
}

fn create(directory: &Path) {
    // If it can't be made, the write that follows says why.
    let _ = fs::create_dir_all(directory);
}

/// Writes a file and prints its path. A new one never takes the place of another.
fn save(directory: &Path, edit: &FileEdit) -> Result<(), Failure> {
    let path = directory.join(&edit.name);
    let written = if edit.replaces {
        replace(&path, &edit.text)
    } else {
        let new = OpenOptions::new().write(true).create_new(true).open(&path);
        new.and_then(|mut file| file.write_all(edit.text.as_bytes()))
    };
    match written {
        Ok(()) => print([path.display().to_string()]),
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
fn new_id(now: Timestamp) -> String {
    let random = RandomState::new().build_hasher().finish() & 0xffff;
    format!("{}_{random:04x}", now.strftime("%Y%m%d%H%M%S"))
}

fn day(now: Timestamp) -> String {
    now.strftime("%Y-%m-%d").to_string()
}
