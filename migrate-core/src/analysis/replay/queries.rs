//! Checks the names in queries, in expressions of tables and in the bodies of SQL functions against
//! what a server would refuse.

use std::collections::HashSet;
use std::rc::Rc;

use super::state::{ReplayState, Target};
use crate::analysis::model::{Detail, Id, Namespace, Object, ObjectKind};
use crate::analysis::names::{Ident, Name};
use crate::analysis::query::{
    Columns, Finding, Item, Parameters, Resolver, Source, Trust, read_expression, read_query,
};
use crate::analysis::statement::CreateView;
use crate::analysis::typing::ValueType;
use crate::chain::problem::Problem;
use crate::syntax::cursor::Cursor;
use crate::syntax::source::Span;
use crate::syntax::suggest::did_you_mean;

/// The largest number of errors reported for one query.
const MOST_TOLD: usize = 50;

/// What an expression is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Value,
    /// All functions must be immutable.
    Immutable,
    /// It must be true or false; the clause that it is in.
    Condition(&'static str),
}

impl ReplayState {
    /// Whether queries are checked. Errors in deployed revisions are not reported, and the body of
    /// a block may never run.
    pub(super) fn checks_queries(&self) -> bool {
        self.is_pending && self.depth == 0
    }

    /// Reports the errors of the names in a query. Returns whether the query was understood.
    pub(super) fn check_query(&mut self, text: &Cursor<'_>) -> bool {
        self.check_query_with(text, Vec::new(), None, None)
    }

    /// The same for a query that can refer to names outside of it.
    fn check_query_with(
        &mut self,
        text: &Cursor<'_>,
        around: Vec<Item>,
        parameters: Option<Parameters>,
        instead: Option<Span>,
    ) -> bool {
        let Some((tree, query)) = read_query(text) else { return false };
        let trust = self.trust();
        // Not the action of a rule, and not in a function.
        let runs = around.is_empty() && parameters.is_none();
        let mut resolver =
            Resolver::new(&mut self.model, &tree, around, parameters).trusting(trust).running(runs);
        resolver.query(query);
        let (found, calls) = resolver.finish();
        self.report_all(found, instead);
        // A text that the file does not contain literally has no position of its own.
        if instead.is_none() {
            self.check_calls(&calls, false);
        }
        true
    }

    /// Checks an expression that can refer to these names.
    fn check_around(
        &mut self,
        text: &Cursor<'_>,
        around: Vec<Item>,
        parameters: Option<Parameters>,
        role: Role,
    ) {
        let Some((tree, expression)) = read_expression(text) else { return };
        let trust = self.trust();
        let mut resolver =
            Resolver::new(&mut self.model, &tree, around, parameters).trusting(trust);
        match role {
            Role::Condition(clause) => resolver.is_true(expression, clause),
            Role::Value | Role::Immutable => resolver.expression(expression),
        }
        let immutable = role == Role::Immutable;
        let (found, calls) = resolver.finish();
        self.report_all(found, None);
        self.check_calls(&calls, immutable);
    }

    /// Checks an expression of a table.
    pub(super) fn check_expression(&mut self, table: Target, text: &Cursor<'_>, role: Role) {
        let Some(name) = self.model.get(table.id).map(|table| table.name.clone()) else { return };
        let around = vec![Item::new(Some(name), source(table))];
        self.check_around(text, around, None, role);
    }

    /// Checks a default, which cannot refer to columns.
    pub(super) fn check_default(&mut self, text: &Cursor<'_>) {
        let Some((tree, expression)) = read_expression(text) else { return };
        let trust = self.trust();
        let mut resolver = Resolver::new(&mut self.model, &tree, Vec::new(), None).trusting(trust);
        resolver.expression(expression);
        let (mut found, calls) = resolver.finish();
        for one in &mut found {
            if let Finding::Column { name, .. } = one {
                let message = format!("a default can't refer to a column: `{name}`");
                let instead = "write a constant or a call; a string stands in single quotes";
                let (instead, span) = (instead.to_owned(), name.span);
                *one = Finding::Invalid { message, instead, span };
            }
        }
        let is_certain = |one: &Finding| {
            matches!(
                one,
                Finding::Mismatch { .. } | Finding::Invalid { .. } | Finding::EnumValue { .. }
            )
        };
        found.retain(is_certain);
        self.report_all(found, None);
        self.check_calls(&calls, false);
    }

    /// The type of a default, if it is certain.
    pub(super) fn kind_of_default(&mut self, text: &Cursor<'_>) -> ValueType {
        self.certain_kind(text, Vec::new())
    }

    /// Checks the types in `ALTER COLUMN … USING`, and returns that of the result, if it is certain.
    pub(super) fn kind_of_using(&mut self, table: Target, text: &Cursor<'_>) -> ValueType {
        let Some(name) = self.model.get(table.id).map(|table| table.name.clone()) else {
            return ValueType::Unknown;
        };
        self.certain_kind(text, vec![Item::new(Some(name), source(table))])
    }

    fn certain_kind(&mut self, text: &Cursor<'_>, around: Vec<Item>) -> ValueType {
        let trust = self.trust();
        let is_checked = trust.casts && trust.operators && trust.functions && self.checks_queries();
        let Some((tree, expression)) = read_expression(text).filter(|_| is_checked) else {
            return ValueType::Unknown;
        };
        // Of a default, these have been reported.
        let is_reported = around.is_empty();
        let mut resolver = Resolver::new(&mut self.model, &tree, around, None).trusting(trust);
        resolver.expression(expression);
        let kind = resolver.kind(expression);
        let (found, _) = resolver.finish();
        // The server resolves the names before the statement changes anything.
        let is_of_type =
            |one: &Finding| matches!(one, Finding::Mismatch { .. } | Finding::EnumValue { .. });
        if !found.iter().all(is_of_type) {
            return ValueType::Unknown;
        }
        if !is_reported {
            self.report_all(found, None);
        }
        kind
    }

    /// Checks `USING` and `WITH CHECK` of a policy.
    pub(super) fn check_policy(&mut self, table: Target, rest: &Cursor<'_>) {
        for words in [&["using"][..], &["with", "check"]] {
            if let Some(text) = rest.after(words).and_then(|mut rest| rest.parentheses()) {
                self.check_expression(table, &text, Role::Condition("a policy"));
            }
        }
    }

    /// Checks `ALTER POLICY`.
    pub(super) fn check_altered_policy(&mut self, all: &Cursor<'_>) {
        let Some(mut rest) = all.after(&["on"]) else { return };
        let Some(table) = rest.name() else { return };
        if let Some(table) = self.relation(&table, "table", false) {
            self.check_policy(table, &rest);
        }
    }

    /// Checks `WHEN (…)` of a trigger.
    pub(super) fn check_trigger(&mut self, table: Target, rest: &Cursor<'_>) {
        let text = rest.after(&["when"]).and_then(|mut rest| rest.parentheses());
        let row = |name: &str| Item::new(Some(name.into()), source(table));
        if let Some(text) = text {
            self.check_around(&text, vec![row("old"), row("new")], None, Role::Condition("WHEN"));
        }
    }

    /// Checks the actions of a rule.
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

    /// Checks a statement in the body of an SQL function, as the server does when the function is
    /// created.
    pub(super) fn check_body_statement(
        &mut self,
        text: &Cursor<'_>,
        parameters: &Parameters,
        instead: Option<Span>,
    ) {
        self.check_query_with(text, Vec::new(), Some(parameters.clone()), instead);
    }

    /// Checks `RETURN a + b` in such a function.
    pub(super) fn check_body_expression(&mut self, text: &Cursor<'_>, parameters: &Parameters) {
        self.check_around(text, Vec::new(), Some(parameters.clone()), Role::Value);
    }

    /// The columns that a query gives to a view or a table, if all are known and the query has no
    /// errors.
    pub(super) fn columns_of_query(
        &mut self,
        text: &Cursor<'_>,
        names: &[Ident],
        itself: Option<&Rc<str>>,
    ) -> Option<Vec<(Rc<str>, ValueType)>> {
        let (tree, query) = read_query(&without_tail(text))?;
        let trust = self.trust();
        let mut resolver = Resolver::new(&mut self.model, &tree, Vec::new(), None).trusting(trust);
        if let Some(view) = itself {
            let own = names.iter().map(|name| name.text.clone());
            resolver.with_cte(view, Columns::of(own));
        }
        let columns = resolver.query(query);
        let (found, calls) = resolver.finish();
        let is_right = found.is_empty();
        if self.checks_queries() {
            self.report_all(found, None);
            self.check_calls(&calls, false);
        }
        let known = columns.known().filter(|known| is_right && names.len() <= known.len())?;
        let known = Columns::of(known).renamed(names).known()?;
        let mut seen = HashSet::new();
        let is_clear = known.iter().all(|name| seen.insert(name.clone()));
        let columns = columns.settled();
        let kinds = known.into_iter().enumerate().map(|(nth, name)| (name, columns.kind(nth)));
        is_clear.then(|| kinds.collect())
    }

    /// The columns that a view gets from its query.
    pub(super) fn columns_of_view(
        &mut self,
        view: &CreateView<'_>,
    ) -> Option<Vec<(Rc<str>, ValueType)>> {
        let own: Rc<str> = view.name.last().into();
        let itself = view.recursive.then_some(&own);
        self.columns_of_query(&view.query, &view.columns, itself)
    }

    /// Adds the columns of its query to a new relation.
    pub(super) fn add_columns(
        &mut self,
        relation: Id,
        columns: &[(Rc<str>, ValueType)],
        span: Span,
    ) {
        let place = self.place(span);
        let is_view = !matches!(self.class(relation), Some(ObjectKind::Table));
        for (name, value) in columns {
            // A table's column has the modifiers of what it comes from.
            let shown = value.stored().filter(|_| is_view || !value.has_modifiers());
            let kind = shown.map(Rc::from);
            let detail = Detail::Column { kind, not_null: None, changed: place };
            let column = Object::new(ObjectKind::Column, name.clone(), Some(relation), place);
            self.model.add(column.with(detail));
        }
    }

    /// Whose operators, functions and casts can apply to PostgreSQL's own types.
    pub(super) fn trust(&self) -> Trust {
        let is_known = !self.model.is_open(Namespace::Routine) && !self.may_be_extended();
        Trust {
            operators: is_known && self.operators.is_empty() && !self.has_casts,
            functions: is_known && self.is_path_usual() && !self.has_casts,
            casts: is_known && !self.has_casts,
        }
    }

    /// Reports errors, once for each name. `instead` is the position to use if the file does not
    /// contain the text literally.
    pub(super) fn report_all(&mut self, found: Vec<Finding>, instead: Option<Span>) {
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
                // The target table has already been looked up.
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
            Finding::Mismatch { message, instead, span } => {
                self.report(Problem::TypeMismatch { message, instead }, span, "");
            }
            Finding::Invalid { message, instead, span } => {
                self.report(Problem::InvalidQuery { message, instead }, span, "");
            }
            Finding::EnumValue { of, value, span } => {
                if self.model.get(of).is_some_and(|object| !object.is_old) {
                    self.must_have_value(of, &value, span);
                }
            }
            Finding::Generated(name) => {
                let problem = Problem::GeneratedColumn { column: name.to_string() };
                self.report(problem, name.span, "");
            }
        }
    }

    /// Checks the columns in `GRANT SELECT (a, b) ON t` and `REVOKE`.
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

    /// Checks the columns in `COPY t (a, b)`.
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

/// The source of a table's columns, if they are tracked for its kind.
fn source(table: Target) -> Source {
    match table.class {
        ObjectKind::Table
        | ObjectKind::ForeignTable
        | ObjectKind::View
        | ObjectKind::MaterializedView => Source::Table(table.id),
        _ => Source::Unknown,
    }
}

/// A query without the clauses of the view or table around it: `WITH NO DATA`, `WITH CHECK OPTION`.
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

/// Whether two findings describe the same mistake.
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
        Finding::ValueCount { span, .. }
        | Finding::Mismatch { span, .. }
        | Finding::Invalid { span, .. }
        | Finding::EnumValue { span, .. } => *span = to,
    }
}
