//! Checks the bodies of SQL functions. The server parses them when the function is created, unless
//! `check_function_bodies` is off.

use std::borrow::Cow;
use std::rc::Rc;

use super::state::ReplayState;
use crate::analysis::model::Path;
use crate::analysis::query::Parameters;
use crate::analysis::statement::{Language, Routine, quoted_body};
use crate::syntax::cursor::Cursor;
use crate::syntax::statements::split_statements;

impl ReplayState {
    /// Records that bodies may not be checked from here on. A setting for a role or a database
    /// takes effect in the next session, and it is unknown for whom.
    pub(super) fn note_body_checks(&mut self, all: &Cursor<'_>) {
        let has = |token: &crate::syntax::lexer::Token| {
            let text = all.text(*token);
            text.len() >= SETTING.len() && text.to_ascii_lowercase().contains(SETTING)
        };
        if all.tokens().iter().any(has) {
            self.bodies_unread = true;
            self.bodies_never_read |= all.is(0, "alter");
        }
    }

    /// Checks the statements of an SQL function.
    pub(super) fn check_body(&mut self, routine: &Routine<'_>, all: &Cursor<'_>) {
        if !self.checks_queries() || !matches!(routine.body(), Some((_, Language::Sql))) {
            return;
        }
        let Some(names) = names_before(all, &routine.rest) else { return };
        // With a polymorphic type, the body is checked when the function is called.
        if names.iter().any(|name| name.starts_with("any")) {
            return;
        }
        let parameters = Parameters { function: routine.name.last().into(), names };
        // The function's own search path applies.
        let path = self.model.path.clone();
        if (0..routine.rest.len()).any(|at| routine.rest.is(at, "search_path")) {
            self.model.path = Path::Unknown;
        }
        if let Some(quoted) = routine.rest.after(&["as"]) {
            if !self.bodies_unread {
                self.check_quoted(&quoted, &parameters);
            }
        } else if let Some(inner) = routine.rest.after(&["begin", "atomic"]) {
            for statement in inner.before(1).split_at_sign(";") {
                self.check_body_statement(&statement, &parameters, None);
            }
        } else if let Some(inner) = routine.rest.after(&["return"]) {
            self.check_body_expression(&inner, &parameters);
        }
        self.model.path = path;
    }

    fn check_quoted(&mut self, quoted: &Cursor<'_>, parameters: &Parameters) {
        let Some(text) = quoted_body(quoted) else { return };
        let Some(token) = quoted.token(0) else { return };
        let (source, offset) = quoted.source();
        let written = quoted.text(token);
        // With escapes inside, the text is not what the server reads.
        if !written.starts_with('$') && written.contains('\\') {
            return;
        }
        let (offset, instead) = match &text {
            Cow::Borrowed(text) => {
                (offset + (text.as_ptr() as usize - source.as_ptr() as usize), None)
            }
            Cow::Owned(_) => (0, Some(quoted.place(token))),
        };
        for statement in split_statements(&text) {
            let cursor = Cursor::new(&text, &statement.tokens, offset);
            self.check_body_statement(&cursor, parameters, instead);
        }
    }
}

const SETTING: &str = "check_function_bodies";

/// All names in the arguments and in the result of a routine. They include those of its parameters.
fn names_before(all: &Cursor<'_>, rest: &Cursor<'_>) -> Option<Vec<Rc<str>>> {
    let mut names: Vec<Rc<str>> = Vec::new();
    let mut head = all.before(rest.len());
    while !head.is_empty() && !head.is_sign(0, "(") {
        head.skip(1);
    }
    names.extend(head.parentheses()?.idents().map(|name| name.text));
    if let Some(table) = rest.after(&["returns", "table"]).and_then(|mut rest| rest.parentheses()) {
        names.extend(table.idents().map(|name| name.text));
    }
    Some(names)
}
