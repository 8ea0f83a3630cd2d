//! The columns of a relation or a query, as far as they are known.

use std::rc::Rc;

use crate::analysis::names::Ident;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::analysis) struct Columns {
    /// `None` stands for a column whose name is unknown.
    pub(in crate::analysis) names: Vec<Option<Rc<str>>>,
    /// Whether these are all columns, in this order.
    pub(in crate::analysis) is_whole: bool,
}

impl Columns {
    pub(super) fn unknown() -> Self {
        Columns { names: Vec::new(), is_whole: false }
    }

    pub(super) fn of(names: impl IntoIterator<Item = Rc<str>>) -> Self {
        Columns { names: names.into_iter().map(Some).collect(), is_whole: true }
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
        self.names.extend(more.names.iter().cloned());
    }

    /// The names, if all are known.
    pub(in crate::analysis) fn known(&self) -> Option<Vec<Rc<str>>> {
        let names: Option<Vec<Rc<str>>> = self.names.iter().cloned().collect();
        names.filter(|_| self.is_whole)
    }
}
