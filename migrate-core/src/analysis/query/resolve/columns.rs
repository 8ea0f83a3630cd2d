//! The columns of a relation or a query, as far as they are known.

use std::rc::Rc;

use crate::analysis::names::Ident;
use crate::analysis::typing::{TEXT, ValueType};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::analysis) struct Columns {
    /// `None` stands for a column whose name is unknown.
    pub(in crate::analysis) names: Vec<Option<Rc<str>>>,
    /// Their types; those of the last ones may be left out.
    kinds: Vec<ValueType>,
    /// Whether these are all columns, in this order.
    pub(in crate::analysis) is_whole: bool,
}

impl Columns {
    pub(super) fn unknown() -> Self {
        Columns { is_whole: false, ..Columns::empty() }
    }

    /// No columns.
    pub(super) fn empty() -> Self {
        Columns { names: Vec::new(), kinds: Vec::new(), is_whole: true }
    }

    /// Columns of which only the names are known.
    pub(in crate::analysis) fn of(names: impl IntoIterator<Item = Rc<str>>) -> Self {
        Columns { names: names.into_iter().map(Some).collect(), ..Columns::empty() }
    }

    pub(super) fn push(&mut self, name: Option<Rc<str>>, kind: ValueType) {
        self.kinds.resize(self.names.len(), ValueType::Unknown);
        self.names.push(name);
        self.kinds.push(kind);
    }

    /// The type of the n-th column.
    pub(in crate::analysis) fn kind(&self, nth: usize) -> ValueType {
        self.kinds.get(nth).copied().unwrap_or(ValueType::Unknown)
    }

    /// The type of the column with this name.
    pub(super) fn kind_of(&self, name: &str) -> ValueType {
        let at = self.names.iter().position(|column| column.as_deref() == Some(name));
        at.map_or(ValueType::Unknown, |at| self.kind(at))
    }

    pub(super) fn set_kind(&mut self, nth: usize, kind: ValueType) {
        self.kinds.resize(self.names.len(), ValueType::Unknown);
        if let Some(known) = self.kinds.get_mut(nth) {
            *known = kind;
        }
    }

    /// The same, with the type that the server gives to strings without one in the end.
    pub(in crate::analysis) fn settled(&self) -> Self {
        let mut columns = self.clone();
        for kind in columns.kinds.iter_mut().filter(|kind| **kind == ValueType::Literal) {
            *kind = TEXT;
        }
        columns
    }

    /// The number of columns with a name, and whether further columns may have it.
    pub(super) fn count(&self, name: &str) -> (usize, bool) {
        let has = |column: &&Option<Rc<str>>| column.as_deref() == Some(name);
        let count = self.names.iter().filter(has).count();
        (count, !self.is_whole || self.names.iter().any(Option::is_none))
    }

    /// Renames the first columns to the column aliases.
    pub(in crate::analysis) fn renamed(&self, aliases: &[Ident]) -> Self {
        let mut columns = self.clone();
        for (at, alias) in aliases.iter().enumerate() {
            match columns.names.get_mut(at) {
                Some(name) => *name = Some(alias.text.clone()),
                None => columns.names.push(Some(alias.text.clone())),
            }
        }
        columns
    }

    pub(super) fn extend(&mut self, more: &Columns) {
        self.is_whole &= more.is_whole;
        for (nth, name) in more.names.iter().enumerate() {
            self.push(name.clone(), more.kind(nth));
        }
    }

    /// The names, if all are known.
    pub(in crate::analysis) fn known(&self) -> Option<Vec<Rc<str>>> {
        let names: Option<Vec<Rc<str>>> = self.names.iter().cloned().collect();
        names.filter(|_| self.is_whole)
    }
}
