//! From a connection string to a client, with either client, on a real PostgreSQL with TLS.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

mod cancel;
mod certificates;
mod environment;
mod errors;
mod identity;
mod modes;
mod nonsense;
mod revocation;
mod secrets;
mod server;
mod sessions;
mod which_server;
