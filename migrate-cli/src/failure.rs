//! Why a command did not do what was asked.

use std::io;
use std::path::PathBuf;

use migrate_core::{EditError, Rejection};

/// A failure, with what to do next; what people see on standard error.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{}", rejected(.0))]
    Rejected(#[from] Rejection),
    #[error("error: {0}\n = help: {help}", help = .0.help())]
    Edit(#[from] EditError),
    #[error("error: there is no revision `{0}`\n = help: `migrate history` lists the revisions")]
    UnknownRevision(String),
    #[error("error: `{path}` is there already, and was left as it is\n = help: choose another id with `--rev-id`", path = .0.display())]
    Exists(PathBuf),
    #[error("error: `{path}` can't be written: {source}", path = path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("error: nothing can be printed: {0}")]
    Output(#[from] io::Error),
}

/// Each problem, told apart by an empty line, and how many there are.
fn rejected(rejection: &Rejection) -> String {
    let mut text = String::new();
    for message in rejection.messages() {
        text.push_str("error: ");
        text.push_str(&message);
        text.push_str("\n\n");
    }
    let count = rejection.diagnostics.len();
    let problems = if count == 1 { "problem" } else { "problems" };
    text + &format!("the chain has {count} {problems}")
}
