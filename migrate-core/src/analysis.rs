//! What can be known of a revision's SQL before a server sees it. Only of revisions that are not
//! deployed: what databases have run is right, whatever a parser says.

mod catalog;
mod cursor;
mod names;
mod notes;
mod predict;
mod replay;
mod statement;
mod syntax;

use self::notes::{Note, notes};
#[doc(hidden)]
pub use self::predict::predicted;
use crate::chain::Chain;
use crate::check::{Parsed, Rejection, check_with};
use crate::diagnostic::Diagnostic;
use crate::folder::Folder;
use crate::problem::Problem;
use crate::statements::split_statements;
use crate::text::{Source, Span};

/// As [`check`](crate::check), and reads the SQL of what is not deployed, too.
///
/// # Errors
///
/// With everything that is wrong, not only the first thing.
///
/// ```
/// use migrate_core::{Folder, analyse};
///
/// let file = "-- revision: 001\n-- message: Users\n\
///             -- migrate:up\nCREATE TABEL users ();\n-- migrate:down\nDROP TABLE users;\n";
/// let rejection = analyse(Folder::of_texts("migrations", [("001_users.sql", file)])).unwrap_err();
/// assert!(rejection.to_string().starts_with("syntax error at `TABEL`\n --> migrations/001_users.sql:4:8"));
/// ```
pub fn analyse(folder: Folder) -> Result<Chain<'static>, Rejection> {
    let chain = check_with(folder, statements)?;
    let diagnostics = replay::replay(&chain);
    if diagnostics.is_empty() {
        return Ok(chain);
    }
    let sources = chain.migrations().iter().map(|migration| migration.source.clone()).collect();
    Err(Rejection { diagnostics, sources })
}

/// Adds what is wrong with the statements of a file, where nothing else is.
fn statements(file: &Parsed, source: &Source<'_>, problems: &mut Vec<Diagnostic>) {
    let is_here = |found: &&Diagnostic| {
        found.primary.as_ref().is_some_and(|label| label.source == file.index)
    };
    let hidden = problems.iter().filter(is_here).any(|found| found.problem.hides_the_rest());
    if hidden || file.sections.unclear || file.sections.unclear_mode {
        return;
    }
    for (section, _) in file.sections.up.iter().chain(&file.sections.down) {
        let sql = source.slice(section.span);
        let notes = notes(sql);
        let mut before = 0;
        for statement in split_statements(sql) {
            let own = std::mem::replace(&mut before, statement.span.end)..statement.span.end;
            let is_allowed =
                notes.iter().any(|(at, note)| own.contains(at) && *note == Note::Allow("syntax"));
            let shift = |span: Span| {
                Span::new(section.span.start + span.start, section.span.start + span.end)
            };
            let here = shift(statement.span);
            let is_known =
                problems.iter().filter_map(|found| found.primary.as_ref()).any(|label| {
                    label.source == file.index
                        && label.span.start < here.end
                        && here.start <= label.span.end
                });
            if is_known || is_allowed {
                continue;
            }
            if let Some(found) = syntax::error(sql, &statement) {
                let problem = Problem::Syntax { found: found.text, meant: found.meant };
                problems.push(Diagnostic::at(problem, file.index, shift(found.span), found.label));
            }
        }
    }
}

#[cfg(test)]
mod tests;
