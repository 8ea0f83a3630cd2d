//! Analyses the SQL of revisions before it is sent to a server: syntax, names, types, and lints.
//!
//! Only revisions that are not deployed are checked: SQL that databases have run is valid, whatever
//! the parser says.

mod annotations;
mod blind_spots;
mod bodies;
mod client_values;
mod constraint_suggestions;
mod dialects;
mod enum_values;
mod facts;
mod foreign_types;
mod keywords;
mod lints;
mod literals;
mod min_server;
mod model;
mod names;
pub(crate) mod prediction;
mod queries;
mod query;
mod replay;
mod statement;
mod syntax;
mod type_facts;
mod typing;

use self::annotations::{Note, notes};
pub use self::blind_spots::{BlindSpot, blind_spot, blind_spots};
pub use self::lints::{Finding, lint};
pub use self::queries::{QueryError, QueryReport, ResultColumn, Schema, UsedName};
use self::syntax::{Fault, SyntaxError};
use crate::chain::chain::Chain;
use crate::chain::check::{Rejection, check_with};
use crate::chain::config::Config;
use crate::chain::diagnostic::Diagnostic;
use crate::chain::executor::{Executor, Sequential};
use crate::chain::file::ParsedFile;
use crate::chain::folder::Folder;
use crate::chain::lint::Level;
use crate::chain::problem::Problem;
use crate::chain::queries_lock::QueriesLock;
use crate::chain::transaction_rules;
use crate::syntax::source::{Source, Span};
use crate::syntax::statements::Statement;

/// Like [`check`](crate::check()), and also analyses the SQL of the revisions that are not
/// deployed.
///
/// # Errors
///
/// Contains all problems, not only the first one.
///
/// ```
/// use migrate_core::Folder;
/// use migrate_core::analysis::analyse;
///
/// let file = "-- revision: 001\n-- message: Users\n\
///             -- migrate:up\nCREATE TABEL users ();\n-- migrate:down\nDROP TABLE users;\n";
/// let rejection = analyse(Folder::of_texts("migrations", [("001_users.sql", file)])).unwrap_err();
/// assert!(rejection.to_string().starts_with("syntax error at `TABEL`\n --> migrations/001_users.sql:4:8"));
/// ```
pub fn analyse(folder: Folder) -> Result<Chain<'static>, Rejection> {
    analyse_with(folder, Ok(Config::default()))
}

/// The same with the settings of a project. If these cannot be read, the error is reported together
/// with the problems of the chain.
///
/// # Errors
///
/// Contains all problems, and the findings of lints whose level is `deny`.
pub fn analyse_with(
    folder: Folder,
    config: Result<Config, Rejection>,
) -> Result<Chain<'static>, Rejection> {
    analyse_on(&Sequential, folder, config)
}

/// The same, on the threads of `workers`.
#[doc(hidden)]
pub fn analyse_on(
    workers: &impl Executor,
    folder: Folder,
    config: Result<Config, Rejection>,
) -> Result<Chain<'static>, Rejection> {
    analyse_blind(workers, folder, config).map(|(chain, _)| chain)
}

/// Like [`analyse_with`], and also returns the blind spots, after which names are not checked.
/// [`blind_spots`] finds the same ones, but has to analyse the chain again. Pinned revisions after
/// the last one that is not pinned are left out.
///
/// # Errors
///
/// The same as [`analyse_with`].
pub fn analyse_with_blind_spots(
    folder: Folder,
    config: Result<Config, Rejection>,
) -> Result<(Chain<'static>, Vec<BlindSpot>), Rejection> {
    analyse_blind(&Sequential, folder, config)
}

fn analyse_blind(
    workers: &impl Executor,
    folder: Folder,
    config: Result<Config, Rejection>,
) -> Result<(Chain<'static>, Vec<BlindSpot>), Rejection> {
    let (config, unread) = match config {
        Ok(config) => (config, None),
        Err(rejection) => (Config::default(), Some(rejection)),
    };
    match (analysed(workers, folder, &config), unread) {
        (chain, None) => chain,
        (Ok(_), Some(unread)) => Err(unread),
        (Err(rejection), Some(unread)) => Err(rejection.and(unread)),
    }
}

fn analysed(
    workers: &impl Executor,
    folder: Folder,
    config: &Config,
) -> Result<(Chain<'static>, Vec<BlindSpot>), Rejection> {
    let oldest = config.min_server();
    let lock = QueriesLock::of_folder(&folder);
    let chain = check_with(folder, workers, |file, source, problems| {
        statements(file, source, oldest, problems)
    })?;
    let lock = lock?.unwrap_or_default();
    let (mut diagnostics, blind) = replay::replay(&chain, &lock.queries);
    diagnostics.extend(denied(&chain, config));
    if diagnostics.is_empty() {
        return Ok((chain, blind.into_iter().map(BlindSpot::from).collect()));
    }
    let own = chain.migrations().iter().map(|migration| migration.source.clone());
    let sources = own.chain(replay::sources(&lock.queries)).collect();
    Err(Rejection { diagnostics, sources })
}

/// The findings of lints whose level is `deny`.
fn denied(chain: &Chain<'_>, config: &Config) -> Vec<Diagnostic> {
    if !config.denies_any() {
        return Vec::new();
    }
    let found = lint(chain, config, |migration| !migration.deployed);
    let denied = found.into_iter().filter(|found| found.level == Level::Deny);
    let note = |found: Finding| {
        let code = found.lint.code();
        let note = format!("the lint `{code}` is denied; `migrate lint --explain {code}`");
        found.diagnostic.note(note)
    };
    denied.map(note).collect()
}

/// The places of known problems, sorted by their start. The second number is the largest end of
/// this place and all before it.
struct Known(Vec<(usize, usize)>);

impl Known {
    fn of(known: &[&Diagnostic]) -> Self {
        let labels = known.iter().filter_map(|found| found.primary.as_ref());
        let mut places: Vec<(usize, usize)> =
            labels.map(|label| (label.span.start, label.span.end)).collect();
        places.sort_unstable();
        let mut last = 0;
        for (_, end) in &mut places {
            last = last.max(*end);
            *end = last;
        }
        Known(places)
    }

    fn touches(&self, here: Span) -> bool {
        let before = self.0.partition_point(|(start, _)| *start < here.end);
        before.checked_sub(1).is_some_and(|last| here.start <= self.0[last].1)
    }
}

/// Whether a place overlaps a statement or is at its end.
fn touch(place: Span, statement: Span) -> bool {
    place.start < statement.end && statement.start <= place.end
}

/// The problems of the statements in a file, except for statements with a known problem.
fn statements(
    file: &ParsedFile,
    source: &Source<'_>,
    oldest: u32,
    known: &[&Diagnostic],
) -> Vec<Diagnostic> {
    let mut problems: Vec<Diagnostic> = Vec::new();
    let known_at = Known::of(known);
    let hidden = known.iter().any(|found| found.problem.hides_the_rest());
    if hidden || file.sections.unclear || file.sections.unclear_mode {
        return problems;
    }
    let sections = [file.sections.up, file.sections.down].into_iter().zip(&file.statements);
    for (section, statements) in sections {
        let Some((section, _)) = section else { continue };
        let sql = source.slice(section.span);
        let (notes, reads_bodies) = (notes(sql), bodies::are_read(sql));
        let mut before = 0;
        for (nth, statement) in statements.iter().enumerate() {
            let own = std::mem::replace(&mut before, statement.span.end)..statement.span.end;
            let from = notes.partition_point(|(at, _)| *at < own.start);
            let own = notes[from..].iter().take_while(|(at, _)| *at < own.end);
            let is_allowed = |code| own.clone().any(|(_, note)| *note == Note::Allow(code));
            let shift = |span: Span| span.within(section.span.start);
            let here = shift(statement.span);
            // Of the problems found here, only the last one can reach this statement.
            let last = problems.last().and_then(|found| found.primary.as_ref());
            let is_known =
                known_at.touches(here) || last.is_some_and(|label| touch(label.span, here));
            if is_known {
                continue;
            }
            let lock = transaction_rules::releases_locks(sql, &statement.tokens);
            if let Some((what, span)) = lock {
                let problem = Problem::ReleasesLocks { what };
                problems.push(Diagnostic::at(problem, file.index, shift(span), ""));
                continue;
            }
            if !is_allowed("syntax")
                && let Some((problem, span, label)) = grammatical(sql, statement)
            {
                problems.push(Diagnostic::at(problem, file.index, shift(span), label));
                continue;
            }
            if !section.options.transactional
                && !is_allowed("needs-transaction")
                && let Some(what) = transaction_rules::needs_transaction(sql, statement)
            {
                let problem = Problem::NeedsTransaction { statement: what };
                problems.push(Diagnostic::at(problem, file.index, here, ""));
                continue;
            }
            let setting = transaction_rules::text_setting(statement, sql, &statements[nth + 1..]);
            if let Some(setting) = setting.filter(|_| !is_allowed("text-setting")) {
                let problem = Problem::TextSetting { setting };
                problems.push(Diagnostic::at(problem, file.index, here, ""));
                continue;
            }
            let body = if reads_bodies { bodies::refused(sql, statement) } else { None };
            if let Some(found) = body.filter(|found| !is_allowed(found.problem.code())) {
                let told =
                    Diagnostic::at(found.problem, file.index, shift(found.span), found.label);
                problems.push(match found.related {
                    Some((span, text)) => told.and(file.index, shift(span), text),
                    None => told,
                });
                continue;
            }
            let newer = min_server::newer(sql, statement, section.span.start, oldest);
            if let Some(found) = newer.filter(|_| !is_allowed("needs-server")) {
                let problem =
                    Problem::NeedsServer { what: found.what, version: found.version, oldest };
                problems.push(Diagnostic::at(problem, file.index, found.span, ""));
            }
        }
    }
    problems
}

/// The syntax error in a statement: the problem, its position, and the label there.
fn grammatical(sql: &str, statement: &Statement) -> Option<(Problem, Span, String)> {
    // The parser takes a variable for something else and would report a misleading error.
    if let Some(found) = client_values::client_value(sql, &statement.tokens) {
        return Some((found.problem, found.span, String::new()));
    }
    Some(match syntax::fault(sql, statement)? {
        Fault::MissingSemicolon(span) => {
            (Problem::MissingSemicolon, span, "`;` is missing before this".to_owned())
        }
        Fault::Error(SyntaxError { span, text: found, suggestion, instead, label }) => {
            (Problem::Syntax { found, suggestion, instead }, span, label)
        }
    })
}

#[cfg(test)]
mod tests;
