//! The files of TLS: as they are named, or in `~/.postgresql`.

#![expect(clippy::disallowed_methods, reason = "certificates are files, some of them at home")]

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Where a file is by default, if this user has a home.
pub(super) fn at_home(name: &str) -> Option<PathBuf> {
    Some(std::env::home_dir()?.join(".postgresql").join(name))
}

pub(super) fn is_there(path: &Path) -> bool {
    path.exists()
}

pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    fs::read(path)
}

/// The same, or `None` if there is no such file.
pub(super) fn read_if_there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The files of a folder, by name.
pub(super) fn of_folder(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(path)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    Ok(files)
}

/// What is wrong with a file that has a private key in it: as libpq wants it, others may not read it;
/// where it is root's, its group may.
#[cfg(unix)]
pub(super) fn why_not_private(path: &Path) -> io::Result<Option<&'static str>> {
    use std::os::unix::fs::MetadataExt;
    let found = fs::metadata(path)?;
    let (is_root, bits) = (found.uid() == 0, found.mode());
    Ok(if !found.is_file() {
        Some("is no plain file")
    } else if bits & if is_root { 0o037 } else { 0o077 } != 0 {
        Some("can be read or written by others: `chmod 600` it")
    } else {
        None
    })
}

#[cfg(not(unix))]
pub(super) fn why_not_private(path: &Path) -> io::Result<Option<&'static str>> {
    Ok((!fs::metadata(path)?.is_file()).then_some("is no plain file"))
}
