//! Why a catalog can't be read.

/// Why the catalog of a database was not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// The server refused, or could not be reached.
    #[error(transparent)]
    Read(#[from] migrate_core::schema::catalog::ReadError),
    /// A schema to read does not exist.
    #[error("there is no schema {schema:?} in this database")]
    NoSuchSchema {
        /// The schema asked for.
        schema: String,
    },
}
