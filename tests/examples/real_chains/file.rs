//! A file of a chain: its sections, their statements, and the lines that were put in between to go on.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use migrate_core::syntax::split_statements;

use crate::{Result, short};

/// A section of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Half {
    Up,
    Down,
}

/// A statement: its text, and the lines that it is on.
pub(crate) struct Statement {
    pub(crate) sql: String,
    pub(crate) half: Half,
    pub(crate) lines: Range<usize>,
    start: usize,
}

pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    /// The lines of `text` that were not there at first.
    added: Vec<usize>,
}

pub(crate) fn read_all(paths: &[PathBuf]) -> Result<Vec<File>> {
    let read = |path: &PathBuf| {
        Ok(File { path: path.clone(), text: fs::read_to_string(path)?, added: Vec::new() })
    };
    paths.iter().map(read).collect()
}

impl Clone for File {
    fn clone(&self) -> Self {
        File { path: self.path.clone(), text: self.text.clone(), added: self.added.clone() }
    }
}

impl File {
    pub(crate) fn name(&self) -> &str {
        self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }

    pub(crate) fn is(&self, path: &str) -> bool {
        self.path.file_name() == Path::new(path).file_name()
    }

    /// The section that begins here: the line of its marker, and whether it is in a transaction.
    fn marker(&self, half: Half) -> Option<(usize, bool)> {
        let marker = match half {
            Half::Up => "-- migrate:up",
            Half::Down => "-- migrate:down",
        };
        let mut lines = self.text.lines().enumerate();
        let (line, text) = lines.find(|(_, line)| line.starts_with(marker))?;
        Some((line + 1, !text.contains("transaction:false")))
    }

    pub(crate) fn has_down(&self) -> bool {
        self.marker(Half::Down).is_some()
    }

    pub(crate) fn is_transactional(&self, half: Half) -> bool {
        self.marker(half).is_none_or(|(_, transactional)| transactional)
    }

    /// The section of a line.
    pub(crate) fn half(&self, line: usize) -> Half {
        match self.marker(Half::Down) {
            Some((marker, _)) if line >= marker => Half::Down,
            _ => Half::Up,
        }
    }

    /// The statements of both sections, in the file's order. A section ends where the next begins, `;` or not.
    pub(crate) fn statements(&self) -> Vec<Statement> {
        let down = self.marker(Half::Down).map_or(self.text.len(), |(line, _)| self.start(line));
        let mut found = Vec::new();
        for (half, range) in [(Half::Up, 0..down), (Half::Down, down..self.text.len())] {
            for statement in split_statements(&self.text[range.clone()]) {
                let (start, end) =
                    (range.start + statement.span.start, range.start + statement.span.end);
                let lines = self.line(start)..self.line(end) + 1;
                found.push(Statement { sql: self.text[start..end].to_owned(), half, lines, start });
            }
        }
        found
    }

    /// The text of a section below its marker.
    pub(crate) fn section(&self, half: Half) -> &str {
        let Some((line, _)) = self.marker(half) else { return "" };
        let down = self.marker(Half::Down).filter(|_| half == Half::Up);
        let end = down.map_or(self.text.len(), |(line, _)| self.start(line));
        self.text.get(self.start(line + 1)..end).unwrap_or_default()
    }

    /// Where a line begins.
    fn start(&self, line: usize) -> usize {
        self.text.split_inclusive('\n').take(line - 1).map(str::len).sum()
    }

    /// The line of a place.
    fn line(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }

    /// The statement on a line, shown on one line.
    pub(crate) fn shown(&self, line: usize) -> String {
        let statements = self.statements();
        let found = statements.iter().rev().find(|statement| statement.lines.contains(&line));
        found.map_or_else(String::new, |statement| short(&statement.sql, 300))
    }

    /// Blanks out BEGIN, COMMIT and the like, which a chain can't have; how many there were.
    pub(crate) fn without_transaction_control(&mut self) -> usize {
        let is_control = |statement: &&Statement| {
            let words = statement.sql.trim_end_matches(';').to_uppercase();
            let words: Vec<&str> = words.split_whitespace().collect();
            matches!(
                words.as_slice(),
                ["BEGIN" | "COMMIT" | "ROLLBACK" | "END"]
                    | ["BEGIN" | "COMMIT" | "END" | "START", "TRANSACTION" | "WORK"]
            )
        };
        let statements = self.statements();
        let found: Vec<&Statement> = statements.iter().filter(is_control).collect();
        for statement in &found {
            self.blank(statement);
        }
        if !found.is_empty() {
            self.fill_empty();
        }
        found.len()
    }

    fn blank(&mut self, statement: &Statement) {
        let range = statement.start..statement.start + statement.sql.len();
        let blank: String =
            statement.sql.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        self.text.replace_range(range, &blank);
    }

    /// Puts a line behind this one.
    fn insert(&mut self, line: usize, text: &str) {
        let at = self.start(line + 1);
        self.text.insert_str(at, &format!("{text}\n"));
        for added in &mut self.added {
            *added += usize::from(*added > line);
        }
        self.added.push(line + 1);
    }

    /// A line of the file as it was at first.
    pub(crate) fn original(&self, line: usize) -> usize {
        line - self.added.iter().filter(|added| **added < line).count()
    }

    /// Puts a comment right above the statement on a line; false if there is none.
    pub(crate) fn comment(&mut self, line: usize, comment: &str) -> bool {
        let statements = self.statements();
        let Some(at) = statements.iter().rposition(|one| one.lines.contains(&line)) else {
            return false;
        };
        let start = statements[at].start;
        let begins_line =
            self.text[..start].rsplit('\n').next().unwrap_or_default().trim().is_empty();
        if !begins_line {
            // Another statement is on its line; it goes to a line of its own.
            self.text.insert(start, '\n');
            let first = statements[at].lines.start;
            for added in &mut self.added {
                *added += usize::from(*added > first);
            }
            self.added.push(first + 1);
            self.insert(first, comment);
        } else {
            self.insert(statements[at].lines.start - 1, comment);
        }
        true
    }

    /// Puts a comment at the beginning of the downgrade.
    pub(crate) fn comment_down(&mut self, comment: &str) -> bool {
        let Some((line, _)) = self.marker(Half::Down) else { return false };
        self.insert(line, comment);
        true
    }

    /// Takes the transaction away from the section of a line.
    pub(crate) fn autocommit(&mut self, line: usize) -> bool {
        let half = self.half(line);
        let Some((marker, true)) = self.marker(half) else { return false };
        let at = self.start(marker + 1);
        self.text.insert_str(at - 1, " transaction:false");
        true
    }

    /// Blanks out the statement on a line.
    pub(crate) fn remove(&mut self, line: usize) -> bool {
        let statements = self.statements();
        let Some(at) = statements.iter().rposition(|one| one.lines.contains(&line)) else {
            return false;
        };
        self.blank(&statements[at]);
        self.fill_empty();
        true
    }

    /// Gives the section of a line a statement.
    pub(crate) fn fill(&mut self, line: usize) -> bool {
        let half = self.half(line);
        self.marker(half).is_some_and(|(line, _)| {
            self.insert(line, "SELECT 1;");
            true
        })
    }

    /// Gives each section without a statement one: a chain wants it.
    fn fill_empty(&mut self) {
        for half in [Half::Up, Half::Down] {
            let is_empty = !self.statements().iter().any(|statement| statement.half == half);
            if let (true, Some((line, _))) = (is_empty, self.marker(half)) {
                self.insert(line, "SELECT 1;");
            }
        }
    }
}
