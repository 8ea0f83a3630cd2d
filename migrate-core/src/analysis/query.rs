//! Parses queries and changes of data into a tree, and resolves the names in it by PostgreSQL's
//! rules.
//!
//! What cannot be parsed is unknown, and never an error. Nodes refer to each other by index, so a
//! long chain of operators, joins or UNIONs needs no stack, neither to walk nor to drop it.

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
pub(super) use self::resolve::{
    Call, Columns, Finding, Item, Parameters, Resolver, Source, Trust, Use,
};
pub(super) use self::tree::{ExprId, QueryId, Tree};
use crate::syntax::cursor::Cursor;

/// Parses a query or a change of data; `None` unless all of it is understood.
pub(super) fn read_query(text: &Cursor<'_>) -> Option<(Tree, QueryId)> {
    let mut reader = Reader::new(*text)?;
    let query = reader.query()?;
    reader.is_done().then(|| (reader.into_tree(), query))
}

/// Parses an expression; `None` unless all of it is understood.
pub(super) fn read_expression(text: &Cursor<'_>) -> Option<(Tree, ExprId)> {
    let mut reader = Reader::new(*text)?;
    let expression = reader.expression()?;
    reader.is_done().then(|| (reader.into_tree(), expression))
}

#[cfg(test)]
mod tests;
