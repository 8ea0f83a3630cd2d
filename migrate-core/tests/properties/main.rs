//! What holds for every input: digests, the lexer, the lock file, `check` and the analysis, by random
//! examples.

#[cfg(feature = "analysis")]
mod analysis;
mod chain;
mod digest;
mod lexer;
#[cfg(feature = "analysis")]
mod lints;
mod locks;
mod marks;
mod tokens;
