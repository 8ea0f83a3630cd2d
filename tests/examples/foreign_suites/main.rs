//! Autogenerate on other tools' test data: pairs of schemas, each led there and back, with `pg_dump` as the judge;
//! `.ci/foreign-suites` calls it.
#![expect(clippy::print_stdout, reason = "its output is its product")]

mod judge;
mod suite;
mod yaml;

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use migrate_testkit::{Backend, Server};

use crate::judge::{Judge, Verdict, Word};
use crate::suite::Case;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

const USAGE: &str = "usage: foreign_suites [--without-grants] MIGRATE SUITE…   (MIGRATE: the program `migrate`)\n\
                     FOREIGN_SUITES_ONLY=TEXT runs the cases with this text in their names";

/// How many cases are under way at once.
const WORKERS: usize = 3;

fn main() -> ExitCode {
    let mut arguments: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let with_grants = arguments.first().is_none_or(|it| it.as_os_str() != "--without-grants");
    if !with_grants {
        arguments.remove(0);
    }
    let Some((migrate, suites)) = arguments.split_first() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(migrate, suites, with_grants) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Runs all suites, and returns how many cases show a fault.
fn run(migrate: &Path, suites: &[PathBuf], with_grants: bool) -> Result<usize> {
    let server = Server::start(&Backend::ORDER)?;
    println!("{server}");
    let judge = Judge::new(migrate, &server, with_grants)?;
    let only = env::var("FOREIGN_SUITES_ONLY").unwrap_or_default();
    let mut rows = Vec::new();
    for suite in suites {
        let mut cases = suite::read(suite)?;
        cases.retain(|case| case.name.contains(&only));
        let name = suite.file_name().unwrap_or(suite.as_os_str()).to_string_lossy().into_owned();
        println!("\n== {name}: {} cases", cases.len());
        rows.push((name, run_all(&judge, &cases)));
    }
    println!("\n{}", table(&rows));
    let faults = rows.iter().flat_map(|(_, counts)| counts);
    Ok(faults.filter(|(word, _)| word.is_fault()).map(|(_, count)| count).sum())
}

/// Runs the cases of a suite, a few at once, and counts the words.
fn run_all(judge: &Judge<'_>, cases: &[Case]) -> BTreeMap<Word, usize> {
    let (next, counts) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let work = || {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let Verdict { word, why } = judge.of(case);
            let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
            *counts.entry(word).or_insert(0) += 1;
            println!("{}: {word}{}{why}", case.name, if why.is_empty() { "" } else { ": " });
        }
    };
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(work);
        }
    });
    counts.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// The counts as a table in Markdown.
fn table(rows: &[(String, BTreeMap<Word, usize>)]) -> String {
    let titles: Vec<String> = Word::ALL.iter().map(ToString::to_string).collect();
    let lines = " --- |".repeat(Word::ALL.len() + 2);
    let mut table = format!("| suite | pairs | {} |\n|{lines}\n", titles.join(" | "));
    for (name, counts) in rows {
        let count = |word| counts.get(word).copied().unwrap_or_default();
        let all: usize = counts.values().sum();
        let cells: Vec<String> = Word::ALL.iter().map(|word| count(word).to_string()).collect();
        table.push_str(&format!("| {name} | {all} | {} |\n", cells.join(" | ")));
    }
    table
}

/// One line of a longer text.
pub(crate) fn short(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
