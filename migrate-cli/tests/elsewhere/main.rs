//! Coming from somewhere else, with the tools themselves: each makes a database, whose folder is
//! imported and whose history is adopted; then our next revision runs, and the tool still sees its own.
//!
//! refinery and sqlx are libraries, and run always. Alembic, dbmate and diesel are programs: where one is not installed
//! its test says so and does nothing, unless `MIGRATE_REAL_TOOLS=1` tells it to install it.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod actorhub;
mod alembic;
mod dbmate;
mod diesel;
mod refinery;
mod sqlx;
mod support;
