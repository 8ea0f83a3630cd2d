//! What holds for every input: digests, the lexer, the lock file and `check`, by random examples.

mod chain;
mod digest;
mod lexer;
#[cfg(feature = "analysis")]
mod lints;
mod locks;
mod marks;
mod tokens;
