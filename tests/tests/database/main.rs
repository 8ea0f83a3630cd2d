//! The engine on a real PostgreSQL, with both clients: one server for the binary, a database of
//! its own for each test.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

mod ahead;
mod busy;
mod concurrency;
mod crash;
mod dropped;
mod encodings;
mod failures;
mod foreign;
mod forgotten;
mod hostile;
mod injection;
mod killed;
mod layout;
mod lints;
mod locks;
mod log;
mod model;
mod names;
mod outside;
mod plans;
mod pooler;
mod process;
mod promoted;
mod proxy;
mod random;
mod records;
mod rights;
mod roles;
mod round_trips;
mod row_security;
mod running;
mod runs;
mod script;
mod session;
mod staircase;
mod stamp;
mod stampede;
mod stopped;
mod stored;
mod stress;
mod support;
mod surroundings;
mod typed;
mod ways;
