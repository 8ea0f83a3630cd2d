//! What the analysis says, held against what a real server does.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that can't go on fails")]

mod actorhub;
mod behind_blinding;
mod bodies;
mod differential;
mod facts;
mod generator;
mod mutations;
mod queries;
mod random;
mod types;
mod window;
