//! ActorHub's PostgreSQL schema: its chain of migrations, checked when this crate is built.
//!
//! An API server links it, and starts on a database at head or not at all:
#![cfg_attr(feature = "postgres", doc = "```no_run")]
#![cfg_attr(not(feature = "postgres"), doc = "```ignore")]
//! use actorhub_schema::migrations::{self, AtHead};
//!
//! # fn serve(schema: AtHead) {}
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut client = postgres::Client::connect(&std::env::var("DATABASE_URL")?, postgres::NoTls)?;
//! let at_head: AtHead = migrations::runner().upgrade(&mut client)?;
//! serve(at_head);
//! # Ok(())
//! # }
//! ```
//!
//! The files are in `migrations/`; `migrations/chain.lock` pins those that production has run.
//!
//! With the feature `models`, `models()` is the schema that is wanted at head, declared with barrel.

#[cfg(feature = "models")]
mod models;

#[cfg(feature = "models")]
pub use models::models;

migrate_macros::embed_migrations!();
