//! Reads a directory into a [`Folder`]: the only place that touches a disk.

#![expect(clippy::disallowed_methods, reason = "this is where files come in")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::check::Rejection;
use crate::config::{CONFIG_FILE, Config};
use crate::diagnostic::Diagnostic;
use crate::folder::{Content, Entry, Folder, FolderError, MAX_FILE_BYTES};
use crate::id::did_you_mean;
use crate::problem::Problem;
use crate::text::Source;

/// What a directory holds now. `shown` is its path as people should see it in messages.
///
/// Never fails: what can't be read is a part of the result, for [`check`](crate::check()) to report
/// beside everything else.
///
/// ```no_run
/// let folder = migrate_core::files::read("migrations".as_ref(), "migrations");
/// match migrate_core::check(folder) {
///     Ok(chain) => println!("head is {}", chain.head().id),
///     Err(rejection) => eprintln!("{rejection}"),
/// }
/// ```
pub fn read(directory: &Path, shown: impl Into<String>) -> Folder {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| self::entry(&entry))).collect(),
        Err(error) => Err(error),
    };
    let entries = entries.map_err(|error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => FolderError::Missing { meant: beside(directory) },
        io::ErrorKind::NotADirectory => FolderError::NotADirectory,
        _ => FolderError::Unreadable(error.to_string()),
    });
    Folder { path: shown.into(), entries }
}

/// A folder beside one that is not there, with nearly its name.
fn beside(missing: &Path) -> Option<String> {
    let name = missing.file_name()?.to_str()?;
    let parent = missing.parent().filter(|parent| !parent.as_os_str().is_empty());
    let entries = fs::read_dir(parent.unwrap_or(Path::new("."))).ok()?.flatten();
    let folders = entries.filter(|entry| entry.path().is_dir());
    let names: Vec<String> =
        folders.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    did_you_mean(name, names.iter().map(String::as_str)).map(str::to_owned)
}

/// Where the settings of a folder's chain are, if there are any: beside the folder.
pub fn config_path(directory: &Path) -> Option<PathBuf> {
    let path = directory.canonicalize().ok()?.parent()?.join(CONFIG_FILE);
    path.exists().then_some(path)
}

/// The settings of a folder's chain: what [`CONFIG_FILE`] beside it says, or else the usual ones.
/// `shown` is the folder's path as people should see it.
///
/// # Errors
///
/// With everything that is wrong with the file.
pub fn config(directory: &Path, shown: &str) -> Result<Config, Rejection> {
    let Some(path) = config_path(directory) else { return Ok(Config::default()) };
    let shown = Path::new(shown).parent().unwrap_or(Path::new("")).join(CONFIG_FILE);
    let shown = shown.to_string_lossy().replace('\\', "/");
    let reason = match content(&path) {
        Content::File(bytes) => match String::from_utf8(bytes) {
            Ok(text) => return Config::read(Source::new(shown, text)),
            Err(_) => "it is not UTF-8".to_owned(),
        },
        Content::LargeFile(bytes) => format!("it is too large: {bytes} bytes"),
        Content::Unreadable(reason) => reason,
        Content::Other => "it is not a file".to_owned(),
    };
    let problem = Problem::Unreadable { path: shown, reason };
    Err(Rejection { diagnostics: vec![Diagnostic::new(problem)], sources: Vec::new() })
}

fn entry(entry: &fs::DirEntry) -> Entry {
    let name = entry.file_name().to_string_lossy().into_owned();
    Entry { name, content: content(&entry.path()) }
}

/// What there is at a path. Only a file is read: a pipe or a device might never end.
fn content(path: &Path) -> Content {
    // Follows links: a linked migration is a migration.
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => Content::Other,
        Ok(metadata) if metadata.len() > MAX_FILE_BYTES as u64 => {
            Content::LargeFile(metadata.len())
        }
        Ok(_) => match fs::read(path) {
            Ok(bytes) => Content::File(bytes),
            Err(error) => Content::Unreadable(error.to_string()),
        },
        Err(error) => Content::Unreadable(error.to_string()),
    }
}
