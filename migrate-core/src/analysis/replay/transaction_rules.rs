//! Finds what a server refuses in a transaction depending on the objects that exist: the use of a
//! new enum value, and the rebuilding of partitioned tables and indexes.

use std::rc::Rc;

use super::state::ReplayState;
use crate::analysis::enum_values::{Columns, literals};
use crate::analysis::model::{Detail, FileSpan, Id, Lookup, Namespace, ObjectKind};
use crate::analysis::names::Name;
use crate::chain::problem::Problem;
use crate::syntax::cursor::Cursor;
use crate::syntax::source::Span;

/// A value that this transaction has added to an enum which it did not create.
#[derive(Debug)]
pub(super) struct AddedValue {
    pub(super) of: Id,
    pub(super) label: Rc<str>,
    pub(super) place: FileSpan,
}

impl ReplayState {
    /// Checks a statement in a transaction, before it is replayed.
    pub(super) fn check_mode(&mut self, all: &Cursor<'_>) {
        if all.is_any(0, &["reindex", "cluster"]) {
            self.rebuilds_partitions(*all);
        }
        if !self.added_values.is_empty() {
            self.uses_new_value(all);
        }
    }

    /// Replays `SAVEPOINT` and `ROLLBACK TO`, which rolls back the changes in between.
    pub(super) fn savepoint(&mut self, all: &Cursor<'_>) -> bool {
        let mut rest = *all;
        if rest.take(&["savepoint"]) {
            if let Some(name) = rest.ident() {
                self.savepoints.push((name.text, self.model.mark()));
            }
            return true;
        }
        if !rest.take(&["rollback"]) {
            return false;
        }
        rest.take_any(&[&["work"], &["transaction"]]);
        if !rest.take(&["to"]) {
            return false;
        }
        rest.take(&["savepoint"]);
        let named = rest
            .ident()
            .and_then(|name| self.savepoints.iter().rposition(|(known, _)| *known == name.text));
        if let Some(at) = named {
            self.savepoints.truncate(at + 1);
            let mark = self.savepoints[at].1.clone();
            self.model.undo(mark);
            self.with_slot = None;
        }
        true
    }

    fn rebuilds_partitions(&mut self, mut rest: Cursor<'_>) {
        let is_reindex = rest.take(&["reindex"]);
        rest.take(&["cluster"]);
        rest.parentheses();
        rest.take(&["verbose"]);
        if is_reindex && !rest.take_any(&[&["table"], &["index"]]) {
            return;
        }
        let Some(name) = rest.name() else { return };
        let Lookup::Yes(id) = self.model.resolve(Namespace::Relation, &name) else { return };
        let Some(object) = self.model.get(id) else { return };
        let table = if object.class == ObjectKind::Index { object.table } else { Some(id) };
        let partitioned = table.is_some_and(|table| {
            let table = self.model.get(table).map(|table| &table.detail);
            matches!(table, Some(Detail::Table { partitioned: true, .. }))
        });
        if partitioned && table.is_some_and(|table| self.model.is_sure(table)) {
            let place = object.place;
            let verb = if is_reindex { "REINDEX" } else { "CLUSTER" };
            let statement = format!("{verb} of a partitioned table");
            self.report(Problem::NeedsNoTransaction { statement }, name.span(), "");
            self.add_related(place, "created here");
        }
    }

    fn uses_new_value(&mut self, all: &Cursor<'_>) {
        let (sql, offset) = all.source();
        let found = literals(sql, all.tokens(), offset, &mut *self);
        for literal in found {
            let added = self.added_values.iter().find(|added| {
                added.of.to_string() == literal.type_name && *added.label == *literal.value
            });
            let Some(place) = added.map(|added| added.place) else { continue };
            let value = format!("'{}'", literal.value);
            let problem = Problem::EnumValueUsed { value };
            if self.faults.iter().any(|fault| fault.problem == problem) {
                continue;
            }
            let text = "the server can't use it before the transaction has ended";
            self.report(problem, literal.span, text);
            self.add_related(place, "added here");
        }
    }

    /// The enum that is the type of a column, if both are certain.
    fn enum_of(&mut self, table: &Name, column: &str) -> Option<Id> {
        let Lookup::Yes(table) = self.model.resolve(Namespace::Relation, table) else {
            return None;
        };
        let Lookup::Yes(column) = self.model.find(Namespace::Column, Some(table), column) else {
            return None;
        };
        let object = self.model.get(column)?;
        let Detail::Column { kind: Some(kind), .. } = &object.detail else { return None };
        if kind.ends_with(']') {
            return None;
        }
        let mut enums = object
            .dependencies
            .iter()
            .map(|need| need.on)
            .filter(|id| self.model.is_sure(*id) && self.class(*id) == Some(ObjectKind::Enum));
        enums.next()
    }

    /// Records a new enum value, which cannot be used before the transaction ends, unless the
    /// transaction has created the enum as well.
    pub(super) fn note_added(&mut self, of: Id, label: &Rc<str>, span: Span) {
        let is_older = self.model.get(of).is_some_and(|kind| kind.since < self.section_start);
        if is_older && self.model.is_sure(of) && self.in_transaction && self.depth == 0 {
            let place = self.place(span);
            self.added_values.push(AddedValue { of, label: label.clone(), place });
        }
    }
}

impl Columns for &mut ReplayState {
    fn named(&mut self, name: &Name) -> Option<String> {
        let Lookup::Yes(id) = self.model.resolve(Namespace::Type, name) else { return None };
        let is_enum = self.model.is_sure(id) && self.class(id) == Some(ObjectKind::Enum);
        is_enum.then(|| id.to_string())
    }

    fn type_of(&mut self, table: &Name, column: &str) -> Option<String> {
        self.enum_of(table, column).map(|id| id.to_string())
    }

    fn all(&mut self, table: &Name) -> Option<Vec<Rc<str>>> {
        let Lookup::Yes(table) = self.model.resolve(Namespace::Relation, table) else {
            return None;
        };
        let is_table = self.model.get(table)?.class == ObjectKind::Table;
        self.model.ordered_columns(table).filter(|_| is_table)
    }
}
