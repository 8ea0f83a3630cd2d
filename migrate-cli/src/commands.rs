//! The commands: each in a few lines over what core decides.

mod show;
mod write;

use std::io::{self, Write};
use std::path::Path;

use migrate_core::{Chain, Folder, Outline, check, files};

use crate::args::{Arguments, Command};
use crate::failure::Failure;

/// Runs the command that was asked for.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let directory = arguments.directory.as_path();
    match &arguments.command {
        Command::Revision { message, rev_id, head } => {
            write::revision(directory, message, rev_id.as_deref(), head.as_deref())
        }
        Command::Merge { message, rev_id } => write::merge(directory, message, rev_id.as_deref()),
        Command::Rebase { revision, onto } => write::rebase(directory, revision, onto),
        Command::Lock { accept_down: Some(revision), .. } => {
            write::accept_down(directory, revision)
        }
        Command::Lock { through, .. } => write::lock(directory, through.as_deref()),
        Command::Check => report(&check(folder(directory))?),
        Command::History { verbose } => show::history(directory, *verbose),
        Command::Heads => show::heads(&Outline::of(folder(directory))),
        Command::Branches => show::branches(&Outline::of(folder(directory))),
        Command::Show { revision } => show::revision(directory, revision),
    }
}

/// The folder as it is on disk.
fn folder(directory: &Path) -> Folder {
    files::read(directory, directory.to_string_lossy())
}

/// Prints lines of data. A reader that has seen enough is no error.
fn print(lines: impl IntoIterator<Item = String>) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    for line in lines {
        match writeln!(out, "{line}") {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            result => result?,
        }
    }
    Ok(())
}

fn report(chain: &Chain<'_>) -> Result<(), Failure> {
    let deployed = chain.migrations().iter().filter(|migration| migration.deployed).count();
    let (head, count) = (chain.head(), chain.len());
    let digest = head.digests.chain.short();
    let revisions = if count == 1 { "revision" } else { "revisions" };
    print([format!("{count} {revisions}, {deployed} deployed; head is {} ({digest})", head.id)])
}
