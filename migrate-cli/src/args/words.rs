//! Words that people try, coming from elsewhere, and what they are here.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// A word that is no command, and what to say.
const WORDS: [(&[&str], &str); 16] = [
    (&["setup"], "`migrate init` starts a project, `migrate db create` creates the database"),
    (
        &["migrate", "deploy", "dev", "push", "sync"],
        "to bring the database to head: `migrate upgrade head`",
    ),
    (
        &["reset", "fresh", "recreate"],
        "`migrate db reset` drops the database, creates it again and applies the chain; `migrate downgrade base` \
         undoes the chain alone",
    ),
    (&["drop"], "`migrate db drop` drops the database, `migrate downgrade base` undoes the chain"),
    (
        &["wait"],
        "`migrate db wait` waits for the server; so does `migrate upgrade --wait 1min`, before it runs",
    ),
    (
        &["list", "ls"],
        "`migrate history` lists the revisions, `migrate status` says which are applied",
    ),
    (
        &["make", "makemigrations", "prepare"],
        "`migrate revision -m \"…\"` writes a new revision; with `--autogenerate` from the models",
    ),
    (&["plan", "dry-run", "dryrun", "diff"], "`migrate upgrade --dry-run` shows what would run"),
    (&["sql", "script", "sqlmigrate"], "`migrate upgrade FROM:TO --sql` prints a script"),
    (&["dump", "inspect", "pull"], "`migrate schema dump` writes the schema that the chain builds"),
    (&["fake", "mark"], "`migrate stamp REVISION` records a revision without running it"),
    (
        &["repair", "resolve", "force"],
        "`migrate status` says what is wrong, and how to go on; `migrate stamp REVISION` only records where the \
         database is",
    ),
    (
        &["fix", "renumber"],
        "the order of revisions is in their `-- parent:` lines, so none needs a new number; `migrate rebase` puts \
         one branch of a fork after the other",
    ),
    (
        &["squash"],
        "a chain is not squashed: `migrate schema dump` writes its schema for the first revision of a new folder, \
         and `migrate stamp --purge REVISION` records that in a database that has all of it",
    ),
    (
        &["version"],
        "`migrate current` shows where the database is, `migrate --version` this program",
    ),
    (
        &["help", "completion"],
        "`migrate --help`, or `migrate COMMAND --help`; `migrate completions SHELL`",
    ),
];

/// The commands that only a folder has.
pub(crate) static WRITING: [&str; 10] =
    ["revision", "new", "add", "merge", "rebase", "lock", "queries", "import", "init", "edit"];

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
