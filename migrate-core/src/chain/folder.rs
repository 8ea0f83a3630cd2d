//! A folder of migrations as data: the content of a directory when it was read.

use crate::chain::diagnostic::Diagnostic;
use crate::chain::lockfile::LOCK_FILE;
use crate::chain::problem::Problem;
use crate::syntax::source::{Source, Span};

/// The name of the file with the queries of the deployed release, next to the lock file.
pub const QUERIES_FILE: &str = "queries.lock";

/// The size limit for a file of a chain, since files become part of the program.
pub const MAX_FILE_BYTES: usize = 8 << 20;

/// The content of a directory. [`files::read`](crate::files::read) creates one from a disk;
/// [`check`](crate::check()) creates a chain from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its path, as displayed to users.
    pub path: String,
    /// Its entries, or why they are unknown.
    pub entries: Result<Vec<Entry>, FolderError>,
}

/// Why a folder could not be listed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FolderError {
    /// It does not exist.
    Missing {
        /// The name of a folder next to it that was probably meant.
        suggestion: Option<String>,
    },
    /// It is a file.
    NotADirectory,
    /// The operating system reported this error.
    Unreadable(String),
}

/// An entry in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, without the folder.
    pub name: String,
    /// What it is.
    pub content: Content,
}

/// What an entry of a folder is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A file and its bytes.
    File(Vec<u8>),
    /// A file larger than [`MAX_FILE_BYTES`], with its size in bytes. It was not read.
    LargeFile(u64),
    /// A file that cannot be read, with the reason.
    Unreadable(String),
    /// A directory, or another kind of entry.
    Other,
}

impl Folder {
    /// A folder that exists only in memory.
    ///
    /// ```
    /// let folder = migrate_core::Folder::of_texts("migrations", [("001_start.sql", "…")]);
    /// assert!(migrate_core::check(folder).is_err());
    /// ```
    pub fn of_texts<'t>(
        path: impl Into<String>,
        files: impl IntoIterator<Item = (&'t str, &'t str)>,
    ) -> Self {
        let entry = |(name, text): (&str, &str)| Entry {
            name: name.to_owned(),
            content: Content::File(text.as_bytes().to_vec()),
        };
        Folder { path: path.into(), entries: Ok(files.into_iter().map(entry).collect()) }
    }

    /// Adds a file, or replaces the one of this name. If the folder does not exist, this creates
    /// it.
    #[must_use]
    pub fn with(mut self, name: &str, text: &str) -> Self {
        if matches!(self.entries, Err(FolderError::Missing { .. })) {
            self.entries = Ok(Vec::new());
        }
        if let Ok(entries) = &mut self.entries {
            entries.retain(|entry| entry.name != name);
            let content = Content::File(text.as_bytes().to_vec());
            entries.push(Entry { name: name.to_owned(), content });
        }
        self
    }
}

/// The files of a folder, sorted by name, as text.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// All files with text, including the lock file. The labels of diagnostics refer to this list.
    pub(crate) sources: Vec<Source<'static>>,
    /// The indexes of the migrations in the sources, and their names.
    pub(crate) migrations: Vec<(usize, String)>,
    /// The index of the lock file in the sources.
    pub(crate) lock: Option<usize>,
    /// Whether a migration could not be read, so that the chain is incomplete.
    pub(crate) incomplete: bool,
}

/// Determines which entries are migrations, and reports entries that cannot be.
pub(crate) fn open(folder: Folder, problems: &mut Vec<Diagnostic>) -> Files {
    let mut files = Files::default();
    let path = folder.path;
    let mut entries = match folder.entries {
        Ok(entries) => entries,
        Err(error) => {
            problems.push(Diagnostic::new(match error {
                FolderError::Missing { suggestion } => Problem::NoDirectory { path, suggestion },
                FolderError::NotADirectory => Problem::NotADirectory { path },
                FolderError::Unreadable(reason) => Problem::Unreadable { path, reason },
            }));
            files.incomplete = true;
            return files;
        }
    };
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let mut migrations = 0;
    let mut misnamed = false;
    for Entry { name, content } in entries {
        let is_lock = name == LOCK_FILE;
        let is_migration = name.ends_with(".sql") && !name.starts_with('.');
        if !is_lock && !is_migration {
            if !(name.starts_with('.') || name.starts_with("README") || name == QUERIES_FILE) {
                // A revision with a wrong file name is missing from the chain.
                misnamed |= name.to_lowercase().contains(".sql");
                problems.push(Diagnostic::new(Problem::StrayFile { name: join(&path, &name) }));
            }
            continue;
        }
        migrations += usize::from(is_migration);
        let index = files.sources.len();
        let shown = join(&path, &name);
        let (source, problem) = text(shown, content);
        files.sources.push(source);
        match problem {
            Some((problem, span)) => {
                files.incomplete = true;
                problems.push(match span {
                    Some(span) => Diagnostic::at(problem, index, span, ""),
                    None => Diagnostic::new(problem),
                });
            }
            None if is_lock => files.lock = Some(index),
            None => files.migrations.push((index, name)),
        }
    }
    files.incomplete |= misnamed || migrations == 0;
    if migrations == 0 && !misnamed {
        problems.push(Diagnostic::new(Problem::EmptyChain { path }));
    }
    files
}

/// Whether a comment at the beginning of a file is a line of a header that no other tool writes.
pub(crate) fn has_key_line(text: &str) -> bool {
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let comments = lines
        .filter(|line| !line.is_empty())
        .take_while(|line| line.starts_with("--"))
        .map(|line| line.trim_start_matches('-').trim_start());
    comments.filter_map(|line| line.split_once(':')).any(|(key, _)| key.trim_end() == "revision")
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{}/{name}", folder.trim_end_matches('/'))
    }
}

/// The text of a file. If it cannot be used, what can be shown of it, and the reason.
fn text(path: String, content: Content) -> (Source<'static>, Option<(Problem, Option<Span>)>) {
    let empty = |path: &str| Source::new(path.to_owned(), "");
    let large = |bytes| Problem::TooLarge { bytes, limit: MAX_FILE_BYTES };
    let start = Some(Span::default());
    match content {
        Content::Unreadable(reason) => {
            (empty(&path), Some((Problem::Unreadable { path, reason }, None)))
        }
        Content::Other => {
            let reason = "it is not a file".to_owned();
            (empty(&path), Some((Problem::Unreadable { path, reason }, None)))
        }
        Content::LargeFile(bytes) => {
            let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
            (empty(&path), Some((large(bytes), start)))
        }
        Content::File(bytes) if bytes.len() > MAX_FILE_BYTES => {
            (empty(&path), Some((large(bytes.len()), start)))
        }
        Content::File(bytes) => match String::from_utf8(bytes) {
            Ok(text) => {
                let source = Source::new(path, text);
                let nul = source.text().find('\0').map(|at| Span::new(at, at + 1));
                (source, nul.map(|nul| (Problem::NulByte, Some(nul))))
            }
            Err(error) => {
                let good = error.utf8_error().valid_up_to();
                let bytes = error.into_bytes();
                // Normalised separately, so that the position of the invalid byte fits the
                // displayed text.
                let before = Source::new("", String::from_utf8_lossy(&bytes[..good]));
                let at = before.text().len();
                let shown = format!("{}{}", before.text(), String::from_utf8_lossy(&bytes[good..]));
                let span = Span::new(at, at + '\u{fffd}'.len_utf8());
                (Source::new(path, shown), Some((Problem::NotUtf8, Some(span))))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_as_a_migration() {
        let check = |name: &str, migrations: usize, codes: &[&str]| {
            let mut problems = Vec::new();
            let files = open(Folder::of_texts("m", [(name, "")]), &mut problems);
            let found: Vec<_> = problems.iter().map(|found| found.problem.code()).collect();
            assert_eq!((files.migrations.len(), found.as_slice()), (migrations, codes), "{name}");
        };
        check("001.sql", 1, &[]);
        check("chain.lock", 0, &["empty-chain"]);
        check("README.md", 0, &["empty-chain"]);
        check("queries.lock", 0, &["empty-chain"]);
        check(".001.sql.swp", 0, &["empty-chain"]);
        check(".hidden.sql", 0, &["empty-chain"]);
        for stray in ["notes.txt", "Chain.lock", "sql"] {
            check(stray, 0, &["stray-file", "empty-chain"]);
        }
        for misnamed in ["001.sql~", "001.SQL", "001.sql.bak"] {
            check(misnamed, 0, &["stray-file"]);
        }
    }

    #[test]
    fn bytes_that_are_no_text() {
        let check = |bytes: &[u8], code: &str, at: usize| {
            let (source, problem) = text("a".into(), Content::File(bytes.to_vec()));
            let (problem, span) = problem.unwrap_or((Problem::NoUp, None));
            assert_eq!(
                (problem.code(), span.map(|span| span.start)),
                (code, Some(at)),
                "{bytes:?}"
            );
            assert!(source.text().is_char_boundary(at));
        };
        check(b"ab\xffc", "not-utf8", 2);
        check(b"\xef\xbb\xbfa\r\n\xff", "not-utf8", 2);
        check(b"a\r\n\0", "nul-byte", 2);
        check(&vec![b' '; MAX_FILE_BYTES + 1], "too-large", 0);
    }
}
