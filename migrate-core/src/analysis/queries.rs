//! Checks the queries of a program against the schema that a chain builds.

use std::rc::Rc;

use super::names::quoted;
use super::replay::{self, CheckedQuery, Fault, ReplayState};
use super::syntax::{self, SyntaxError};
use super::typing::ValueType;
use crate::chain::chain::Chain;
use crate::chain::diagnostic::Label;
use crate::chain::problem::Problem;
use crate::chain::queries_lock::ProgramQuery;
use crate::chain::transaction_rules;
use crate::syntax::explanation::Explanation;
use crate::syntax::lexer::Lexer;
use crate::syntax::source::{Source, Span};
use crate::syntax::statements::split_statements;

/// The schema that a chain builds, to check queries of a program against.
///
/// ```
/// use migrate_core::analysis::Schema;
/// use migrate_core::{Folder, check};
///
/// let sql = "-- revision: 001\n-- message: Users\n-- irreversible: an example\n\
///            -- migrate:up\nCREATE TABLE users (id bigint, email text);\n";
/// let chain = check(Folder::of_texts("migrations", [("001_users.sql", sql)]))?;
/// let mut schema = Schema::of(&chain);
/// assert!(schema.check("SELECT email FROM users WHERE id = $1").errors.is_empty());
/// let report = schema.check("SELECT emial FROM users");
/// assert!(report.errors[0].message.starts_with("there is no column `users.emial`"));
/// # Ok::<(), migrate_core::Rejection>(())
/// ```
pub struct Schema {
    state: ReplayState,
    /// The files of the chain, which errors refer to.
    sources: Vec<Source<'static>>,
}

/// The result of checking a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueryReport {
    /// What a server would refuse. Empty for a query of which nothing is known.
    pub errors: Vec<QueryError>,
    /// The relations and columns that it uses, as far as they are known, sorted.
    pub uses: Vec<UsedName>,
    /// The columns of its result, if all are known.
    pub columns: Option<Vec<ResultColumn>>,
    /// Why the query, or a part of it, is not checked.
    pub not_checked: Option<String>,
}

/// An error in a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// The short name of the problem.
    pub code: &'static str,
    /// What is wrong, where, and what to do.
    pub message: String,
    /// The first line of the message.
    pub summary: String,
    /// The position in the query.
    pub span: Span,
}

/// A relation that a query uses, or a column of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsedName {
    /// The relation, with its schema unless that is `public`.
    pub relation: String,
    /// The column.
    pub column: Option<String>,
    /// Whether the query writes it.
    pub writes: bool,
}

/// A column of the result of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultColumn {
    /// Its name, if known.
    pub name: Option<String>,
    /// Its type, if known.
    pub kind: Option<String>,
}

impl Schema {
    /// The schema at the head of a chain.
    pub fn of(chain: &Chain<'static>) -> Self {
        let sources = chain.migrations().iter().map(|migration| migration.source.clone()).collect();
        Schema { state: replay::at_head(chain), sources }
    }

    /// Checks a query.
    pub fn check(&mut self, query: &str) -> QueryReport {
        let query = ProgramQuery {
            path: "query".to_owned(),
            line: 1,
            unchecked: None,
            text: query.to_owned(),
        };
        self.check_at(&query)
    }

    /// Checks a query. Errors refer to its file and line.
    pub fn check_at(&mut self, query: &ProgramQuery) -> QueryReport {
        if let Some(why) = &query.unchecked {
            let not_checked = Some(format!("its author says: {why}"));
            return QueryReport { not_checked, ..QueryReport::default() };
        }
        let source = replay::sources(std::slice::from_ref(query));
        let Some(source) = source.first() else { return QueryReport::default() };
        let error = |problem: &Problem, span: Span, label: String, related: Vec<Label>| {
            self::error(&self.sources, source, query.line - 1, problem, span, label, related)
        };
        if let Some((problem, span, label)) = unreadable(&query.text) {
            let errors = vec![error(&problem, span, label, Vec::new())];
            return QueryReport { errors, ..QueryReport::default() };
        }
        let CheckedQuery { faults, uses, columns, not_checked, .. } =
            self.state.check_program(&query.text);
        let told = |fault: Fault| {
            let related = fault.related.into_iter().map(|(place, text)| Label {
                source: place.source,
                span: place.span,
                text,
            });
            error(&fault.problem, fault.span, fault.label, related.collect())
        };
        let errors = faults.into_iter().map(told).collect();
        let model = &self.state.model;
        let mut uses: Vec<UsedName> = uses
            .iter()
            .map(|one| UsedName {
                relation: model.shown(one.relation),
                column: one.column.as_deref().map(quoted),
                writes: one.writes,
            })
            .collect();
        uses.sort();
        uses.dedup();
        let column = |(name, kind): (Option<Rc<str>>, ValueType)| ResultColumn {
            name: name.map(|name| name.to_string()),
            kind: kind.is_known().then(|| kind.shown(model)),
        };
        let columns = columns.map(|columns| columns.into_iter().map(column).collect());
        QueryReport { errors, uses, columns, not_checked }
    }
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Schema").finish_non_exhaustive()
    }
}

/// The syntax error in a query.
fn unreadable(sql: &str) -> Option<(Problem, Span, String)> {
    let unreadable = |token| transaction_rules::unreadable(sql, &token);
    if let Some(found) = Lexer::new(sql).find_map(unreadable) {
        return Some((found.problem, found.span, found.text.to_owned()));
    }
    for statement in split_statements(sql) {
        match syntax::fault(sql, &statement) {
            None => {}
            Some(syntax::Fault::MissingSemicolon(span)) => {
                let label = "`;` is missing before this".to_owned();
                return Some((Problem::MissingSemicolon, span, label));
            }
            Some(syntax::Fault::Error(SyntaxError {
                span,
                text: found,
                suggestion,
                instead,
                label,
            })) => {
                return Some((Problem::Syntax { found, suggestion, instead }, span, label));
            }
        }
    }
    None
}

fn error(
    chain: &[Source<'static>],
    query: &Source<'static>,
    before: usize,
    problem: &Problem,
    span: Span,
    text: String,
    related: Vec<Label>,
) -> QueryError {
    let summary = problem.to_string();
    let mut explanation =
        Explanation::new(summary.as_str()).with_snippet(query, span.within(before), text);
    for label in &related {
        if let Some(source) = chain.get(label.source) {
            explanation = explanation.with_snippet(source, label.span, label.text.as_str());
        }
    }
    let message = explanation.with_help(help(problem, !related.is_empty())).to_string();
    QueryError { code: problem.code(), message, summary, span }
}

/// What to do about an error in a query, where that is something else than in a migration.
fn help(problem: &Problem, has_place: bool) -> String {
    const UNCHECKED: &str = "`sql!(unchecked = \"why\", \"…\")`";
    match problem {
        // The other place is where it was dropped or renamed, or where its table is created.
        Problem::Missing { suggestion: None, .. } if has_place => {
            "use the name that it has now, leave it out of the query, or add it in a new revision"
                .to_owned()
        }
        Problem::Missing { suggestion: None, .. } => format!(
            "correct the name; if something else than the chain creates it, say so: {UNCHECKED}"
        ),
        Problem::Syntax { suggestion: None, instead: None, .. } => {
            format!("fix it; if PostgreSQL accepts it as it is, say so: {UNCHECKED}")
        }
        Problem::MissingSemicolon => format!(
            "end the first statement with `;`; if PostgreSQL accepts the two as one statement, \
             say so: {UNCHECKED}"
        ),
        problem => problem.help(),
    }
}

#[cfg(test)]
mod tests;
