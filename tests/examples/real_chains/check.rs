//! All that `migrate check` says of a chain: what it has said is allowed, and it is asked again, until it is content.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::file::File;
use crate::{Result, text};

/// How often the chain is checked at most.
const ROUNDS: usize = 60;

/// One error of the check.
#[derive(Clone)]
pub(crate) struct Said {
    pub(crate) code: String,
    pub(crate) message: String,
    /// Where it points.
    pub(crate) file: usize,
    pub(crate) line: usize,
    /// The revision without which it would not have been said.
    pub(crate) revision: usize,
    /// In which round it was said: what comes later may follow from what was allowed before.
    pub(crate) round: usize,
}

impl Said {
    fn is_same(&self, other: &Said) -> bool {
        (self.file, self.line, &self.message) == (other.file, other.line, &other.message)
    }

    /// Whether it is about how a chain is written down, of which a server knows nothing.
    pub(crate) fn is_of_form(&self) -> bool {
        const FORM: [&str; 6] = [
            "copy-from-stdin",
            "copy-to-stdout",
            "empty-down",
            "psql-command",
            "todo",
            "transaction-control",
        ];
        FORM.contains(&self.code.as_str())
    }

    pub(crate) fn is_of_downgrade(&self) -> bool {
        ["down-leaves", "down-loses"].contains(&self.code.as_str())
    }
}

pub(crate) struct Checked {
    pub(crate) said: Vec<Said>,
    /// Of the first check.
    pub(crate) time: Duration,
    pub(crate) blind: Option<usize>,
    /// Why the check could not be brought to an end.
    pub(crate) stopped: Option<String>,
    /// The files at the end, with everything allowed.
    pub(crate) files: Vec<File>,
}

struct Checker<'a> {
    migrate: &'a Path,
    directory: PathBuf,
    files: Vec<File>,
    min_server: u32,
}

impl Checked {
    pub(crate) fn new(
        migrate: &Path,
        directory: &Path,
        files: &[File],
        min_server: u32,
    ) -> Result<Self> {
        let mut checker =
            Checker { migrate, directory: directory.to_owned(), files: files.to_vec(), min_server };
        let mut checked = Checked {
            said: Vec::new(),
            time: Duration::ZERO,
            blind: None,
            stopped: None,
            files: Vec::new(),
        };
        // How often something was done about an error at a place.
        let mut tried: BTreeMap<(String, usize, usize), usize> = BTreeMap::new();
        for round in 0..ROUNDS {
            let count = checker.files.len();
            checker.write(count)?;
            let begin = Instant::now();
            let answer = checker.ask()?;
            if round == 0 {
                checked.time = begin.elapsed();
            }
            let Some(problems) = answer["error"]["problems"].as_array() else {
                if answer["error"].is_null() {
                    checked.blind = Some(blind(&answer));
                } else {
                    checked.stopped = Some(text(&answer["error"]["text"]).to_owned());
                }
                checked.files = checker.files;
                return Ok(checked);
            };
            // From the last line on, so that the lines of the others stay where they are.
            let mut found: Vec<(usize, usize, &Value)> =
                problems.iter().filter_map(|problem| checker.place(problem)).collect();
            found.sort_by_key(|(file, line, _)| std::cmp::Reverse((*file, *line)));
            let mut todo = Vec::new();
            // What is said of the first so many revisions.
            let mut prefixes = BTreeMap::new();
            for (file, line, problem) in found {
                let (code, message) = (text(&problem["code"]), text(&problem["message"]));
                let mut said = Said {
                    code: code.to_owned(),
                    message: message.to_owned(),
                    file,
                    line: checker.files[file].original(line),
                    revision: file,
                    round,
                };
                let known = checked.said.iter().find(|known| known.is_same(&said));
                if let Some(known) = known {
                    said.revision = known.revision;
                } else if said.is_of_downgrade() {
                    said.revision = checker.culprit(&said, &mut prefixes)?;
                }
                let key = (format!("{code} {message}"), file, said.line);
                let attempts = tried.entry(key).or_default();
                *attempts += 1;
                if known.is_none() {
                    checked.said.push(said.clone());
                }
                todo.push((said, line, *attempts));
            }
            let mut done = false;
            for (said, line, attempts) in todo {
                done |= checker.treat(&said, line, attempts);
            }
            if !done {
                checked.stopped = Some(text(&answer["error"]["text"]).to_owned());
                return Ok(checked);
            }
        }
        checked.stopped = Some(format!("there were still errors in round {ROUNDS}"));
        Ok(checked)
    }
}

impl Checker<'_> {
    /// Writes the first files of the chain, and takes the others away.
    fn write(&self, count: usize) -> Result<()> {
        let settings = format!("min_server = {}\n", self.min_server);
        fs::write(self.directory.with_file_name("migrate.toml"), settings)?;
        for (nth, file) in self.files.iter().enumerate() {
            if nth < count {
                fs::write(&file.path, &file.text)?;
            } else if file.path.exists() {
                fs::remove_file(&file.path)?;
            }
        }
        Ok(())
    }

    fn ask(&self) -> Result<Value> {
        let mut command = Command::new(self.migrate);
        command.arg("-d").arg(&self.directory).args(["check", "--json"]);
        for (name, _) in std::env::vars_os().filter(|(name, _)| {
            let name = name.to_string_lossy();
            name.starts_with("PG") || name.starts_with("MIGRATE_") || name == "DATABASE_URL"
        }) {
            command.env_remove(name);
        }
        let output = command.output()?;
        serde_json::from_slice(&output.stdout)
            .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned().into())
    }

    fn place<'v>(&self, problem: &'v Value) -> Option<(usize, usize, &'v Value)> {
        let file = self.files.iter().position(|file| file.is(text(&problem["file"])))?;
        Some((file, usize::try_from(problem["line"].as_u64()?).ok()?, problem))
    }

    /// The first revision up to which the chain has this error: the one whose downgrade is at fault, wherever it points.
    fn culprit(&self, said: &Said, prefixes: &mut BTreeMap<usize, Value>) -> Result<usize> {
        let mut has = |count: usize| -> Result<bool> {
            let answer = match prefixes.entry(count) {
                Entry::Occupied(answer) => answer.into_mut(),
                Entry::Vacant(entry) => {
                    self.write(count)?;
                    entry.insert(self.ask()?)
                }
            };
            let problems = answer["error"]["problems"].as_array().into_iter().flatten();
            Ok(problems.filter_map(|problem| self.place(problem)).any(|(file, line, problem)| {
                let line = self.files[file].original(line);
                (file, line, text(&problem["message"])) == (said.file, said.line, &said.message)
            }))
        };
        let (mut without, mut with) = (said.file, self.files.len());
        if has(said.file + 1)? {
            with = said.file + 1;
        }
        while with - without > 1 {
            let middle = usize::midpoint(without, with);
            if has(middle)? { with = middle } else { without = middle }
        }
        self.write(self.files.len())?;
        Ok(with - 1)
    }

    /// Does something about an error, the n-th time; false if nothing can be done.
    fn treat(&mut self, said: &Said, line: usize, attempt: usize) -> bool {
        let file = &mut self.files[said.file];
        let allow = |code: &str| format!("-- migrate:allow({code}): real-chains");
        match (said.code.as_str(), attempt) {
            ("down-leaves" | "down-loses", 1) => {
                self.files[said.revision].comment_down(&allow("down"))
            }
            ("empty-down", 1) => file.fill(line),
            ("needs-no-transaction", 1) => file.autocommit(line),
            (
                "already-exists" | "column-count" | "missing" | "needs-server" | "no-key"
                | "still-needed" | "syntax" | "wrong-kind",
                1,
            ) => file.comment(line, &allow(&said.code)),
            (_, 1 | 2) => file.remove(line),
            _ => false,
        }
    }
}

/// How many places there are from which on names are not checked; a chain without one does not say it.
fn blind(answer: &Value) -> usize {
    answer["blind"].as_array().map_or(0, Vec::len)
}
