//! Queries and changes of data as PostgreSQL reads them: a tree of their parts, and the rules by which the
//! names in them are resolved.
//!
//! What can't be read is unknown, and never an error. Nodes refer to one another by number, so a long chain
//! of operators, joins or UNIONs takes no stack, neither to walk nor to drop.

mod call;
mod change;
mod expression;
mod from;
mod insert;
mod primary;
mod reader;
mod resolve;
mod select;
mod special;
mod tree;

use self::reader::Reader;
pub(super) use self::resolve::{Call, Columns, Finding, Item, Parameters, Resolver, Source};
pub(super) use self::tree::{ExprId, QueryId, Tree};
use super::cursor::Cursor;

/// A query or a change of data; nothing unless all of it is understood.
pub(super) fn read_query(text: &Cursor<'_>) -> Option<(Tree, QueryId)> {
    let mut reader = Reader::new(*text)?;
    let query = reader.query()?;
    reader.is_done().then(|| (reader.into_tree(), query))
}

/// An expression; nothing unless all of it is understood.
pub(super) fn read_expression(text: &Cursor<'_>) -> Option<(Tree, ExprId)> {
    let mut reader = Reader::new(*text)?;
    let expression = reader.expression()?;
    reader.is_done().then(|| (reader.into_tree(), expression))
}

#[cfg(test)]
mod tests;
