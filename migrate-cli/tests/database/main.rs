//! The commands against a real PostgreSQL: every one, as text and as JSON.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod adopt;
mod commands;
mod connection;
mod db;
mod drift;
mod forget;
mod grants;
mod guard;
mod hazards;
mod messages;
mod models;
mod recipes;
mod redo;
mod rehearsal;
mod schema;
mod settings;
mod sources;
mod staircase;
mod support;
mod terminal;
mod terminal_escapes;
