//! Finding an installed PostgreSQL.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::account::{Account, may_use};
use crate::obstacle::Obstacle;

/// A folder with `initdb` and `postgres` in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binaries {
    pub(crate) folder: PathBuf,
    pub(crate) major: u32,
}

impl Binaries {
    /// The folder of one PostgreSQL, or why it is none that we can use.
    pub(crate) fn in_folder(folder: &Path, account: Option<&Account>) -> Result<Self, String> {
        let problem = |what: &str| format!("{}: {what}", folder.display());
        // Wrappers in a PATH folder are often links into the real one, where the other programs are.
        let postgres =
            fs::canonicalize(folder.join("postgres")).map_err(|_| problem("no postgres"))?;
        let folder = postgres.parent().unwrap_or(folder);
        if !folder.join("initdb").exists() {
            return Err(problem("no initdb"));
        }
        if !may_use(account, folder) {
            return Err(problem("can't be entered by the user PostgreSQL would run as"));
        }
        let output = Command::new(&postgres)
            .arg("--version")
            .output()
            .map_err(|error| problem(&error.to_string()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let major = major(&text).ok_or_else(|| problem("postgres --version tells no version"))?;
        if major < 14 {
            return Err(problem(&format!("PostgreSQL {major} is too old")));
        }
        Ok(Self { folder: folder.to_owned(), major })
    }

    /// The PostgreSQL to use. `major` is the one a data directory was made by.
    pub(crate) fn find(account: Option<&Account>, major: Option<u32>) -> Result<Self, Obstacle> {
        if let Some(folder) = std::env::var_os("PG_BIN_DIR").filter(|folder| !folder.is_empty()) {
            // An explicit choice is never replaced by another.
            return Self::in_folder(Path::new(&folder), account)
                .map_err(|why| Obstacle::NoBinaries(vec![format!("PG_BIN_DIR: {why}")]));
        }
        let mut refused = Vec::new();
        for folder in candidates() {
            match Self::in_folder(&folder, account) {
                Ok(found) if major.is_none_or(|major| major == found.major) => return Ok(found),
                Ok(found) => refused.push(format!(
                    "{}: PostgreSQL {}, but the data directory needs {}",
                    folder.display(),
                    found.major,
                    major.unwrap_or_default()
                )),
                Err(why) => refused.push(why),
            }
        }
        Err(Obstacle::NoBinaries(refused))
    }
}

/// Every folder on this machine that looks like one, the best first.
fn candidates() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.extend(told_by_pg_config());
    for (base, suffix) in [
        ("/usr/lib/postgresql", "bin"),
        ("/opt/homebrew/opt", "bin"),
        ("/usr/local/opt", "bin"),
        ("/home/linuxbrew/.linuxbrew/opt", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "bin"),
        ("/usr", "bin"),
    ] {
        folders.extend(versioned(Path::new(base)).into_iter().map(|folder| folder.join(suffix)));
    }
    let mut seen = Vec::new();
    folders.retain(|folder| {
        let Ok(postgres) = fs::canonicalize(folder.join("postgres")) else { return false };
        let new = !seen.contains(&postgres);
        seen.push(postgres);
        new
    });
    folders
}

fn told_by_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(text.trim())).filter(|folder| !folder.as_os_str().is_empty())
}

/// The folders `17`, `pgsql-17`, `postgresql@17`, `postgresql` in `base`, highest version first.
fn versioned(base: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(base) else { return Vec::new() };
    let mut found: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| Some((version_in_name(&entry.file_name())?, entry.path())))
        .collect();
    found.sort_by(|one, other| other.cmp(one));
    found.into_iter().map(|(_, folder)| folder).collect()
}

fn version_in_name(name: &OsStr) -> Option<u32> {
    let name = name.to_str()?;
    if name == "postgresql" {
        // Homebrew's name for its current version, which is linked under its number too.
        return Some(0);
    }
    let digits = ["postgresql@", "pgsql-"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name);
    digits.parse().ok()
}

/// The first number of `postgres (PostgreSQL) 15.18 (Debian 15.18-0)`.
fn major(text: &str) -> Option<u32> {
    let number =
        text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_postgresql_prints_them() {
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major("postgres: command not found"), None);
    }

    #[test]
    fn the_highest_version_comes_first() -> std::io::Result<()> {
        let base = tempfile::tempdir()?;
        for name in ["9", "postgresql@17", "pgsql-14", "100", "postgresql", "share", "mysql@8"] {
            fs::create_dir(base.path().join(name))?;
        }
        let names: Vec<_> = versioned(base.path())
            .iter()
            .filter_map(|folder| folder.file_name()?.to_str().map(str::to_owned))
            .collect();
        assert_eq!(names, ["100", "postgresql@17", "pgsql-14", "9", "postgresql"]);
        Ok(())
    }

    #[test]
    fn an_empty_folder_is_refused_with_its_name() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let why = format!("{}: no postgres", folder.path().display());
        assert_eq!(Binaries::in_folder(folder.path(), None), Err(why));
        Ok(())
    }
}
