//! psql, where this machine has it.

use std::path::{Path, PathBuf};
use std::process::Command;

use migrate_core::connect::Connector;

/// The program.
pub(super) struct Psql(PathBuf);

/// The first that is found, as the server's binaries are; else the test says that it was left out.
pub(super) fn psql() -> Option<Psql> {
    let mut folders: Vec<PathBuf> =
        std::env::var_os("PG_BIN_DIR").map(PathBuf::from).into_iter().collect();
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&path));
    for major in (14..30).rev() {
        folders.push(Path::new("/usr/lib/postgresql").join(major.to_string()).join("bin"));
    }
    let found = folders.into_iter().map(|folder| folder.join("psql")).find(|path| path.exists());
    if found.is_none() {
        eprintln!("not tested: there is no psql");
    }
    found.map(Psql)
}

impl Psql {
    /// Runs a script as its first lines say; what it says when it fails. The variables are such that a
    /// migration's text must not meet them.
    pub(super) fn run(&self, url: &str, script: &str) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("script.sql");
        std::fs::write(&file, script).unwrap();
        let mut command = Command::new(&self.0);
        command.args(["-X", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose"]);
        command.args(["-v", "x=wrong", "-v", "1=wrong", "-v", "2=wrong", "-f"]).arg(&file);
        for (name, value) in Connector::new(url).unwrap().child_environment() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(()) } else { Err(said) }
    }
}
