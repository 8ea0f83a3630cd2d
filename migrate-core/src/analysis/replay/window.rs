//! Finds the pending revisions that break a query of the deployed release, which still runs while
//! they are applied.
//!
//! A query counts only if it is certainly right for the deployed revisions and certainly wrong
//! after a pending one. A revision that drops something and creates it again breaks nothing.

use std::collections::HashMap;
use std::rc::Rc;

use super::program::CheckedQuery;
use super::state::ReplayState;
use crate::analysis::model::{FileSpan, Mark};
use crate::analysis::typing::ValueType;
use crate::chain::diagnostic::Diagnostic;
use crate::chain::problem::Problem;
use crate::chain::queries_lock::ProgramQuery;
use crate::syntax::cursor::Cursor;
use crate::syntax::source::{Source, Span};
use crate::syntax::statements::split_statements;

/// The largest number of queries shown for one statement.
const MOST_SHOWN: usize = 3;

const ALLOW: &str = "If no running release needs it, say so above the statement: \
                     `-- migrate:allow(breaks-deployed): why`";

/// The queries of the deployed release, and what becomes of them.
#[derive(Debug, Default)]
pub(in crate::analysis) struct Window<'q> {
    queries: &'q [ProgramQuery],
    /// The queries that were right for the deployed revisions, by their index.
    watched: HashMap<usize, Watched>,
    /// The queries in which a name occurs.
    by_name: HashMap<Rc<str>, Vec<usize>>,
    /// The index of the source of the first query.
    first_source: usize,
}

#[derive(Debug)]
struct Watched {
    /// The columns of its result for the deployed revisions.
    columns: Option<Vec<(Option<Rc<str>>, ValueType)>>,
    broken: Option<Broken>,
}

/// Why a query is wrong now.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Broken {
    /// The statement of the migration that broke it, or the name in it.
    at: Span,
    what: String,
    instead: &'static str,
    /// The place in the query, and what is wrong there.
    here: Span,
    label: String,
}

/// A statement of a migration.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ran<'s> {
    pub(super) text: Cursor<'s>,
    pub(super) span: Span,
    /// Whether its author accepts that it breaks queries.
    pub(super) is_allowed: bool,
}

impl<'q> Window<'q> {
    /// The sources of the queries follow those of the chain.
    pub(in crate::analysis) fn new(queries: &'q [ProgramQuery], first_source: usize) -> Self {
        let mut window = Window { queries, first_source, ..Window::default() };
        for (nth, query) in queries.iter().enumerate() {
            if query.unchecked.is_some() {
                continue;
            }
            for statement in split_statements(&query.text) {
                for name in Cursor::new(&query.text, &statement.tokens, 0).idents() {
                    let queries = window.by_name.entry(name.text).or_default();
                    if queries.last() != Some(&nth) {
                        queries.push(nth);
                    }
                }
            }
        }
        window
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queries.is_empty()
    }

    /// Determines which queries are right in this state.
    pub(super) fn begin(&mut self, state: &mut ReplayState) {
        self.watched.clear();
        for (nth, query) in self.queries.iter().enumerate() {
            if query.unchecked.is_some() {
                continue;
            }
            let CheckedQuery { faults, columns, .. } = state.check_program(&query.text);
            if faults.is_empty() {
                self.watched.insert(nth, Watched { columns, broken: None });
            }
        }
    }

    /// Checks the queries that a statement may have changed, since the state before it.
    pub(super) fn after(&mut self, state: &mut ReplayState, before: &Mark, ran: Ran<'_>) {
        let names = state.model.names_changed_since(before);
        let mut nths: Vec<usize> =
            names.iter().filter_map(|name| self.by_name.get(name)).flatten().copied().collect();
        nths.sort_unstable();
        nths.dedup();
        for nth in nths {
            let Some(watched) = self.watched.get_mut(&nth) else { continue };
            let Some(query) = self.queries.get(nth) else { continue };
            let broken = broken(state, query, watched, ran);
            match (broken, &watched.broken) {
                (Some(_), None) if ran.is_allowed => {
                    self.watched.remove(&nth);
                }
                // The first statement that broke it is the one to show.
                (Some(new), Some(old)) if new.what == old.what => {}
                (broken, _) => watched.broken = broken,
            }
        }
    }

    /// The errors of a revision, at the statements that caused them, once for each.
    pub(super) fn finish(&mut self, source: usize) -> Vec<Diagnostic> {
        let mut broken: Vec<(usize, Broken)> = Vec::new();
        for (nth, watched) in &mut self.watched {
            broken.extend(watched.broken.take().map(|broken| (*nth, broken)));
        }
        broken.sort_unstable_by_key(|(nth, broken)| (broken.at, *nth));
        let mut groups: Vec<Vec<(usize, Broken)>> = Vec::new();
        for one in broken {
            self.watched.remove(&one.0);
            match groups.iter_mut().find(|group| {
                group
                    .first()
                    .is_some_and(|(_, first)| first.at == one.1.at && first.what == one.1.what)
            }) {
                Some(group) => group.push(one),
                None => groups.push(vec![one]),
            }
        }
        groups.iter().filter_map(|group| self.told(source, group)).collect()
    }

    fn told(&self, source: usize, group: &[(usize, Broken)]) -> Option<Diagnostic> {
        let (first, why) = group.first()?;
        let place = self.queries.get(*first)?.place();
        let queries = match group.len() {
            1 => format!("a query of the deployed release at {place}"),
            count => format!("{count} queries of the deployed release, the first at {place}"),
        };
        let instead = format!("{}. {ALLOW}", why.instead);
        let problem = Problem::BreaksDeployed { what: why.what.clone(), queries, instead };
        let mut told = Diagnostic::at(
            problem,
            source,
            why.at,
            if group.len() == 1 {
                "the query fails after this"
            } else {
                "the queries fail after this"
            },
        );
        for (nth, broken) in group.iter().take(MOST_SHOWN) {
            let line = self.queries.get(*nth)?.line;
            let span = broken.here.within(line - 1);
            told = told.and(self.first_source + nth, span, broken.label.clone());
        }
        let more = group.len().saturating_sub(MOST_SHOWN);
        if more > 0 {
            let queries = if more == 1 { "query" } else { "queries" };
            told = told.note(format!("and {more} more {queries}; `migrate queries` shows them"));
        }
        Some(told)
    }
}

/// The queries as sources, in which positions have the lines of the files that contain them.
pub(in crate::analysis) fn sources(queries: &[ProgramQuery]) -> Vec<Source<'static>> {
    let source = |query: &ProgramQuery| {
        // A span in the query is a span here, after as many bytes as there are lines before it.
        let before = "\n".repeat(query.line.saturating_sub(1));
        Source::new(query.path.clone(), before + &query.text)
    };
    queries.iter().map(source).collect()
}

fn broken(
    state: &mut ReplayState,
    query: &ProgramQuery,
    watched: &Watched,
    ran: Ran<'_>,
) -> Option<Broken> {
    let checked = state.check_program(&query.text);
    let is_rename = ran.text.has(&["rename"]);
    if let Some(fault) = checked.faults.into_iter().next() {
        let here = |place: &FileSpan| place.source == state.source && within(place.span, ran.span);
        let named = fault.related.iter().map(|(place, _)| *place).find(here);
        let instead = match &fault.problem {
            _ if is_rename => RENAME,
            Problem::InvalidQuery { message, .. } if message.contains("NOT NULL") => NOT_NULL,
            Problem::Missing { .. } => DROP,
            _ => OTHER,
        };
        return Some(Broken {
            at: named.map_or(ran.span, |place| place.span),
            what: fault.problem.to_string(),
            instead,
            here: fault.span,
            label: match fault.label.as_str() {
                "" => "in this query".to_owned(),
                _ => fault.label,
            },
        });
    }
    let (before, after) = (watched.columns.as_ref()?, checked.columns?);
    let changed = before
        .iter()
        .zip(&after)
        .filter(|_| before.len() == after.len())
        .find(|((name, old), (new_name, new))| name == new_name && is_other(*old, *new))?;
    let ((name, old), (_, new)) = changed;
    let name = name.as_deref().unwrap_or("?column?");
    let [old, new] = [*old, *new].map(|kind| kind.shown(&state.model));
    let start = Span::new(0, query.text.len());
    Some(Broken {
        at: ran.span,
        what: format!("column `{name}` of its result becomes `{new}`, and was `{old}`"),
        instead: TYPE,
        here: start,
        label: format!("`{name}` was `{old}`"),
    })
}

const RENAME: &str = "the deployed release still runs while this is applied. Expand first: add the new name \
                      beside the old one and keep both up to date, for example by a trigger or a view; drop the \
                      old one (contract) when the deployed release no longer uses it";
const DROP: &str = "the deployed release still runs while this is applied. First deploy a release that does not \
                    use it, and record its queries (`migrate queries --record`, `migrate lock`); drop it in the \
                    release after that";
const NOT_NULL: &str = "the deployed release still inserts rows without it while this is applied. Give the column \
                        a DEFAULT, or add it without NOT NULL; set NOT NULL in a later release, when the deployed \
                        one gives it a value";
const TYPE: &str = "a program that reads the old type fails. Expand first: add a column of the new type beside \
                    this one and keep both up to date; drop the old one (contract) when the deployed release no \
                    longer uses it";
const OTHER: &str = "the deployed release still runs while this is applied. First deploy a release whose queries \
                     are right before and after it, and record them (`migrate queries --record`, `migrate lock`)";

fn within(inner: Span, outer: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Whether a program that reads values of one type certainly can't read those of another.
fn is_other(old: ValueType, new: ValueType) -> bool {
    let class = |kind: ValueType| match kind {
        // Clients read these alike.
        ValueType::Base("text" | "varchar" | "bpchar" | "name") => Some((false, "text")),
        ValueType::Base("json" | "jsonb") => Some((false, "json")),
        ValueType::Base("inet" | "cidr") => Some((false, "inet")),
        ValueType::Base("bit" | "varbit") => Some((false, "bit")),
        ValueType::Base(name) => Some((false, name)),
        ValueType::Array("text" | "varchar" | "bpchar" | "name") => Some((true, "text")),
        ValueType::Array("json" | "jsonb") => Some((true, "json")),
        ValueType::Array(name) => Some((true, name)),
        // Two enums may be the same one, created again.
        ValueType::Enum(_) => Some((false, "enum")),
        ValueType::Literal | ValueType::Unknown => None,
    };
    matches!((class(old), class(new)), (Some(old), Some(new)) if old != new)
}
