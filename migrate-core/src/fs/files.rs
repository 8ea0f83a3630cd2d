//! Reads a directory into a [`Folder`]: the only place that touches a disk.

#![expect(clippy::disallowed_methods, reason = "this is where files come in")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::chain::check::Rejection;
use crate::chain::config::{CONFIG_FILE, Config};
use crate::chain::diagnostic::Diagnostic;
use crate::chain::folder::{Content, Entry, Folder, FolderError, MAX_FILE_BYTES, has_key_line};
use crate::chain::problem::Problem;
use crate::syntax::source::Source;
use crate::syntax::suggest::did_you_mean;

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
    let real = directory.canonicalize();
    let real = real.as_deref().unwrap_or(directory);
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| self::entry(real, &entry))).collect(),
        Err(error) => Err(error),
    };
    let entries = entries.map_err(|error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => FolderError::Missing { suggestion: beside(directory) },
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
    let here = path.parent().unwrap_or(Path::new(""));
    let real = directory.canonicalize().unwrap_or_default();
    let folder = real.file_name().unwrap_or_default().to_string_lossy();
    let reason = match content(&path) {
        Content::File(bytes) => match String::from_utf8(bytes) {
            Ok(text) => match Config::read(Source::new(shown.clone(), text)) {
                Err(_) if leads_out(here, &path) => LEADS_OUT.to_owned(),
                read => return read.map(|config| config.of_chain(&folder)),
            },
            Err(_) => "it is not UTF-8".to_owned(),
        },
        Content::LargeFile(bytes) => format!("it is too large: {bytes} bytes"),
        Content::Unreadable(reason) => reason,
        Content::Other => "it is not a file".to_owned(),
    };
    let problem = Problem::Unreadable { path: shown, reason };
    Err(Rejection { diagnostics: vec![Diagnostic::new(problem)], sources: Vec::new() })
}

fn entry(directory: &Path, entry: &fs::DirEntry) -> Entry {
    let name = entry.file_name().to_string_lossy().into_owned();
    let content = match content(&entry.path()) {
        // What is wrong with a file is shown with its text, which here may be anybody's.
        Content::File(bytes) if !is_of_chain(&bytes) && leads_out(directory, &entry.path()) => {
            Content::Unreadable(LEADS_OUT.to_owned())
        }
        content => content,
    };
    Entry { name, content }
}

const LEADS_OUT: &str = "it is a link to a file outside of the folder that is not part of a chain";

/// Whether a path is a link to somewhere outside of this folder.
fn leads_out(directory: &Path, path: &Path) -> bool {
    let is_link = fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    is_link && !path.canonicalize().is_ok_and(|real| real.starts_with(directory))
}

/// Whether a file begins as a migration does, or as a lock file.
fn is_of_chain(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    has_key_line(&text)
        || lines
            .find(|line| !line.is_empty() && !line.starts_with('#'))
            .is_some_and(|line| line.starts_with("version "))
}

/// What there is at a path. Only a file is read: a pipe or a device might never end.
fn content(path: &Path) -> Content {
    // Follows links: a linked migration is a migration, and some builds link all their files.
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

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;
    use std::{env, process};

    use super::*;

    /// A build may link all its files from elsewhere; what a link leads to is shown only if it is a
    /// migration.
    #[test]
    fn what_a_link_out_of_the_folder_leads_to_is_not_shown() {
        let base = env::temp_dir().join(format!("migrate-links-{}", process::id()));
        let (inside, outside) = (base.join("chain/migrations"), base.join("elsewhere"));
        fs::create_dir_all(&inside).unwrap();
        fs::create_dir_all(&outside).unwrap();
        let revision = |id: &str, parent: &str| {
            format!(
                "-- a comment\n-- revision: {id}\n{parent}-- message: M\n-- irreversible: a test\n-- migrate:up\nSELECT 1;\n"
            )
        };
        fs::write(outside.join("secret"), "the secret is 42\n").unwrap();
        fs::write(outside.join("2.sql"), revision("2", "-- parent: 1\n")).unwrap();
        fs::write(inside.join("1.sql"), revision("1", "")).unwrap();
        symlink(outside.join("2.sql"), inside.join("2.sql")).unwrap();
        let said = |name: &str| {
            let link = inside.join(name);
            symlink(outside.join("secret"), &link).unwrap();
            let said = crate::check(read(&inside, "m")).map(|_| ()).unwrap_err().to_string();
            fs::remove_file(link).unwrap();
            said
        };
        assert!(crate::check(read(&inside, "m")).is_ok(), "a migration that is a link");
        for name in ["3.sql", "chain.lock"] {
            let said = said(name);
            assert!(said.contains("outside of the folder") && !said.contains("42"), "{said}");
        }
        symlink(outside.join("secret"), base.join("chain").join(CONFIG_FILE)).unwrap();
        let said = config(&inside, "m").unwrap_err().to_string();
        assert!(said.contains("outside of the folder") && !said.contains("42"), "{said}");
        // A link that stays inside is a file like any other, as is what is wrong with it.
        fs::write(inside.join("README"), "nothing\n").unwrap();
        symlink("README", inside.join("3.sql")).unwrap();
        let said = crate::check(read(&inside, "m")).map(|_| ()).unwrap_err().to_string();
        assert!(said.contains("nothing"), "{said}");
        fs::remove_dir_all(base).unwrap();
    }
}
