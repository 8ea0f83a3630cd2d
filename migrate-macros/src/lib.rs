//! `embed_migrations!()`: checks a chain of PostgreSQL migrations at build time, and embeds it.
//!
//! ```ignore
//! migrate_macros::embed_migrations!();      // reads ./migrations, makes `pub mod migrations`
//!
//! let at_head = migrations::runner().upgrade(&mut client)?;
//! ```
//!
//! The checks themselves are [`migrate_core::check`]'s, the same that the command line uses.

mod chain_directory;
mod expand;
mod fallback;
mod input;
mod schemas;
mod sql;

use proc_macro::TokenStream;

/// Embeds a folder of migrations, or refuses to compile.
///
/// `embed_migrations!()` reads the folder `migrations` beside the crate's `Cargo.toml`;
/// `embed_migrations!("db/migrations")` reads another one. It makes a public module `migrations`
/// (`embed_migrations!(module = "schema")` gives it another name) with
///
/// - `Revision`: an enum with a variant for each file, named after the words of the file's name;
///   `Revision::ALL`, `BASE` and `HEAD`, and its `id()` and `parents()`;
/// - `CHAIN`: the whole chain, a `static`, and `HEAD_DIGEST`, which pins all of it;
/// - `runner()`: what brings a database to a revision;
/// - `AtHead`: the proof that a database has the whole chain, which only that runner gives;
/// - a test, which fails when the folder is no longer what was embedded.
///
/// The module uses the crate `migrate-core`, with the feature of the client in use (`postgres`,
/// `tokio-postgres` or both). Where it has another name, or is re-exported, say so:
/// `embed_migrations!(crate = "my_facade::migrate_core")`.
///
/// # Lints
///
/// What is unsafe on a live database, such as an index that is built while nobody can write, `migrate lint`
/// tells. A lint that must not find anything is denied, and then an error:
///
/// ```ignore
/// migrate_macros::embed_migrations!("migrations", deny(index_blocks_writes), min_server = 15);
/// ```
///
/// The same can be in `migrate.toml`, beside the folder, where the command line finds it, too; what is
/// said here goes before it. `allow(…)` and `warn(…)` take back what that file denies.
///
/// # Limits
///
/// A migration's file may have up to 8 MiB ([`migrate_core::chain::MAX_FILE_BYTES`]), since it becomes a part of the program.
///
/// # Rebuilds
///
/// An edited or deleted file is noticed without further ado. For a new file to be noticed, the
/// crate needs a `build.rs` of one line:
///
/// ```ignore
/// fn main() {
///     println!("cargo::rerun-if-changed=migrations");
/// }
/// ```
///
/// (A new `migrate.toml` is noticed when the crate is next compiled, and from then on by itself.)
///
/// # Errors
///
/// Each problem of the chain is a compile error with the line of the migration's file.
#[proc_macro]
pub fn embed_migrations(input: TokenStream) -> TokenStream {
    match syn::parse::<input::Input>(input) {
        Ok(input) => expand::embed(&input).into(),
        Err(error) => error.into_compile_error().into(),
    }
}

/// A query, checked against the schema that the chain builds: an expression of type `&'static str`.
///
/// ```ignore
/// let rows = client.query(sql!("SELECT id, email FROM users WHERE age > $1"), &[&30])?;
/// ```
///
/// It is only the text, so it works with any client: tokio-postgres, postgres, sqlx, diesel's `sql_query`. It does not
/// compile if a server would refuse the query: a table, a column or a function is not there, types do not fit, an
/// `INSERT` leaves out a column that needs a value. What can't be known is no error: tables that something else
/// creates, types of extensions, statements other than queries and changes of data.
///
/// - `sql!(file = "queries/users.sql")` reads the query from a file, relative to the crate's `Cargo.toml`.
/// - `sql!(unchecked = "a temporary table", "SELECT …")` does not check it, and says why.
/// - `sql!(chain = "../schema/migrations", "SELECT …")` names the folder of the chain. Without that, it is the one that
///   `Cargo.toml` names (`chain = "…"` in `[package.metadata.migrate]`), or `migrations` beside `Cargo.toml`.
///
/// The chain is read once for a crate. No database and no network are needed. An edited or deleted file of the chain is
/// noticed; for a new file, the crate needs the `build.rs` of [`embed_migrations!`](macro@embed_migrations).
///
/// `migrate queries --record` writes the queries of a release to `queries.lock` beside the chain. From then on, a build
/// refuses a pending revision that breaks one of them.
#[proc_macro]
pub fn sql(input: TokenStream) -> TokenStream {
    match syn::parse::<sql::Sql>(input).and_then(|input| sql::expand(&input)) {
        Ok(output) => output.into(),
        Err(error) => {
            // An expression of the right type, so that there are no further errors.
            let errors = error.into_compile_error();
            quote::quote!({ #errors "" }).into()
        }
    }
}
