//! Checks a query of a program against the objects that exist after some of the upgrades.

use std::rc::Rc;

use super::state::{Fault, ReplayState};
use crate::analysis::names::Name;
use crate::analysis::query::{Finding, Resolver, Use, read_query};
use crate::analysis::statement::{self, Statement};
use crate::analysis::typing::ValueType;
use crate::syntax::cursor::Cursor;
use crate::syntax::statements::{Statement as SqlStatement, split_statements};

/// What is known of a query.
#[derive(Debug, Default)]
pub(in crate::analysis) struct CheckedQuery {
    /// The errors that a server would report. Their spans are those of the query's text.
    pub(in crate::analysis) faults: Vec<Fault>,
    pub(in crate::analysis) uses: Vec<Use>,
    /// The functions that it calls, without their schemas.
    pub(in crate::analysis) calls: Vec<Rc<str>>,
    /// The names and types of the columns of its result, if all are known.
    pub(in crate::analysis) columns: Option<Vec<(Option<Rc<str>>, ValueType)>>,
    /// Why the query, or a part of it, is not checked.
    pub(in crate::analysis) not_checked: Option<String>,
}

impl CheckedQuery {
    fn not(why: impl Into<String>) -> Self {
        CheckedQuery { not_checked: Some(why.into()), ..CheckedQuery::default() }
    }
}

impl ReplayState {
    /// Checks a query, or several. The state stays as it is.
    pub(in crate::analysis) fn check_program(&mut self, sql: &str) -> CheckedQuery {
        let statements = split_statements(sql);
        let readable = |text: &SqlStatement| {
            let all = Cursor::new(sql, &text.tokens, 0);
            is_query(&statement::read(sql, text, 0), &all)
        };
        if statements.is_empty() {
            return CheckedQuery::not("it is empty");
        }
        if !statements.iter().all(readable) {
            return CheckedQuery::not(match statements.len() {
                1 => "only queries and changes of data are checked",
                _ => "it has several statements, and not all are queries or changes of data",
            });
        }
        let (mark, version) = (self.model.mark(), self.model.version());
        let path = self.model.path.clone();
        let saved = (self.is_pending, self.depth, self.within.take(), self.statement);
        let told = std::mem::take(&mut self.faults);
        self.model.reset_path();
        (self.is_pending, self.depth) = (true, 0);
        let mut checked = CheckedQuery::default();
        for statement in &statements {
            self.statement = statement.span;
            let all = Cursor::new(sql, &statement.tokens, 0);
            let found = match statement::read(sql, statement, 0) {
                Statement::Query { writes: Some(table), .. } if all.is_any(0, &TABLES_ONLY) => {
                    self.relation(&table, "table", false);
                    self.check_copy(&all, &table);
                    Some(CheckedQuery::default())
                }
                Statement::Query { rest, .. } => self.program_query(&rest),
                _ => None,
            };
            let Some(found) = found else {
                checked.not_checked = Some("it is not understood".to_owned());
                continue;
            };
            checked.uses.extend(found.uses);
            checked.calls.extend(found.calls);
            checked.columns = found.columns;
            checked.not_checked = checked.not_checked.or(found.not_checked);
        }
        checked.faults = std::mem::replace(&mut self.faults, told);
        (self.is_pending, self.depth, self.within, self.statement) = saved;
        if self.model.version() != version {
            self.model.undo(mark);
        }
        self.model.path = path;
        checked
    }

    fn program_query(&mut self, text: &Cursor<'_>) -> Option<CheckedQuery> {
        let (tree, query) = read_query(text)?;
        let trust = self.trust();
        let mut resolver =
            Resolver::new(&mut self.model, &tree, Vec::new(), None).trusting(trust).running(true);
        let columns = resolver.query(query).settled();
        let (uses, mut unknown) = (resolver.uses(), resolver.unknown_relations());
        let (mut found, calls) = resolver.finish();
        found.retain(|one| match one {
            Finding::Relation(name) if is_of_migrate(name) => {
                unknown.push(name.clone());
                false
            }
            _ => true,
        });
        self.report_all(found, None);
        self.check_calls(&calls, false);
        let named = |(nth, name): (usize, &Option<Rc<str>>)| (name.clone(), columns.kind(nth));
        let known = columns.is_whole && !columns.names.is_empty();
        Some(CheckedQuery {
            uses,
            calls: calls.iter().map(|call| call.name.last().into()).collect(),
            columns: known.then(|| columns.names.iter().enumerate().map(named).collect()),
            not_checked: unknown.first().map(unknown_relation),
            faults: Vec::new(),
        })
    }
}

/// Statements of which only the table and its columns are checked.
const TABLES_ONLY: [&str; 2] = ["copy", "truncate"];

fn is_query(read: &Statement<'_>, all: &Cursor<'_>) -> bool {
    let is_other = all.is_any(0, &["call", "refresh"]);
    matches!(read, Statement::Query { .. }) && !is_other
}

/// Whether it may be one of our own tables, which the chain does not create.
fn is_of_migrate(name: &Name) -> bool {
    name.last().starts_with("migrate_")
}

fn unknown_relation(name: &Name) -> String {
    format!("`{name}` is not known: the chain does not create it")
}
