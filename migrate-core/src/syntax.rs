//! SQL as text: places in it, its tokens, its statements, its identifiers, and what the words of a statement lock.
//!
//! Everything else stands on this wing, and it imports nothing of the others. Nothing here knows what a migration is:
//! [`source`] is a file's text with lines and columns, [`lexer`] cuts a text into tokens without losing a byte,
//! [`statements`] splits it as psql does, [`ident`] folds, cuts, quotes and unquotes
//! names, and [`table_locks`] says which lock a statement takes.
//! Start reading at [`lexer`].

pub(crate) mod ident;
pub(crate) mod lexer;
pub(crate) mod source;
pub(crate) mod statements;
pub(crate) mod suggest;
pub(crate) mod table_locks;
