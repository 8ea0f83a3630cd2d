//! A real PostgreSQL for tests, and the catalog of a database as data to compare.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use migrate_testkit::{Catalog, Server};
//!
//! let server = Server::shared()?;
//! let database = server.database("users")?;
//! let mut client = database.connect()?;
//! client.batch_execute("CREATE TABLE users (id int PRIMARY KEY)")?;
//!
//! let catalog = Catalog::read(&mut client)?;
//! assert!(catalog.tables.contains_key("users"));
//! # Ok(())
//! # }
//! ```
//!
//! # Where the server comes from
//!
//! The first of these that works, in this order unless the caller or `PG_BACKEND` says otherwise. The one that serves is
//! named in one line on standard error.
//!
//! | [`Backend`] | what it is | settings |
//! | --- | --- | --- |
//! | `url` | a server that is there already; when it is named it must answer | `DATABASE_URL` |
//! | `docker` | a container, through testcontainers | `MIGRATE_TEST_IMAGE`, `DOCKER_HOST` |
//! | `local` | an installed PostgreSQL, started on a data directory of its own | `PG_BIN_DIR` |
//! | `download` | prebuilt binaries, fetched once into the user's cache | `PG_DOWNLOAD=0` forbids it |
//!
//! `PG_BACKEND=url|docker|local|download` allows exactly one of them, so that a build can insist on the container.
//!
//! # What is left behind
//!
//! Nothing, however the process ends: a small supervisor in its own process group holds the other end of a pipe, and when
//! the pipe closes (exit, panic, Ctrl-C, `kill -9`) it stops the server and removes its files or its container. On a server
//! named by `DATABASE_URL` the databases of a killed process stay until the next run, which drops those whose owner is
//! provably gone.
//!
//! # Async callers
//!
//! Everything here blocks, and the `postgres` client refuses to block inside an async runtime. Call it before the runtime
//! starts, or inside `tokio::task::spawn_blocking`; [`Database::url`] is for your own async client. A [`Server`] and a
//! [`Database`] block when they are dropped, too.
//!
//! # Features
//!
//! `download` (on by default): the last resort. Without it this crate needs no TLS and no HTTP client of its own.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod account;
mod backend;
mod binaries;
mod catalog;
mod connection;
mod database;
mod error;
mod lease;
mod obstacle;
mod persistent;
mod server;
mod staircase;
mod supervisor;
mod unavailable;

pub use backend::Backend;
pub use catalog::{Catalog, Column, Constraint, Extension, Index, Table};
pub use database::Database;
pub use error::Error;
pub use server::{Server, Shutdown, Version};
pub use staircase::{Climbed, Staircase, StaircaseError, Way, staircase};
pub use unavailable::Unavailable;

/// The driver whose clients this crate hands out.
pub use postgres;
