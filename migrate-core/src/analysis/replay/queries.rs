//! The names in queries, in expressions of tables, and in the bodies of functions in SQL: what a server would
//! refuse of them.

use std::collections::HashSet;
use std::rc::Rc;

use super::state::{ReplayState, Target};
use crate::analysis::cursor::Cursor;
use crate::analysis::model::{Id, Object, ObjectKind};
use crate::analysis::names::{Ident, Name};
use crate::analysis::query::{
    Columns, Finding, Item, Parameters, Resolver, Source, read_expression, read_query,
};
use crate::analysis::statement::CreateView;
use crate::chain::problem::Problem;
use crate::syntax::source::Span;
use crate::syntax::suggest::did_you_mean;

/// So many mistakes are told of one query.
const MOST_TOLD: usize = 50;

impl ReplayState {
    /// Whether mistakes in queries are looked for: nobody wants to hear of those of deployed revisions, and what
    /// is in a body may never run.
    pub(super) fn checks_queries(&self) -> bool {
        self.is_pending && self.depth == 0
    }

    /// Says what is wrong with the names in a query; whether the query was understood.
    pub(super) fn check_query(&mut self, text: &Cursor<'_>) -> bool {
        self.check_query_with(text, Vec::new(), None, None)
    }

    /// The same of a query that can name more than what is in it.
    fn check_query_with(
        &mut self,
        text: &Cursor<'_>,
        around: Vec<Item>,
        parameters: Option<Parameters>,
        instead: Option<Span>,
    ) -> bool {
        let Some((tree, query)) = read_query(text) else { return false };
        let mut resolver = Resolver::new(&mut self.model, &tree, around, parameters);
        resolver.query(query);
        let (found, calls) = resolver.finish();
        self.report_all(found, instead);
        // What is said of a text that does not stand in the file has no place of its own.
        if instead.is_none() {
            self.check_calls(&calls, false);
        }
        true
    }

    /// An expression that can name these.
    fn check_around(
        &mut self,
        text: &Cursor<'_>,
        around: Vec<Item>,
        parameters: Option<Parameters>,
        immutable: bool,
    ) {
        let Some((tree, expression)) = read_expression(text) else { return };
        let mut resolver = Resolver::new(&mut self.model, &tree, around, parameters);
        resolver.expression(expression);
        let (found, calls) = resolver.finish();
        self.report_all(found, None);
        self.check_calls(&calls, immutable);
    }

    /// An expression of a table's, and whether all that it calls has to be immutable.
    pub(super) fn check_expression(&mut self, table: Target, text: &Cursor<'_>, immutable: bool) {
        let Some(name) = self.model.get(table.id).map(|table| table.name.clone()) else { return };
        let around = vec![Item::new(Some(name), source(table))];
        self.check_around(text, around, None, immutable);
    }

    /// A default, which can name no column.
    pub(super) fn check_default(&mut self, text: &Cursor<'_>) {
        let Some((tree, expression)) = read_expression(text) else { return };
        let mut resolver = Resolver::new(&mut self.model, &tree, Vec::new(), None);
        resolver.expression(expression);
        let (_, calls) = resolver.finish();
        self.check_calls(&calls, false);
    }

    /// `USING` and `WITH CHECK` of a policy.
    pub(super) fn check_policy(&mut self, table: Target, rest: &Cursor<'_>) {
        for words in [&["using"][..], &["with", "check"]] {
            if let Some(text) = rest.after(words).and_then(|mut rest| rest.parentheses()) {
                self.check_expression(table, &text, false);
            }
        }
    }

    /// `ALTER POLICY`.
    pub(super) fn check_altered_policy(&mut self, all: &Cursor<'_>) {
        let Some(mut rest) = all.after(&["on"]) else { return };
        let Some(table) = rest.name() else { return };
        if let Some(table) = self.relation(&table, "table", false) {
            self.check_policy(table, &rest);
        }
    }

    /// `WHEN (…)` of a trigger.
    pub(super) fn check_trigger(&mut self, table: Target, rest: &Cursor<'_>) {
        let text = rest.after(&["when"]).and_then(|mut rest| rest.parentheses());
        let row = |name: &str| Item::new(Some(name.into()), source(table));
        if let Some(text) = text {
            self.check_around(&text, vec![row("old"), row("new")], None, false);
        }
    }

    /// What a rule does.
    pub(super) fn check_rule(&mut self, table: Target, rest: &Cursor<'_>) {
        let Some(mut action) = rest.after(&["do"]) else { return };
        action.take_any(&[&["also"], &["instead"]]);
        let actions = match action.parentheses() {
            Some(inner) => inner.split_at_sign(";"),
            None => vec![action],
        };
        for action in actions {
            let row = |name: &str| Item::qualified(name.into(), source(table));
            self.check_query_with(&action, vec![row("old"), row("new")], None, None);
        }
    }

    /// A statement of a function in SQL, as the server reads it when it makes the function.
    pub(super) fn check_body_statement(
        &mut self,
        text: &Cursor<'_>,
        parameters: &Parameters,
        instead: Option<Span>,
    ) {
        self.check_query_with(text, Vec::new(), Some(parameters.clone()), instead);
    }

    /// `RETURN a + b` of such a function.
    pub(super) fn check_body_expression(&mut self, text: &Cursor<'_>, parameters: &Parameters) {
        self.check_around(text, Vec::new(), Some(parameters.clone()), false);
    }

    /// The columns that a query gives to a view or a table, where all are known, and nothing is wrong with it.
    pub(super) fn columns_of_query(
        &mut self,
        text: &Cursor<'_>,
        names: &[Ident],
        itself: Option<&Rc<str>>,
    ) -> Option<Vec<Rc<str>>> {
        let (tree, query) = read_query(&without_tail(text))?;
        let mut resolver = Resolver::new(&mut self.model, &tree, Vec::new(), None);
        if let Some(view) = itself {
            let own = names.iter().map(|name| Some(name.text.clone())).collect();
            resolver.with_cte(view, Columns { names: own, is_whole: true });
        }
        let columns = resolver.query(query);
        let (found, calls) = resolver.finish();
        let is_right = found.is_empty();
        if self.checks_queries() {
            self.report_all(found, None);
            self.check_calls(&calls, false);
        }
        let known = columns.known().filter(|known| is_right && names.len() <= known.len())?;
        let renamed = Columns { names: known.into_iter().map(Some).collect(), is_whole: true };
        let known = renamed.renamed(names).known()?;
        let mut seen = HashSet::new();
        known.iter().all(|name| seen.insert(name.clone())).then_some(known)
    }

    /// The columns that the query of a view gives it.
    pub(super) fn columns_of_view(&mut self, view: &CreateView<'_>) -> Option<Vec<Rc<str>>> {
        let own: Rc<str> = view.name.last().into();
        let itself = view.recursive.then_some(&own);
        self.columns_of_query(&view.query, &view.columns, itself)
    }

    /// Gives a new relation the columns of its query.
    pub(super) fn add_columns(&mut self, relation: Id, names: &[Rc<str>], span: Span) {
        let place = self.place(span);
        for name in names {
            let detail = crate::analysis::model::Detail::Column {
                kind: None,
                not_null: None,
                changed: place,
            };
            let column = Object::new(ObjectKind::Column, name.clone(), Some(relation), place);
            self.model.add(column.with(detail));
        }
    }

    /// Says what was found; each name once. `instead` is where, if the text does not stand in the file as it is.
    fn report_all(&mut self, found: Vec<Finding>, instead: Option<Span>) {
        let mut seen: Vec<Finding> = Vec::new();
        for mut finding in found {
            if let Some(span) = instead {
                move_to(&mut finding, span);
            }
            let is_told = seen.iter().any(|told| is_same(told, &finding));
            if !is_told && seen.len() < MOST_TOLD {
                seen.push(finding.clone());
                self.tell(finding);
            }
        }
    }

    fn tell(&mut self, finding: Finding) {
        match finding {
            Finding::Relation(name) => {
                // The table that is changed has been looked for already.
                if !self.faults.iter().any(|fault| fault.span == name.span()) {
                    self.relation(&name, "table", false);
                }
            }
            Finding::Column { name, table: Some(table), .. }
            | Finding::TargetColumn { table, name } => {
                if let Some(class) = self.class(table) {
                    self.column(Target { id: table, class }, &name);
                }
            }
            Finding::Column { name, qualifier, table: None, candidates } => {
                let shown = match qualifier {
                    Some(qualifier) => format!("{qualifier}.{name}"),
                    None => name.to_string(),
                };
                self.report_missing("column", &shown, name.span, None, &candidates);
            }
            Finding::From { name, candidates } => {
                let near = did_you_mean(&name.text, candidates.iter().map(AsRef::as_ref));
                let suggestion = near.map(str::to_owned);
                let what = format!("FROM-clause entry for table `{name}`");
                self.report(Problem::Missing { what, suggestion }, name.span, "not in FROM");
            }
            Finding::Ambiguous(name) => {
                let problem = Problem::AmbiguousColumn { column: name.to_string() };
                self.report(problem, name.span, "more than one table has it");
            }
            Finding::Repeated(name) => {
                let problem = Problem::RepeatedColumn { column: name.to_string() };
                self.report(problem, name.span, "named again here");
            }
            Finding::ValueCount { columns, values, span } => {
                self.report(Problem::ValueCount { columns, values }, span, "");
            }
            Finding::Generated(name) => {
                let problem = Problem::GeneratedColumn { column: name.to_string() };
                self.report(problem, name.span, "");
            }
        }
    }

    /// `GRANT SELECT (a, b) ON t`, and `REVOKE`: the columns.
    pub(super) fn check_grant(&mut self, all: &Cursor<'_>) {
        let Some(mut tables) = all.after(&["on"]) else { return };
        let privileges = all.before(tables.len() + 1);
        let mut columns = Vec::new();
        for mut part in privileges.split() {
            while !part.is_empty() && !part.is_sign(0, "(") {
                part.skip(1);
            }
            columns.extend(part.column_list().unwrap_or_default());
        }
        if columns.is_empty() {
            return;
        }
        tables.take(&["table"]);
        let Some(names) = tables.names() else { return };
        for name in names {
            let Some(table) = self.relation(&name, "table", false) else { continue };
            for column in &columns {
                self.column(table, column);
            }
        }
    }

    /// `COPY t (a, b)`: the columns.
    pub(super) fn check_copy(&mut self, all: &Cursor<'_>, table: &Name) {
        let mut rest = *all;
        while !rest.is_empty() && !rest.is_sign(0, "(") {
            if rest.is_any(0, &["from", "to"]) {
                return;
            }
            rest.skip(1);
        }
        let Some(columns) = rest.column_list() else { return };
        let Some(table) = self.relation(table, "table", false) else { return };
        for column in &columns {
            self.column(table, column);
        }
    }
}

/// Where the columns of a table come from, if it is of a class whose columns are followed.
fn source(table: Target) -> Source {
    match table.class {
        ObjectKind::Table
        | ObjectKind::ForeignTable
        | ObjectKind::View
        | ObjectKind::MaterializedView => Source::Table(table.id),
        _ => Source::Unknown,
    }
}

/// A query without what says how the view or the table is made: `WITH NO DATA`, `WITH CHECK OPTION`.
fn without_tail<'s>(text: &Cursor<'s>) -> Cursor<'s> {
    let tails: [&[&str]; 5] = [
        &["with", "no", "data"],
        &["with", "data"],
        &["with", "check", "option"],
        &["with", "cascaded", "check", "option"],
        &["with", "local", "check", "option"],
    ];
    for words in tails {
        let mut end = *text;
        end.skip(text.len().saturating_sub(words.len()));
        if end.len() == words.len() && end.starts(words) {
            return text.before(words.len());
        }
    }
    *text
}

/// Whether two findings are of one mistake.
fn is_same(a: &Finding, b: &Finding) -> bool {
    match (a, b) {
        (Finding::Relation(a), Finding::Relation(b)) => a.to_string() == b.to_string(),
        (
            Finding::Column { name: a, qualifier: of_a, .. },
            Finding::Column { name: b, qualifier: of_b, .. },
        ) => a.text == b.text && of_a.as_ref().map(|q| &q.text) == of_b.as_ref().map(|q| &q.text),
        (Finding::From { name: a, .. }, Finding::From { name: b, .. })
        | (Finding::Ambiguous(a), Finding::Ambiguous(b)) => a.text == b.text,
        _ => a == b,
    }
}

fn move_to(finding: &mut Finding, to: Span) {
    match finding {
        Finding::Relation(name) => name.parts.iter_mut().for_each(|part| part.span = to),
        Finding::Column { name, .. }
        | Finding::From { name, .. }
        | Finding::TargetColumn { name, .. }
        | Finding::Ambiguous(name)
        | Finding::Repeated(name)
        | Finding::Generated(name) => name.span = to,
        Finding::ValueCount { span, .. } => *span = to,
    }
}
