//! What holds for every input: digests, the lexer, the lock file, `check` and the analysis, by random
//! examples; and plans, by lives of databases.

#[cfg(feature = "analysis")]
mod analysis;
mod chain;
mod digest;
mod lexer;
#[cfg(feature = "analysis")]
mod lints;
mod locks;
mod marks;
#[cfg(feature = "runner")]
mod runs;
mod tokens;
