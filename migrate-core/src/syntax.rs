//! SQL as text: positions, tokens, statements, names, and the locks that a statement takes.
//!
//! Nothing here knows what a migration is.

// All other wings build on this one, and it imports none of them. `source` is a file's text with lines and columns, `explanation` a
// message about places in it, `lexer`
// splits a text into tokens that cover every byte, `statements` splits it like psql, `ident` folds, truncates, quotes and
// unquotes names, and `table_locks` determines which locks a statement takes. Start reading at `lexer`.

pub(crate) mod cursor;
pub(crate) mod explanation;
pub(crate) mod ident;
pub(crate) mod lexer;
#[cfg_attr(
    not(feature = "analysis"),
    expect(dead_code, reason = "most readers of names are in the analysis")
)]
pub(crate) mod name;
pub(crate) mod source;
pub(crate) mod statements;
pub(crate) mod suggest;
pub(crate) mod table_locks;

pub use self::explanation::Explanation;
pub use self::lexer::{Lexer, Token, TokenKind, Unterminated};
pub use self::source::{Position, Source, Span, is_unsafe_to_show};
pub use self::statements::{Statement, split_statements};
pub use self::table_locks::{
    LockMode, LockedBy, Loss, RelationName, TableLock, Work, locks, losses,
};
