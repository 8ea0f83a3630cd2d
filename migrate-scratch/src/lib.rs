//! A temporary PostgreSQL: a server that this process finds or starts, and that is gone when the process ends.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use migrate_scratch::Server;
//!
//! let server = Server::shared()?;
//! let database = server.database("users")?;
//! let mut client = database.connect()?;
//! client.batch_execute("CREATE TABLE users (id int PRIMARY KEY)")?;
//! # Ok(())
//! # }
//! ```
//!
//! # Where the server comes from
//!
//! From the first of these backends that works, in this order unless the caller or `PG_BACKEND` says otherwise. One line on
//! standard error names the server that is used.
//!
//! | [`Backend`] | what it is | settings |
//! | --- | --- | --- |
//! | `url` | a running server; if it is set, it must answer | `DATABASE_URL` |
//! | `docker` | a container, started with the program `docker` or else `podman` | `MIGRATE_TEST_IMAGE`, `DOCKER_HOST` |
//! | `local` | an installed PostgreSQL, started on its own data directory | `PG_BIN_DIR` |
//! | `download` | prebuilt binaries, downloaded once into the user's cache | `PG_DOWNLOAD=0` forbids it |
//!
//! `PG_BACKEND=url|docker|local|download` allows exactly one of them, for example to make sure that a CI job uses the
//! container.
//!
//! The container's program is asked whether its engine answers: `docker` first, then `podman`. If `DOCKER_HOST` is set, only
//! `docker` is asked. The image must understand `POSTGRES_PASSWORD` and `PGDATA` as the official image does.
//!
//! # What is left behind
//!
//! Nothing, however the process ends. A small shell script in its own process group holds the other end of a pipe. When
//! the pipe closes (exit, panic, Ctrl-C, `kill -9`), it stops the server and removes its files or its container. On the
//! server of `DATABASE_URL`, the databases of a killed process stay until the next run, which drops those whose owner is
//! provably gone.
//!
//! # Async callers
//!
//! Everything here blocks, and the `postgres` client refuses to block inside an async runtime. Call it before the runtime
//! starts, or inside `tokio::task::spawn_blocking`. Use [`Database::url`] for your own async client. A [`Server`] and a
//! [`Database`] also block when they are dropped.
//!
//! # Features
//!
//! `download` (off by default): the backend of that name. Without it this crate needs no HTTP client and no TLS.

mod account;
mod backend;
mod binaries;
mod connection;
mod database;
mod error;
mod lease;
mod obstacle;
mod persistent;
mod server;
mod supervisor;
mod unavailable;

pub use backend::Backend;
pub use database::Database;
pub use error::Error;
pub use server::{Server, Shutdown, Version};
pub use unavailable::Unavailable;

/// The driver whose clients this crate hands out.
pub use postgres;
