//! Assertions over a chain of migrations on a real PostgreSQL, and the catalog of a database as data to compare.
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
//! The server comes from [`migrate_scratch`]: from `DATABASE_URL`, a container, local binaries or a download. Its
//! documentation says in which order, how to choose with `PG_BACKEND`, and how everything is cleaned up.
//!
//! # Features
//!
//! `download` (off by default): if nothing else gives a server, PostgreSQL's binaries are downloaded once.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod catalog;
mod staircase;

pub use catalog::{Catalog, CatalogError, Column, Constraint, Extension, Index, Table};
pub use migrate_scratch::{Backend, Database, Error, Server, Shutdown, Unavailable, Version};
pub use staircase::{Climbed, Staircase, StaircaseError, Way, staircase};

/// The driver whose clients this crate hands out.
pub use postgres;
