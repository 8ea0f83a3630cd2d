//! The tools that are programs.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Upgrade;

/// A program that is on this machine.
fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file());
    if found.is_none() {
        eprintln!("not measured: {name} is not on the PATH");
    }
    found
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

pub(super) fn alembic(folder: &Path) -> Option<Upgrade> {
    let (program, folder) = (find("alembic")?, folder.to_owned());
    Some(Box::new(move |url| {
        let (_, rest) = url.split_once("://").unwrap_or_default();
        let mut command = Command::new(&program);
        command.args(["upgrade", "head"]).current_dir(&folder);
        run(command.env("PEERS_URL", format!("postgresql+psycopg2://{rest}")))
    }))
}

pub(super) fn psql(folder: &Path) -> Option<Upgrade> {
    let (program, script) = (find("psql")?, folder.join("all.sql"));
    Some(Box::new(move |url| {
        let mut command = Command::new(&program);
        command.args(["-q", "-X", "-v", "ON_ERROR_STOP=1", "-f"]).arg(&script).arg(url);
        run(&mut command)
    }))
}
