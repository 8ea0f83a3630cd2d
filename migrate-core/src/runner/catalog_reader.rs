//! Reads a catalog over either client. It decides nothing: it sends what the reading asks for.

#[cfg(feature = "postgres")]
use ::postgres as client;
#[cfg(all(feature = "tokio-postgres", not(feature = "postgres")))]
use tokio_postgres as client;

use crate::runner::drivers::rows;
use crate::schema::catalog::{Catalog, ReadError, Reading};

impl Catalog {
    /// Reads everything that the database consists of.
    ///
    /// Two round trips, whatever the number of tables. Writes nothing, and leaves every setting of
    /// the session as it is. It may be called inside a transaction.
    ///
    /// # Errors
    ///
    /// When the server does not answer.
    #[cfg(feature = "postgres")]
    pub fn read(client: &mut ::postgres::Client) -> Result<Self, ReadError> {
        read(client, &Reading::new(None))
    }

    /// The same, with who may do what: see [`grants`](Self::grants).
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    #[cfg(feature = "postgres")]
    pub fn read_with_grants(client: &mut ::postgres::Client) -> Result<Self, ReadError> {
        read(client, &Reading::new(None).with_grants(None))
    }

    /// The same, seen from another role than the one that asks: what belongs to it has no owner in
    /// [`owners`](Self::owners), and privileges are granted to `CURRENT_ROLE` where it has them. The role is
    /// named as SQL has it, so quoted where it has to be.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), and when there is no such role.
    #[cfg(feature = "postgres")]
    pub fn read_with_grants_of(
        client: &mut ::postgres::Client,
        role: &str,
    ) -> Result<Self, ReadError> {
        read(client, &Reading::new(None).with_grants(Some(role)))
    }

    /// The same, but in definitions the names in one schema are not qualified.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    #[cfg(feature = "postgres")]
    pub fn read_seen_from(
        client: &mut ::postgres::Client,
        schema: &str,
    ) -> Result<Self, ReadError> {
        read(client, &Reading::new(Some(schema)))
    }

    /// Reads everything that the database consists of.
    ///
    /// Two round trips, whatever the number of tables. Writes nothing, and leaves every setting of
    /// the session as it is. It may be called inside a transaction.
    ///
    /// # Errors
    ///
    /// When the server does not answer.
    #[cfg(feature = "tokio-postgres")]
    pub async fn read_async(client: &tokio_postgres::Client) -> Result<Self, ReadError> {
        read_async(client, &Reading::new(None)).await
    }

    /// The same, with who may do what: see [`grants`](Self::grants).
    ///
    /// # Errors
    ///
    /// As [`read_async`](Self::read_async).
    #[cfg(feature = "tokio-postgres")]
    pub async fn read_with_grants_async(
        client: &tokio_postgres::Client,
    ) -> Result<Self, ReadError> {
        read_async(client, &Reading::new(None).with_grants(None)).await
    }
}

#[cfg(feature = "tokio-postgres")]
async fn read_async(
    client: &tokio_postgres::Client,
    reading: &Reading,
) -> Result<Catalog, ReadError> {
    let found = client.simple_query(&reading.look()).await.map_err(failed)?;
    let query = reading.query(&rows(&found))?;
    let found = client.simple_query(&query).await.map_err(failed)?;
    reading.catalog(&rows(&found))
}

#[cfg(feature = "postgres")]
fn read(client: &mut ::postgres::Client, reading: &Reading) -> Result<Catalog, ReadError> {
    let found = client.simple_query(&reading.look()).map_err(failed)?;
    let query = reading.query(&rows(&found))?;
    let found = client.simple_query(&query).map_err(failed)?;
    reading.catalog(&rows(&found))
}

fn failed(error: client::Error) -> ReadError {
    let reason = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
    ReadError::of_client(reason, error)
}
