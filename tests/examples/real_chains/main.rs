//! What `migrate check` says of other people's chains, held against a PostgreSQL that runs them; `.ci/real-chains` calls it.
#![expect(clippy::print_stdout, reason = "its output is its product")]

mod check;
mod climb;
mod file;
mod folder;
mod mistakes;
mod mutate;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/analysis/random.rs"]
mod random;
mod verdict;

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use migrate_testkit::{Backend, Server};

use crate::check::Checked;
use crate::climb::Climbed;
use crate::mutate::Tally;
use crate::random::Random;
use crate::verdict::{Row, Verdict};

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

const USAGE: &str = "usage: real_chains MIGRATE [--mutate COUNT] [--seed SEED] FOLDER…   (MIGRATE: the program `migrate`)";

/// How many mistakes to put into each chain, and which.
#[derive(Clone, Copy, Default)]
struct Mistakes {
    count: usize,
    seed: u64,
}

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from).peekable();
    let Some(migrate) = arguments.next() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let mut mistakes = Mistakes { count: 0, seed: 1 };
    while let Some(option) = arguments.next_if(|next| next.to_string_lossy().starts_with("--")) {
        let value = arguments.next().and_then(|value| value.to_str()?.parse::<u64>().ok());
        match (option.to_str(), value) {
            (Some("--mutate"), Some(count)) => mistakes.count = count as usize,
            (Some("--seed"), Some(seed)) => mistakes.seed = seed,
            _ => {
                eprintln!("{USAGE}");
                return ExitCode::from(2);
            }
        }
    }
    let folders = arguments.collect();
    let found = if mistakes.count > 0 {
        with_mistakes(&migrate, folders, mistakes)
    } else {
        run(&migrate, folders)
    };
    match found {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Looks at all folders, and returns how many errors are false.
fn run(migrate: &Path, folders: Vec<PathBuf>) -> Result<usize> {
    let server = Server::start(&Backend::ORDER)?;
    println!("{server}");
    let mut rows = Vec::new();
    for folder in folders {
        let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
        println!("\n== {name}");
        match chain(migrate, &folder, &server) {
            Ok(verdict) => {
                print!("{verdict}");
                rows.push((name, Some(verdict.row)));
            }
            Err(error) => {
                println!("skipped: {error}");
                rows.push((name, None));
            }
        }
    }
    println!("\n{}", verdict::table(&rows));
    let false_errors = rows.iter().filter_map(|(_, row)| row.as_ref()).map(|row| row.false_errors);
    Ok(false_errors.sum::<usize>() + rows.iter().filter(|(_, row)| row.is_none()).count())
}

/// Puts mistakes into the chains of all folders, and returns how many errors are false.
fn with_mistakes(migrate: &Path, folders: Vec<PathBuf>, mistakes: Mistakes) -> Result<usize> {
    let server = Server::start(&Backend::ORDER)?;
    println!("{server}");
    let mut all = Tally::default();
    for (nth, folder) in folders.iter().enumerate() {
        let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy();
        println!("\n== {name}");
        let mut random = Random::new(mistakes.seed + nth as u64);
        match wrong_chain(migrate, folder, &server, mistakes.count, &mut random) {
            Ok(tally) => all.add(tally),
            Err(error) => println!("skipped: {error}"),
        }
    }
    println!("\n{}", all.table());
    Ok(all.false_errors())
}

fn wrong_chain(
    migrate: &Path,
    folder: &Path,
    server: &Server,
    count: usize,
    random: &mut Random,
) -> Result<Tally> {
    let scratch = tempfile::tempdir()?;
    let imported = Imported::new(migrate, folder, scratch.path(), server)?;
    if let Some(why) = imported.checked.stopped {
        return Err(why.into());
    }
    let mut lines = Vec::new();
    let files = imported.checked.files;
    let tally = mutate::mutate(server, &files, &imported.prepare, count, random, &mut lines)?;
    lines.iter().for_each(|line| println!("{line}"));
    Ok(tally)
}

fn chain(migrate: &Path, folder: &Path, server: &Server) -> Result<Verdict> {
    let scratch = tempfile::tempdir()?;
    let Imported { files, checked, prepare } =
        Imported::new(migrate, folder, scratch.path(), server)?;
    let climbed = Climbed::new(server, &files, &prepare)?;
    Ok(verdict::judge(&files, &checked, &climbed))
}

/// A folder as a chain, and what the check says of it.
struct Imported {
    files: Vec<file::File>,
    checked: Checked,
    prepare: String,
}

impl Imported {
    fn new(migrate: &Path, folder: &Path, scratch: &Path, server: &Server) -> Result<Self> {
        let directory = scratch.join("chain");
        let (paths, notes) = import(migrate, folder, scratch, &directory)?;
        for note in notes {
            println!("import: {note}");
        }
        let mut files = file::read_all(&paths)?;
        let edited: usize = files.iter_mut().map(file::File::without_transaction_control).sum();
        if edited > 0 {
            println!("import: {edited} BEGIN, COMMIT or the like taken away");
        }
        let prepare = fs::read_to_string(folder.with_extension("prepare.sql")).unwrap_or_default();
        let checked = Checked::new(migrate, &directory, &files, server.version().major)?;
        Ok(Imported { files, checked, prepare })
    }
}

/// Imports the folder as it is or, where that can't be done, with other names; the files, in the chain's order.
fn import(
    migrate: &Path,
    folder: &Path,
    scratch: &Path,
    to: &Path,
) -> Result<(Vec<PathBuf>, Vec<String>)> {
    let tool = folder::tool(folder)?;
    let run = |tool: &str, from: &Path| -> Result<serde_json::Value> {
        let mut command = Command::new(migrate);
        command.args(["import", "--json", tool]).arg(from).arg("--to").arg(to);
        let output = command.output()?;
        serde_json::from_slice(&output.stdout)
            .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned().into())
    };
    let mut notes = Vec::new();
    let mut said = run(tool, folder)?;
    if let Some(problems) = said["error"]["problems"].as_array() {
        for problem in problems.iter().take(3) {
            notes.push(format!("{}: {}", text(&problem["file"]), text(&problem["message"])));
        }
        let count = problems.len();
        notes.push(format!("as {tool}: {count} problems; the files were renumbered"));
        let numbered = scratch.join("numbered");
        folder::renumber(folder, &numbered)?;
        said = run("sqlx", &numbered)?;
    }
    let Some(revisions) = said["revisions"].as_array() else {
        return Err(format!("the folder can't be imported: {}", said["error"]["text"]).into());
    };
    Ok((revisions.iter().map(|revision| PathBuf::from(text(&revision["path"]))).collect(), notes))
}

pub(crate) fn text(value: &serde_json::Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// One line of a longer text.
pub(crate) fn short(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

impl Row {
    /// The columns of the table.
    pub(crate) const TITLES: [&str; 10] = [
        "files",
        "statements",
        "form",
        "true",
        "behind",
        "false",
        "missed",
        "differs",
        "blind",
        "check",
    ];
}
