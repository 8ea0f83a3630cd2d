//! Where the reading of the statements goes blind.

use super::statement::{Action, Statement, read};
use crate::statements;

/// Why what a statement of `sql` does is not known from its words, if it isn't.
///
/// ```
/// use migrate_core::{blind_spot, split_statements};
///
/// let sql = "DO $$ BEGIN EXECUTE 'DROP TABLE t'; END $$;";
/// assert_eq!(blind_spot(sql, &split_statements(sql)[0]), Some("what a DO block does is not read"));
/// ```
pub fn blind_spot(sql: &str, statement: &statements::Statement) -> Option<&'static str> {
    match read(sql, statement, 0) {
        Statement::Opaque { why, .. } => Some(why),
        Statement::Do { .. } => Some("what a DO block does is not read"),
        Statement::AlterTable(alter) => {
            let opaque = |action: &Action<'_>| matches!(action, Action::Opaque(_));
            alter.actions.iter().any(opaque).then_some("a part of it is not understood")
        }
        Statement::CreateTable(table) if !table.is_clear => Some("a part of it is not understood"),
        _ => None,
    }
}
