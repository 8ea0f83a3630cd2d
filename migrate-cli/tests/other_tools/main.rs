//! Coming from somewhere else, with the tools themselves: each makes a database, whose folder is
//! imported and whose history is adopted; then our next revision runs, and the tool still sees its own.
//!
//! refinery and sqlx are libraries, and run always. Alembic, dbmate and diesel are programs, which `.ci/tools` installs:
//! where one is missing its test says so and does nothing, but fails if `MIGRATE_REAL_TOOLS=1`. goose and those in
//! `by_table` are in no registry that is always at hand; here statements like theirs make their tables.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod actorhub;
mod alembic;
mod by_table;
mod dbmate;
mod diesel;
mod goose;
mod refinery;
mod sqlx;
mod support;
