//! Parses and writes `queries.lock`: the queries of the release that is deployed.

use crate::chain::check::Rejection;
use crate::chain::diagnostic::Diagnostic;
use crate::chain::folder::{Content, Folder, QUERIES_FILE};
use crate::chain::problem::Problem;
use crate::syntax::source::{Source, Span};

const VERSION: &str = "version 1";

/// The largest line number that is accepted, so that a broken file cannot ask for gigabytes.
const LAST_LINE: usize = 1_000_000;

/// A query of a program, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProgramQuery {
    /// The file that contains it, as displayed to users.
    pub path: String,
    /// The line where its text begins, counted from 1.
    pub line: usize,
    /// Why its author does not want it to be checked.
    pub unchecked: Option<String>,
    /// Its SQL.
    pub text: String,
}

impl ProgramQuery {
    /// Its position: `src/users.rs:41`.
    pub fn place(&self) -> String {
        format!("{}:{}", self.path, self.line)
    }
}

/// The content of `queries.lock`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueriesLock {
    /// The head of the chain that the queries were written for.
    pub head: String,
    /// The queries, sorted.
    pub queries: Vec<ProgramQuery>,
}

impl QueriesLock {
    /// The content of the file in a folder; `None` if there is no such file.
    ///
    /// # Errors
    ///
    /// The first problem of the file.
    pub fn of_folder(folder: &Folder) -> Result<Option<Self>, Rejection> {
        let entries = folder.entries.as_deref().unwrap_or_default();
        let Some(entry) = entries.iter().find(|entry| entry.name == QUERIES_FILE) else {
            return Ok(None);
        };
        let path = format!("{}/{QUERIES_FILE}", folder.path.trim_end_matches('/'));
        let reason = match &entry.content {
            Content::File(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => return Self::parse(Source::new(path, text.to_owned())).map(Some),
                Err(_) => "it is not UTF-8".to_owned(),
            },
            Content::LargeFile(bytes) => format!("it is too large: {bytes} bytes"),
            Content::Unreadable(reason) => reason.clone(),
            Content::Other => "it is not a file".to_owned(),
        };
        let found = Diagnostic::new(Problem::Unreadable { path, reason });
        Err(Rejection { diagnostics: vec![found], sources: Vec::new() })
    }

    /// Parses the text of the file.
    ///
    /// # Errors
    ///
    /// The first problem.
    pub fn parse(source: Source<'static>) -> Result<Self, Rejection> {
        let mut lock = QueriesLock::default();
        let (mut has_version, mut at) = (false, 0);
        for line in source.text().split('\n') {
            let span = Span::new(at, at + line.len());
            at += line.len() + 1;
            let why = match line {
                "" => continue,
                line if line.starts_with('#') => continue,
                line if is_conflict(line) => "it has an unresolved merge conflict",
                line if !has_version && line == VERSION => {
                    has_version = true;
                    continue;
                }
                _ if !has_version => "its first line is not `version 1`",
                line => match (line.strip_prefix("head "), query(line)) {
                    (Some(head), _) => {
                        head.clone_into(&mut lock.head);
                        continue;
                    }
                    (None, Some(query)) => {
                        lock.queries.push(query);
                        continue;
                    }
                    (None, None) => "this line is not a query with its file and line",
                },
            };
            let problem = Problem::QueriesLock { why: why.to_owned() };
            let found = Diagnostic::at(problem, 0, span, "");
            return Err(Rejection { diagnostics: vec![found], sources: vec![source] });
        }
        lock.queries.sort();
        lock.queries.dedup();
        Ok(lock)
    }

    /// The text of the file. Each query has a line of its own, so that versions of it merge.
    pub fn write(&self) -> String {
        let mut queries = self.queries.clone();
        queries.sort();
        queries.dedup();
        let mut text = format!(
            "{VERSION}\n# The queries of the release, written by `migrate queries --record`; \
             commit this file.\nhead {}\n",
            self.head
        );
        for query in &queries {
            let place = escaped(&query.place());
            let unchecked = query.unchecked.as_ref();
            let unchecked = unchecked.map(|why| format!("unchecked: {}\t", escaped(why)));
            let (unchecked, sql) = (unchecked.unwrap_or_default(), escaped(&query.text));
            text.push_str(&format!("{place}\t{unchecked}{sql}\n"));
        }
        text
    }
}

fn is_conflict(line: &str) -> bool {
    ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|mark| line.starts_with(mark))
}

/// `path:line`, perhaps why it is unchecked, and the text, separated by tabs.
fn query(line: &str) -> Option<ProgramQuery> {
    let mut parts = line.split('\t');
    let (path, number) = parts.next()?.rsplit_once(':')?;
    let number: usize = number.parse().ok().filter(|line| (1..=LAST_LINE).contains(line))?;
    let (unchecked, text) = match (parts.next()?, parts.next(), parts.next()) {
        (text, None, _) => (None, text),
        (why, Some(text), None) => (Some(unescaped(why.strip_prefix("unchecked: ")?)?), text),
        _ => return None,
    };
    Some(ProgramQuery { path: unescaped(path)?, line: number, unchecked, text: unescaped(text)? })
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out
}

fn unescaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next()? {
                '\\' => '\\',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                _ => return None,
            },
            c => c,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str, line: usize, unchecked: Option<&str>, text: &str) -> ProgramQuery {
        let unchecked = unchecked.map(str::to_owned);
        ProgramQuery { path: path.to_owned(), line, unchecked, text: text.to_owned() }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let lock = QueriesLock {
            head: "0041".to_owned(),
            queries: vec![
                at("src/a b.rs", 3, None, "SELECT 'a\\n',\n\t$1\r"),
                at("src/a b.rs", 12, Some("a\ttable of\nsessions"), "SELECT 1"),
                at("src/c:d.rs", 1, None, ""),
            ],
        };
        let text = lock.write();
        assert_eq!(QueriesLock::parse(Source::new("q", text.clone())), Ok(lock.clone()));
        let mut shuffled = lock.clone();
        shuffled.queries.reverse();
        shuffled.queries.push(lock.queries[0].clone());
        assert_eq!(shuffled.write(), text, "it is sorted, and nothing is in it twice");
        assert_eq!(text.lines().count(), 3 + lock.queries.len());
    }

    #[test]
    fn what_is_not_a_lock_is_refused() {
        for (text, why, line) in [
            ("src/a.rs:1\tSELECT 1\n", "its first line is not `version 1`", 1),
            ("version 2\n", "its first line is not `version 1`", 1),
            ("version 1\n<<<<<<< HEAD\n", "it has an unresolved merge conflict", 2),
            (
                "version 1\nsrc/a.rs\tSELECT 1\n",
                "this line is not a query with its file and line",
                2,
            ),
            ("version 1\na:0\tSELECT 1\n", "this line is not a query with its file and line", 2),
            (
                "version 1\na:9999999999\tSELECT 1\n",
                "this line is not a query with its file and line",
                2,
            ),
            ("version 1\na:1\tSELECT \\x\n", "this line is not a query with its file and line", 2),
            ("version 1\na:1\tb\tc\n", "this line is not a query with its file and line", 2),
        ] {
            let rejection = QueriesLock::parse(Source::new("q", text)).unwrap_err();
            let found = &rejection.diagnostics[0];
            assert_eq!(found.problem, Problem::QueriesLock { why: why.to_owned() }, "{text}");
            let start = found.primary.as_ref().unwrap().span.start;
            assert_eq!(rejection.sources[0].position(start).line, line, "{text}");
        }
    }
}
