//! Parses `INSERT`.

use super::reader::Reader;
use super::tree::{Conflict, Insert, Target};

impl Reader<'_> {
    /// Parses what follows `INSERT INTO`.
    pub(super) fn insert(&mut self) -> Option<Insert> {
        let table = self.qualified()?;
        let alias = if self.take(&["as"]) { Some(self.name()?) } else { None };
        let target = Target { table, alias };
        let has_columns = self.rest.is_sign(0, "(") && !self.opens_query(0);
        let columns = if has_columns { self.target_columns()? } else { Vec::new() };
        let overriding = self
            .rest
            .take_any(&[&["overriding", "system", "value"], &["overriding", "user", "value"]]);
        let start = self.rest;
        let source = if self.take(&["default", "values"]) { None } else { Some(self.query()?) };
        let source_span = self.since(start);
        let conflict = if self.take(&["on", "conflict"]) { Some(self.conflict()?) } else { None };
        let returning = self.returning()?;
        Some(Insert { target, columns, overriding, source, source_span, conflict, returning })
    }

    /// Parses what follows `ON CONFLICT`.
    fn conflict(&mut self) -> Option<Conflict> {
        let mut conflict = Conflict::default();
        if self.take(&["on", "constraint"]) {
            self.name()?;
        } else if self.take_sign("(") {
            loop {
                conflict.arbiter.push(self.expression()?);
                // An operator class.
                if self.is_name(0) {
                    self.qualified()?;
                }
                if !self.take_sign(",") {
                    break;
                }
            }
            self.need_sign(")")?;
            if self.take(&["where"]) {
                conflict.arbiter.push(self.expression()?);
            }
        }
        self.need(&["do"])?;
        if self.take(&["nothing"]) {
            return Some(conflict);
        }
        self.need(&["update", "set"])?;
        conflict.set = self.assignments()?;
        conflict.condition = self.condition()?;
        Some(conflict)
    }
}
