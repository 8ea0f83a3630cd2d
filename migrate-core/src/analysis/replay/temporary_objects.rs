//! Tracks objects that depend on something temporary. They are dropped at the end of the session or
//! of the transaction.

use std::rc::Rc;

use super::state::ReplayState;
use crate::analysis::names::Name;
use crate::analysis::statement::Statement;
use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::TokenKind;

impl ReplayState {
    /// Follows a statement that creates something temporary or something that depends on it.
    /// Returns true if the statement should not be replayed, since it is unknown how long the
    /// object exists.
    pub(super) fn is_of_temporary(&mut self, read: &Statement<'_>, all: &Cursor<'_>) -> bool {
        let Some((name, is_temporary)) = made(read) else { return false };
        let is_temporary =
            is_temporary || name.schema().is_some_and(|schema| &*schema.text == "pg_temp");
        let own: Rc<str> = name.last().into();
        if is_temporary {
            self.temporaries.insert(own);
            return false;
        }
        // A change of a temporary table adds nothing new.
        let is_known = matches!(read, Statement::AlterTable(_)) && self.temporaries.contains(&own);
        if self.temporaries.is_empty() || is_known {
            return false;
        }
        let names_one = all.idents().any(|ident| self.temporaries.contains(&ident.text));
        if !names_one && !self.is_temporary_in_text(all) {
            return false;
        }
        // A table remains, and loses a column.
        if !matches!(read, Statement::AlterTable(_) | Statement::CreateTable(_)) {
            self.temporaries.insert(own);
        }
        self.note_hidden(all);
        self.invalidate_all(all);
        true
    }

    /// Whether a string in a statement contains the name of something temporary: `nextval('s')`.
    fn is_temporary_in_text(&self, all: &Cursor<'_>) -> bool {
        let mut strings = all.tokens().iter().filter(|token| token.kind == TokenKind::String);
        strings.any(|token| self.temporaries.iter().any(|name| all.text(*token).contains(&**name)))
    }
}

/// The object that a statement creates or changes, and whether it is declared temporary.
fn made<'s>(read: &'s Statement<'_>) -> Option<(&'s Name, bool)> {
    Some(match read {
        Statement::CreateTable(table) => (&table.name, table.temporary),
        Statement::CreateView(view) => (&view.name, view.temporary),
        Statement::CreateSequence { name, temporary, .. } => (name, *temporary),
        Statement::CreateType { name, .. } | Statement::CreateDomain { name, .. } => (name, false),
        Statement::CreateRoutine(routine) => (&routine.name, false),
        Statement::AlterTable(alter) => (&alter.name, false),
        // CREATE TABLE AS copies the rows.
        Statement::CreateTableAs { name, temporary: true, .. } => (name, true),
        _ => return None,
    })
}
