//! The pure half of a migration system for PostgreSQL (chain, digests, plan) and the runner that
//! carries a plan out.

mod chain;
mod check;
mod diagnostic;
mod digest;
#[cfg(feature = "files")]
pub mod files;
mod folder;
mod graph;
mod header;
mod id;
mod lexer;
mod lock;
mod marks;
mod names;
mod pins;
mod problem;
mod rules;
mod sections;
mod statements;
mod text;

pub use chain::{Chain, Digests, Down, Migration};
pub use check::{Rejection, check};
pub use diagnostic::{Diagnostic, Label};
pub use digest::{BadDigest, DIGEST_VERSION, Digest, ShortDigest, chain_digest, section_digest};
pub use folder::{Content, Entry, Folder, FolderError, MAX_FILE_BYTES};
pub use id::{BadId, MAX_ID_LENGTH, RevisionId};
pub use lexer::{Lexer, Token, TokenKind, Unterminated};
pub use lock::{LOCK_FILE, Pin, lock_text, write as write_lock};
pub use problem::Problem;
pub use sections::{Options, Section};
pub use statements::{Statement, split_statements};
pub use text::{Position, Source, Span};
