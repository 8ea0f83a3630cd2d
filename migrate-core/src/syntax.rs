//! Works with SQL as text: positions, tokens, statements, identifiers, and the locks of a
//! statement.
//!
//! All other wings build on this one, and it imports none of them. Nothing here knows what a
//! migration is. [`source`] is a file's text with lines and columns, [`lexer`] splits a text into
//! tokens that cover every byte, [`statements`] splits it like psql, [`ident`] folds, truncates,
//! quotes and unquotes names, and [`table_locks`] determines which locks a statement takes. Start
//! reading at [`lexer`].

pub(crate) mod ident;
pub(crate) mod lexer;
pub(crate) mod source;
pub(crate) mod statements;
pub(crate) mod suggest;
pub(crate) mod table_locks;
