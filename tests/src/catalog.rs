//! What a schema consists of, as data that can be stored, read and compared: the parts of the project's
//! catalog that a chain's expected catalogs have.

mod differences;
mod error;
mod reading;

use std::collections::BTreeMap;

use postgres::Client;
use serde::{Deserialize, Serialize};

pub use self::error::CatalogError;

/// The tables, views, sequences and enums of one schema. [`migrate_core::schema::catalog`] has the rest, too.
///
/// Left out: objects of extensions and extension versions, `plpgsql`, and what only some versions of PostgreSQL keep (the
/// constraint rows of NOT NULL). A column's `position` is its rank among the live ones, so a dropped column leaves no trace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    /// Enum types and their labels, in order.
    pub enums: BTreeMap<String, Vec<String>>,
    /// Extensions of the whole database.
    pub extensions: BTreeMap<String, Extension>,
    /// Names of sequences.
    pub sequences: Vec<String>,
    /// Tables, partitioned ones too.
    pub tables: BTreeMap<String, Table>,
    /// Names of views, materialized ones too.
    pub views: Vec<String>,
}

/// An installed extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// The schema its objects are in.
    pub schema: String,
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// In the order of their positions.
    pub columns: Vec<Column>,
    /// By name.
    pub constraints: BTreeMap<String, Constraint>,
    /// By name; those behind constraints too.
    pub indexes: BTreeMap<String, Index>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// The default, as PostgreSQL prints it.
    pub default: Option<String>,
    /// The column's name.
    pub name: String,
    /// Is NULL refused?
    pub not_null: bool,
    /// The rank among the live columns, from 1.
    pub position: i32,
    /// The type with its modifiers, as PostgreSQL prints it.
    #[serde(rename = "type")]
    pub data_type: String,
}

/// A constraint of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    /// As PostgreSQL prints it.
    pub definition: String,
    /// `primary key`, `unique`, `foreign key`, `check`, `exclusion` or `trigger`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// An index of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// Does a constraint of the table own it?
    pub backs_constraint: bool,
    /// As PostgreSQL prints it.
    pub definition: String,
}

impl Catalog {
    /// Tables in which migration systems keep their books: no part of the schema they manage.
    pub const BOOKKEEPING: [&'static str; 6] = [
        "alembic_version",
        "migrate_history",
        "migrate_layout",
        "migrate_log",
        "migrate_progress",
        "migrate_statement",
    ];

    /// Reads the schema `public` without [`Catalog::BOOKKEEPING`].
    pub fn read(client: &mut Client) -> Result<Self, CatalogError> {
        Self::read_schema(client, "public", &Self::BOOKKEEPING)
    }

    /// Reads one schema without the relations named, their indexes and the sequences they own.
    ///
    /// Two round trips, whatever the number of tables. The session's settings stay as they are.
    pub fn read_schema(
        client: &mut Client,
        schema: &str,
        leave_out: &[&str],
    ) -> Result<Self, CatalogError> {
        reading::read(client, schema, leave_out)
    }

    /// The same catalog without one extension, to compare with a server that does not offer it.
    #[must_use]
    pub fn without_extension(mut self, name: &str) -> Self {
        self.extensions.remove(name);
        self
    }

    /// What to change in this catalog to get the other one: a readable line each, none when they are equal.
    ///
    /// `- column users.locale text` is only here, `+ …` only in the other, `~ index ix: … -> …` in both but not the same.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        differences::between(self, other)
    }
}
