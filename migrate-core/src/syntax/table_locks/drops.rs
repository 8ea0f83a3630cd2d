//! Determines which data a statement drops.

use std::fmt;

use super::RelationName;
use super::alter::target;
use crate::syntax::cursor::Cursor;
use crate::syntax::statements::Statement;

/// Something with data that a statement drops.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loss {
    /// A table.
    Table(RelationName),
    /// A column.
    Column {
        /// Its table.
        table: RelationName,
        /// Its name.
        column: String,
    },
    /// A schema, with everything in it.
    Schema(RelationName),
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Loss::Table(table) => write!(f, "table {table}"),
            Loss::Column { table, column } => {
                let column = RelationName { parts: vec![column.clone()] };
                write!(f, "column {table}.{column}")
            }
            Loss::Schema(schema) => write!(f, "schema {schema}"),
        }
    }
}

/// The tables, columns and schemas that a statement of `sql` drops by name.
///
/// ```
/// use migrate_core::syntax::{losses, split_statements};
///
/// let sql = "ALTER TABLE users DROP COLUMN email, DROP CONSTRAINT adult;";
/// let lost = losses(sql, &split_statements(sql)[0]);
/// assert_eq!(lost.iter().map(ToString::to_string).collect::<Vec<_>>(), ["column users.email"]);
/// ```
pub fn losses(sql: &str, statement: &Statement) -> Vec<Loss> {
    let words = Cursor::new(sql, &statement.tokens, 0);
    dropped(words).or_else(|| columns(words)).unwrap_or_default()
}

/// `DROP TABLE …` and `DROP SCHEMA …`
fn dropped(mut words: Cursor<'_>) -> Option<Vec<Loss>> {
    let (table, mut rest) = (&["drop", "table"], words);
    let loss = match rest.take(table) {
        true => Loss::Table,
        false => Loss::Schema,
    };
    if !words.take_any(&[table, &["drop", "schema"]]) {
        return None;
    }
    words.take(&["if", "exists"]);
    Some(words.tables()?.into_iter().map(loss).collect())
}

/// `ALTER TABLE … DROP [COLUMN] …`
fn columns(mut words: Cursor<'_>) -> Option<Vec<Loss>> {
    let (table, commands) = target(&mut words)?;
    let column = |mut command: Cursor<'_>| {
        if !command.take(&["drop"]) || command.take(&["constraint"]) {
            return None;
        }
        command.take(&["column"]);
        command.take(&["if", "exists"]);
        Some(Loss::Column { table: table.clone(), column: command.part()? })
    };
    Some(commands.into_iter().filter_map(column).collect())
}
