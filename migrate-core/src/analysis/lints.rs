//! Lints: valid statements that are unsafe on a live database, such as one that holds a lock while
//! it reads all rows, or one that drops a column which the running release still uses.
//!
//! Lints only advise; they look at the statements of the chain in order. The claims in their
//! messages are checked against real servers by the workspace's tests.

mod columns;
mod constraints;
mod endings;
mod history;
mod indexes;
mod locks;
mod names;
mod naming;
mod non_transactional;
mod objects;
mod relied_on;
mod removals;
mod rows;
mod rules;
mod section;
mod style;
mod tables;
mod types;

use std::collections::HashSet;

use self::objects::Objects;
use self::section::Section;
use self::tables::{LintSpan, Tables, What, key};
use super::names::{Ident, Name};
use super::statement::{Statement, read};
use crate::chain::allow_comments::allowed;
use crate::chain::chain::{Chain, Down, Migration};
use crate::chain::config::Config;
use crate::chain::diagnostic::Diagnostic;
use crate::chain::lint::{Level, Lint};
use crate::chain::problem::Problem;
use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::{Lexer, Token, TokenKind};
use crate::syntax::source::Span;
use crate::syntax::statements::{self, split_statements};
use crate::syntax::table_locks::{self, LockedBy, TableLock};

/// A finding of a lint.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The lint that found it.
    pub lint: Lint,
    /// Whether it is reported as a warning or as an error.
    pub level: Level,
    /// The message and its position. Its sources are the files of the chain's revisions, in the
    /// order of the chain.
    pub diagnostic: Diagnostic,
}

/// Lints the upgrades of the selected revisions. The other revisions only provide context.
///
/// A table created by a revision that is not deployed is not in use yet, so locks on it harm
/// nobody. In a chain without any deployed revision, it is unknown what has been deployed. There,
/// this only holds for tables created by the same revision.
///
/// ```
/// use migrate_core::{Folder, check};
/// use migrate_core::analysis::lint;
/// use migrate_core::chain::{Config, Lint};
///
/// let files = [
///     ("1.sql", "-- revision: 1\n-- message: A\n-- migrate:up\nCREATE TABLE t (a int);\n-- migrate:down\nDROP TABLE t;\n"),
///     ("2.sql", "-- revision: 2\n-- parent: 1\n-- message: B\n-- migrate:up\nCREATE INDEX i ON t (a);\n-- migrate:down\nDROP INDEX i;\n"),
/// ];
/// let chain = check(Folder::of_texts("migrations", files))?;
/// let found = lint(&chain, &Config::default(), |revision| !revision.deployed);
/// assert_eq!(found[0].lint, Lint::IndexBlocksWrites);
/// # Ok::<(), migrate_core::Rejection>(())
/// ```
pub fn lint(
    chain: &Chain<'_>,
    config: &Config,
    wanted: impl Fn(&Migration<'_>) -> bool,
) -> Vec<Finding> {
    let (mut tables, mut objects) = (Tables::default(), Objects::default());
    let mut found: Vec<(usize, Raw)> = Vec::new();
    let deployed: Vec<bool> =
        chain.migrations().iter().map(|migration| migration.deployed).collect();
    let has_deployed = deployed.contains(&true);
    for (revision, migration) in chain.migrations().iter().enumerate() {
        let sql = migration.up_sql();
        let offset = migration.up.span.start;
        let statements = split_statements(sql);
        let views: Vec<_> = statements.iter().map(|one| read(sql, one, offset)).collect();
        let is_wanted = wanted(migration);
        let section = if is_wanted { Section::of(&views) } else { Section::default() };
        // A revision that merges two branches may be empty.
        if is_wanted && statements.is_empty() && migration.parents.len() < 2 {
            found.push((revision, style::empty(migration)));
        }
        let (mut held, mut blocked) = (None, Vec::new());
        for (at, (statement, view)) in statements.iter().zip(&views).enumerate() {
            let whole = whole(statement, offset);
            let context = Context {
                config,
                tables: &tables,
                objects: &objects,
                deployed: &deployed,
                has_deployed,
                revision,
                sql,
                offset,
                statement,
                view,
                whole,
                section: &section,
                at,
                down: migration.down_sql(),
                transactional: migration.up.options.transactional,
                held: held.as_ref(),
                blocked: &blocked,
            };
            if is_wanted {
                context.all(&mut |raw| found.push((revision, raw)));
            }
            if is_wanted && context.transactional {
                let new = locks::exclusive(&context);
                let taken = context.takes().map(|lock| (whole, lock));
                let before = held.as_ref().map(|(_, lock): &(Span, TableLock)| lock.mode);
                held =
                    taken.filter(|(_, lock)| before.is_none_or(|mode| mode < lock.mode)).or(held);
                blocked.extend(new.into_iter().map(|lock| (whole, lock)));
            }
            let words = Cursor::new(sql, &statement.tokens, offset);
            let place = LintSpan { revision, span: whole, statement: whole };
            tables.follow(view, words, place);
            objects.follow(view, words, place);
        }
        if is_wanted && !migration.up.options.transactional {
            let raw = non_transactional::mixed(sql, offset, &statements, &views);
            found.extend(raw.map(|raw| (revision, raw)));
        }
        if let (true, Down::Section(down)) = (is_wanted, &migration.down) {
            let raws = history::of_downgrade(migration.source.slice(down.span), down.span.start);
            found.extend(raws.into_iter().map(|raw| (revision, raw)));
        }
    }
    for foreign in &tables.foreign_keys {
        if wanted(&chain.migrations()[foreign.revision]) && !tables.is_served(foreign) {
            found.push((foreign.revision, indexes::unserved(foreign)));
        }
    }
    let is_wanted = |revision: usize| wanted(&chain.migrations()[revision]);
    endings::check(&tables, &objects, is_wanted, &mut |revision, raw| found.push((revision, raw)));
    found.sort_by_key(|(revision, raw)| (*revision, raw.span.start));
    finish(chain, config, found)
}

/// A finding before its level is set and before allow comments are applied.
struct Raw {
    lint: Lint,
    message: String,
    help: String,
    span: Span,
    label: String,
    /// The statement that contains the finding. An allow comment above it suppresses the finding.
    statement: Span,
    also: Option<(Span, String)>,
    /// The level of a rule that has its own.
    level: Option<Level>,
}

impl Raw {
    fn and(mut self, span: Span, label: impl Into<String>) -> Self {
        self.also = Some((span, label.into()));
        self
    }
}

/// A statement and the state of the chain at that statement.
struct Context<'c> {
    config: &'c Config,
    tables: &'c Tables,
    objects: &'c Objects,
    /// Whether each revision of the chain is deployed.
    deployed: &'c [bool],
    /// Whether any revision is deployed.
    has_deployed: bool,
    revision: usize,
    sql: &'c str,
    offset: usize,
    statement: &'c statements::Statement,
    view: &'c Statement<'c>,
    /// The position of the statement in its file, without the semicolon.
    whole: Span,
    /// What the section creates, and the index of this statement in it.
    section: &'c Section,
    at: usize,
    /// The SQL of the downgrade, if there is one.
    down: Option<&'c str>,
    transactional: bool,
    /// The strongest lock taken so far in this transaction that blocks writes to a table in use.
    held: Option<&'c (Span, TableLock)>,
    /// The tables in use to which this transaction blocks all access so far.
    blocked: &'c [(Span, TableLock)],
}

impl Context<'_> {
    fn all(&self, report: &mut dyn FnMut(Raw)) {
        for lint in [
            indexes::check,
            constraints::check,
            columns::check,
            removals::check,
            rows::check,
            history::check,
            non_transactional::check,
            style::check,
            locks::check,
            relied_on::check,
            names::check,
            rules::check,
            naming::check,
        ] {
            lint(self, report);
        }
    }

    /// Whether the table may be in use, i.e. is not new.
    fn in_use(&self, name: &Name) -> bool {
        self.is_used(&key(name))
    }

    fn is_used(&self, key: &str) -> bool {
        let Some(table) = self.tables.by_key(key) else { return true };
        !self.is_new(table.made) && table.what != What::Temporary
    }

    /// Whether something created by the revision `made` cannot be in use yet.
    fn is_new(&self, made: usize) -> bool {
        made == self.revision || !self.deployed[made] && self.has_deployed
    }

    fn type_in_use(&self, name: &Name) -> bool {
        self.objects.made_type(name).is_none_or(|made| !self.is_new(made))
    }

    fn routine_in_use(&self, name: &Name) -> bool {
        self.objects.made_function(name).is_none_or(|made| !self.is_new(made))
    }

    fn schema_in_use(&self, name: &Ident) -> bool {
        self.objects.schema(name).is_none_or(|made| !self.is_new(made))
    }

    /// All tokens of the statement.
    fn words(&self) -> Cursor<'_> {
        Cursor::new(self.sql, &self.statement.tokens, self.offset)
    }

    fn is(&self, name: &Name, what: What) -> bool {
        self.tables.get(name).is_some_and(|table| table.what == what)
    }

    /// The lock of this statement that blocks writes to a table in use.
    fn takes(&self) -> Option<TableLock> {
        let taken = table_locks::locks(self.sql, self.statement).into_iter();
        taken
            .filter(|lock| lock.mode.blocks_writes() && lock.locked_by == LockedBy::Name)
            .find(|lock| self.is_used(&lock_key(lock)))
    }

    /// Whether one of the words at this position is `word`.
    fn says(&self, place: Span, word: &str) -> bool {
        let inside = |token: &&Token| {
            let start = token.span.start + self.offset;
            place.start <= start && start < place.end
        };
        self.statement.tokens.iter().filter(inside).any(|token| token.is_word(self.sql, word))
    }

    fn raw(&self, lint: Lint, span: Span, message: String, label: &str, help: String) -> Raw {
        let label = label.to_owned();
        Raw { lint, message, help, span, label, statement: self.whole, also: None, level: None }
    }
}

/// The name of a locked relation without the default schema.
fn lock_key(lock: &TableLock) -> String {
    match lock.relation.parts.as_slice() {
        [.., schema, last] if schema != "public" => format!("{schema}.{last}"),
        [.., last] => last.clone(),
        [] => String::new(),
    }
}

fn whole(statement: &statements::Statement, offset: usize) -> Span {
    let end = statement.tokens.last().map_or(statement.span.end, |token| token.span.end);
    Span::new(statement.span.start, end).within(offset)
}

/// Sets the levels of the findings.
fn finish(chain: &Chain<'_>, config: &Config, found: Vec<(usize, Raw)>) -> Vec<Finding> {
    let mut findings = Vec::with_capacity(found.len());
    let mut file: Option<(usize, Allowed)> = None;
    for (revision, raw) in found {
        let level = match (config.level(raw.lint), raw.level) {
            (Level::Allow, _) | (_, None) => config.level(raw.lint),
            (_, Some(own)) => own,
        };
        if level == Level::Allow {
            continue;
        }
        if file.as_ref().is_none_or(|(known, _)| *known != revision) {
            file = Some((revision, Allowed::read(&chain.migrations()[revision])));
        }
        if file.as_ref().is_some_and(|(_, allowed)| allowed.has(raw.lint, raw.statement)) {
            continue;
        }
        let problem = Problem::Lint { lint: raw.lint, message: raw.message, help: raw.help };
        let mut diagnostic = Diagnostic::at(problem, revision, raw.span, raw.label);
        if let Some((span, label)) = raw.also {
            diagnostic = diagnostic.and(revision, span, label);
        }
        findings.push(Finding { lint: raw.lint, level, diagnostic });
    }
    findings
}

/// What the author of a file allows, in the whole file or at one statement.
struct Allowed {
    everywhere: HashSet<Lint>,
    /// The allowed lint and the statement that the comment applies to.
    here: HashSet<(Lint, Span)>,
}

impl Allowed {
    fn read(migration: &Migration<'_>) -> Self {
        let text = migration.source.text();
        let down = match &migration.down {
            Down::Section(down) => Some(down.span),
            Down::Irreversible(_) => None,
        };
        let sections: Vec<(Span, Vec<statements::Statement>)> = [Some(migration.up.span), down]
            .into_iter()
            .flatten()
            .map(|span| (span, split_statements(migration.source.slice(span))))
            .collect();
        let mut found = Allowed { everywhere: HashSet::new(), here: HashSet::new() };
        let is_comment = |token: &Token| token.kind == TokenKind::LineComment;
        let mut in_header = true;
        for token in Lexer::new(text).filter(is_comment) {
            let comment = token.text(text);
            let lint = allowed(comment).and_then(Lint::of_code);
            let at = token.span.start;
            let section = sections.iter().find(|(span, _)| span.range().contains(&at));
            if let Some((span, statements)) = section {
                in_header = false;
                let Some(lint) = lint else { continue };
                let next = statements.partition_point(|one| one.span.end + span.start <= at);
                let next = statements.get(next).map(|next| whole(next, span.start));
                found.here.extend(next.map(|next| (lint, next)));
            } else if is_section(comment) {
                in_header = false;
            } else if in_header {
                found.everywhere.extend(lint);
            }
        }
        found
    }

    fn has(&self, lint: Lint, statement: Span) -> bool {
        self.everywhere.contains(&lint) || self.here.contains(&(lint, statement))
    }
}

/// Whether a comment starts a section.
fn is_section(comment: &str) -> bool {
    let body = comment.trim_start_matches('-').trim_start();
    body.strip_prefix("migrate:")
        .is_some_and(|body| ["up", "down"].iter().any(|name| body.starts_with(name)))
}

#[cfg(test)]
mod tests;
