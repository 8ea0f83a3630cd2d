//! Why a chain can't be climbed.

use std::fmt::Write as _;

use migrate_scratch::Error;

use super::Way;
use crate::catalog::CatalogError;

/// What is wrong with a chain, or with the server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StaircaseError {
    /// The catalog is not the one that has to be there.
    #[error(
        "revision `{revision}`, {way}: the catalog is not what it has to be{}",
        lines(differences)
    )]
    Differs {
        /// The revision.
        revision: String,
        /// What was done with it.
        way: Way,
        /// `-` is missing, `+` is there and should not be, `~` is different.
        differences: Vec<String>,
    },
    /// A migration failed.
    #[error("revision `{revision}`, {way}: {error}")]
    Failed {
        /// The revision.
        revision: String,
        /// What was done with it.
        way: Way,
        /// Why, and where in its file.
        #[source]
        error: Box<migrate_core::Error>,
    },
    /// It is the server's doing.
    #[error(transparent)]
    Server(#[from] Error),
    /// A catalog can't be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

pub(super) fn failed(revision: &str, way: Way, error: migrate_core::Error) -> StaircaseError {
    StaircaseError::Failed { revision: revision.to_owned(), way, error: Box::new(error) }
}

fn lines(differences: &[String]) -> String {
    differences.iter().fold(String::new(), |mut text, line| {
        let _ = write!(text, "\n  {line}");
        text
    })
}
