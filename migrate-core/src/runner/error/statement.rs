//! A statement that the server refused: where it is, and what to do about it.

use std::fmt;

use super::remedy::remedy;
use crate::plan::direction::Direction;
use crate::plan::recorded_downgrade::STORED;
use crate::plan::status::run_again_help;
use crate::runner::failure::Failure;
use crate::runner::report::Done;
use crate::syntax::cursor::Cursor;
use crate::syntax::explanation::Explanation;
use crate::syntax::source::{Source, Span};
use crate::syntax::statements::{Statement, split_statements};

/// A statement of a migration that the server refused.
#[derive(Debug)]
pub struct StatementError {
    /// Which way the revision ran.
    pub direction: Direction,
    /// The revision.
    pub revision: String,
    /// The number of the statement in its section, from 1, if it is known.
    pub statement: Option<usize>,
    /// How many statements the section has.
    pub total: usize,
    /// The migration's file.
    pub source: Source<'static>,
    /// The place in it, as near as the server told.
    pub span: Span,
    /// What the server said.
    pub failure: Failure,
    /// Whether all statements were done, and it was the end of the transaction that failed: a
    /// constraint that is deferred to there.
    pub ended: bool,
    /// What is left of its revision.
    pub aftermath: Aftermath,
    /// What the statement has left behind, and whatever else is to be known: a sentence each.
    pub notes: Vec<String>,
    /// The revisions that this run had finished before; they stay.
    pub done: Vec<Done>,
}

/// What is left of a revision when one of its statements was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Aftermath {
    /// Nothing: it was rolled back.
    RolledBack,
    /// It runs outside a transaction: what came before in it stays done, and the next run goes on here.
    Resumes,
    /// The same, but the statement, a `DO` or `CALL` that commits itself, may have done a part of its work. It is not run
    /// again unasked.
    InDoubt,
}

impl StatementError {
    /// What to do about it.
    pub fn help(&self) -> String {
        if self.aftermath == Aftermath::InDoubt {
            return run_again_help(self.direction, &self.revision);
        }
        let resumes = self.aftermath == Aftermath::Resumes;
        match self.failure.code.as_deref() {
            Some("55P03") => {
                "another session held a lock on the table for too long, each time; run at a \
                 quieter time, or allow a longer wait: `-- migrate:up lock_timeout:30s`"
                    .into()
            }
            Some("57014") if self.failure.message.contains("user request") => {
                "somebody cancelled it (Ctrl-C, or pg_cancel_backend): run it again to continue".into()
            }
            Some("57014") => {
                "it took longer than statement_timeout, or somebody cancelled it; allow more time: \
                 `-- migrate:up statement_timeout:10min`"
                    .into()
            }
            Some("23505") if self.defines() && !self.ended => {
                "change or delete the duplicate rows, and run it again".into()
            }
            Some("42710") if self.adds_enum_value() => {
                "an enum keeps its values when the revision that added them is downgraded; write \
                 `ALTER TYPE … ADD VALUE IF NOT EXISTS`, so that the upgrade can run again"
                    .into()
            }
            Some("42P07" | "42701" | "42710") if self.total > 1 && self.aftermath == Aftermath::Resumes => {
                "the database already has it. If it is right, write `IF NOT EXISTS`, or remove it and run again; \
                 `migrate stamp REVISION` would record the whole revision, without the statements that follow"
                    .into()
            }
            Some("42P07" | "42701" | "42710") => {
                "the database already has it. If another tool or a person created it, record the \
                 revision as applied instead of running it: `migrate stamp REVISION`"
                    .into()
            }
            Some("55P04") => {
                "an enum's new value can be used when its transaction is over: use it in a later revision, \
                 and run without the single transaction"
                    .into()
            }
            _ if let Some(help) = remedy(&self.failure).filter(|_| !self.raises()) => help.into(),
            _ if self.source.path().ends_with(STORED) => format!(
                "{}its downgrade is the one that the database keeps, which no file changes: undo {} by hand, then \
                 record where the schema is: `migrate stamp REVISION`",
                if resumes { "" } else { "the revision was rolled back; " },
                if resumes { "the rest of the revision" } else { "the revision" },
            ),
            _ if resumes && self.statement == Some(1) => {
                "fix the statement and run it again".into()
            }
            _ if resumes => {
                "fix the statement and run it again: the statements before it are done, and the run \
                 continues here"
                    .into()
            }
            _ => "the revision was rolled back; fix its file and run it again".into(),
        }
    }
}

impl StatementError {
    /// Whether it is the migration's own text that raised.
    fn raises(&self) -> bool {
        let raise = |word: &[u8]| word.eq_ignore_ascii_case(b"raise");
        let text = self.source.slice(self.span);
        self.failure.is("P0001") && text.as_bytes().windows("raise".len()).any(raise)
    }

    /// The statement that failed.
    fn failed(&self) -> Option<Statement> {
        let mut statements = split_statements(self.source.text()).into_iter();
        statements.find(|one| one.span.range().contains(&self.span.start))
    }

    /// Whether what failed is `ALTER TYPE … ADD VALUE`.
    fn adds_enum_value(&self) -> bool {
        self.failed().is_some_and(|one| {
            let mut words = Cursor::new(self.source.text(), &one.tokens, 0);
            words.take(&["alter", "type"]) && words.has(&["add", "value"])
        })
    }

    /// Whether what failed is a `CREATE` or an `ALTER`: the rows are those that were there.
    fn defines(&self) -> bool {
        let words = self.failed().map(|one| one.leading_words(self.source.text()));
        words.is_some_and(|words| {
            words.first().is_some_and(|word| word == "CREATE" || word == "ALTER")
        })
    }

    /// What failed and why, in one line.
    fn message(&self) -> String {
        let Self { direction, revision, failure, .. } = self;
        let code = failure.code.as_deref().unwrap_or("none");
        format!("{direction} of `{revision}` failed: {} (SQLSTATE {code})", failure.message)
    }

    /// The same, with the place.
    pub(crate) fn summary(&self) -> String {
        let place = self.source.position(self.span.start);
        let path = self.source.path();
        format!("{} at {path}:{}:{}", self.message(), place.line, place.column)
    }

    /// What failed and why, with its place, before it is rendered.
    pub fn explain(&self) -> Explanation<'_> {
        let text = match self.statement {
            Some(number) => format!("statement {number} of {}", self.total),
            None if self.ended => "when its transaction ended".to_owned(),
            None => String::new(),
        };
        let mut notes = self.failure.notes();
        notes.extend(self.notes.iter().cloned());
        // Where the help has something else to say.
        let help = self.help();
        match self.aftermath {
            Aftermath::InDoubt => {
                notes.push("it commits by itself, so a part of its work may be done".to_owned());
            }
            Aftermath::Resumes if self.statement == Some(1) => {}
            Aftermath::Resumes if self.statement.is_none() => {
                notes.push("its statements are done; the next run records it".to_owned());
            }
            Aftermath::Resumes if !help.contains("continues here") => {
                notes.push("the statements before it are done; the next run continues here".into());
            }
            Aftermath::RolledBack if !help.contains("rolled back") => {
                notes.push("the revision was rolled back".to_owned());
            }
            Aftermath::Resumes | Aftermath::RolledBack => {}
        }
        if let [.., last] = self.done.as_slice() {
            notes.push(match self.done.len() {
                1 => format!("1 revision before it stays done: `{}`", last.revision),
                count => {
                    format!("{count} revisions before it stay done, up to `{}`", last.revision)
                }
            });
        }
        let explanation =
            Explanation::new(self.message()).with_snippet(&self.source, self.span, text);
        notes.into_iter().fold(explanation, Explanation::with_note).with_help(help)
    }
}

impl fmt::Display for StatementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.explain().fmt(f)
    }
}

#[cfg(test)]
mod tests;
