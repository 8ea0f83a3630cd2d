//! Finds functions that run without an explicit call: those of operators and casts, and those
//! written as a field of a row.

use std::rc::Rc;

use super::state::ReplayState;
use crate::analysis::statement::{HOLE, Routine, Statement, calls, canonical, is_built_in, read};
use crate::syntax::cursor::Cursor;
use crate::syntax::statements;

/// The key for the bodies of functions whose names are only known at run time.
const ANY_FUNCTION: &str = "\u{E000}";
pub(super) const ANY_TRIGGER: &str = "\u{E000}trigger";

impl ReplayState {
    /// The functions that a text runs, by their names without a schema.
    pub(super) fn called_in(&self, text: &Cursor<'_>) -> Vec<Rc<str>> {
        let mut found: Vec<Rc<str>> = calls(text).iter().map(|name| name.last().into()).collect();
        let is_active = |name: &&Rc<str>| self.active.contains_key(*name);
        // A computed string may have created a function of any name.
        if !found.is_empty()
            && let Some((any, _)) = self.active.get_key_value(ANY_FUNCTION)
        {
            found.push(any.clone());
        }
        // A cast may be implicit.
        found.extend(self.casts.iter().filter(is_active).cloned());
        if self.operators.is_empty() && self.of_rows.is_empty() {
            return found;
        }
        for at in 0..text.len() {
            let Some(token) = text.token(at) else { continue };
            if let Some(behind) = self.operators.get(text.text(token)) {
                found.extend(behind.iter().filter(is_active).cloned());
            }
            // `t.f` means `f(t)`, unless `f` is a column.
            if text.is_sign(at, ".")
                && !text.is_sign(at + 2, "(")
                && let Some(field) = text.token(at + 1).and_then(|field| text.ident_of(field))
            {
                found.extend(self.of_rows.get(&field.text).cloned());
            }
        }
        found
    }

    /// Records the function of a `CREATE OPERATOR` or `CREATE CAST`.
    pub(super) fn note_hidden(&mut self, all: &Cursor<'_>) {
        self.note_methods(all);
        let mut rest = *all;
        if rest.take(&["create", "operator"]) {
            while rest.ident().is_some() && rest.take_sign(".") {}
            let Some(sign) = rest.next().map(|sign| Rc::<str>::from(rest.text(sign))) else {
                return;
            };
            let options = rest.parentheses().map(|inner| inner.split()).unwrap_or_default();
            for mut option in options {
                let is_function = option.take_any(&[&["function"], &["procedure"]]);
                if is_function
                    && option.take_sign("=")
                    && let Some(name) = option.name()
                {
                    self.operators.entry(sign.clone()).or_default().push(name.last().into());
                }
            }
        } else if rest.take(&["create", "cast"])
            && let Some(name) = rest.after(&["with", "function"]).and_then(|mut rest| rest.name())
        {
            self.casts.push(name.last().into());
        }
    }

    /// Records the body of a routine that a string with holes creates.
    pub(super) fn note_computed(&mut self, text: &str, statement: &statements::Statement) {
        let Statement::CreateRoutine(routine) = read(text, statement, 0) else { return };
        let is_trigger = routine.returns.as_ref().is_some_and(|kind| kind.name.last() == "trigger");
        let name = match routine.name.last() {
            name if !name.contains(HOLE) => name,
            _ if is_trigger => ANY_TRIGGER,
            _ => ANY_FUNCTION,
        };
        self.note_body(&name.into(), &routine);
    }

    /// Records a function that can be called with field syntax.
    pub(super) fn note_field(&mut self, name: &Rc<str>, routine: &Routine<'_>) {
        let of_row = routine.arguments.as_ref().is_none_or(|arguments| {
            let first = arguments.iter().find(|argument| !argument.is_out);
            first.is_some_and(|first| !is_built_in(canonical(first.kind.name.last())))
        });
        if of_row {
            self.of_rows.insert(name.clone());
        }
    }
}
