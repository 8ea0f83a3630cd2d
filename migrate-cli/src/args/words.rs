//! Words that people try, coming from elsewhere, and what they are here.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// A word that is no command, and what to say.
const WORDS: [(&[&str], &str); 11] = [
    (
        &["init", "setup"],
        "there is nothing to set up: `migrate revision -m \"…\"` makes the folder",
    ),
    (&["migrate"], "to bring the database to head: `migrate upgrade head`"),
    (&["reset", "fresh"], "`migrate downgrade base`, then `migrate upgrade head`"),
    (
        &["list", "ls"],
        "`migrate history` lists the revisions, `migrate status` says which are applied",
    ),
    (&["make", "makemigrations"], "`migrate revision -m \"…\"` writes a new revision"),
    (&["plan", "dry-run", "dryrun", "diff"], "`migrate upgrade --dry-run` shows what would run"),
    (&["sql", "script", "sqlmigrate"], "`migrate upgrade FROM:TO --sql` prints a script"),
    (&["fake", "mark"], "`migrate stamp REVISION` records a revision without running it"),
    (
        &["version"],
        "`migrate current` shows where the database is, `migrate --version` this program",
    ),
    (&["completion"], "`migrate completions SHELL`"),
    (&["help"], "`migrate --help`, or `migrate COMMAND --help`"),
];

/// The commands that only a folder has.
pub(crate) static WRITING: [&str; 8] =
    ["revision", "new", "add", "merge", "rebase", "lock", "import", "edit"];

/// Adds what was probably meant to an error about the arguments, where that is known.
pub(crate) fn advise(error: &clap::Error, embedded: bool) -> Option<&'static str> {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    if embedded && WRITING.contains(&word.as_str()) {
        return Some(
            "the chain is embedded in this program: `migrate` changes its files, where they are",
        );
    }
    WORDS.iter().find(|(words, _)| words.contains(&word.as_str())).map(|(_, advice)| *advice)
}
