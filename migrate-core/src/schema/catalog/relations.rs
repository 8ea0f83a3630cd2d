//! Tables, views and sequences, and what belongs to them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Name;

/// What kind of relation it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RelationKind {
    /// A table with rows of its own.
    Table,
    /// A table that has partitions.
    PartitionedTable,
    /// A table of another server.
    ForeignTable,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
}

/// A table or a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// What it is.
    pub kind: RelationKind,
    /// A view's query.
    pub definition: Option<String>,
    /// Is it `UNLOGGED`?
    pub unlogged: bool,
    /// The type of a typed table.
    pub of_type: Option<String>,
    /// The tables it inherits from, in order; of a partition, the table that it is a part of.
    pub inherits: Vec<Name>,
    /// Of a partition: which rows it has.
    pub bound: Option<String>,
    /// Of a partitioned table: by what.
    pub partition_key: Option<String>,
    /// The access method, `heap` for most.
    pub access_method: Option<String>,
    /// The tablespace, where it is not the database's.
    pub tablespace: Option<String>,
    /// Storage options, `fillfactor=70`; those of the TOAST table as `toast.…`.
    pub options: Vec<String>,
    /// The server of a foreign table.
    pub server: Option<String>,
    /// The options of a foreign table.
    pub server_options: Vec<String>,
    /// Is row security on?
    pub row_security: bool,
    /// Does row security hold for the owner, too?
    pub force_row_security: bool,
    /// What identifies a row for logical replication, where it is not the primary key.
    pub replica_identity: Option<String>,
    /// The extensions with which a materialized view goes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// The comment.
    pub comment: Option<String>,
    /// The columns, in order. One that was dropped leaves no trace.
    #[serde(skip_deserializing)]
    pub columns: Vec<Column>,
    /// The constraints by name; NOT NULL is a property of its column.
    #[serde(skip_deserializing)]
    pub constraints: BTreeMap<String, Constraint>,
    /// The indexes by name; those behind constraints too.
    #[serde(skip_deserializing)]
    pub indexes: BTreeMap<String, Index>,
    /// The triggers by name. A copy on a partition is here only if it is switched otherwise.
    #[serde(skip_deserializing)]
    pub triggers: BTreeMap<String, Trigger>,
    /// The rules by name, without the one that makes a view a view.
    #[serde(skip_deserializing)]
    pub rules: BTreeMap<String, Rule>,
    /// The policies by name.
    #[serde(skip_deserializing)]
    pub policies: BTreeMap<String, Policy>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// The name.
    pub name: String,
    /// The type with its modifiers.
    #[serde(rename = "type")]
    pub data_type: String,
    /// Is NULL refused?
    pub not_null: bool,
    /// `NOT VALID` or `NO INHERIT`, of a NOT NULL that is so (since PostgreSQL 18).
    pub not_null_options: Option<String>,
    /// The name of a NOT NULL of its own, where it is not the usual one (since PostgreSQL 18).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_null_name: Option<String>,
    /// The comment on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_null_comment: Option<String>,
    /// What the server calls it, also where that is inherited or usual.
    #[serde(default, skip_serializing)]
    pub(crate) not_null_constraint: Untold,
    /// The default, or the expression of a generated column.
    pub default: Option<String>,
    /// `stored` or `virtual`, of a generated column.
    pub generated: Option<String>,
    /// `always` or `by default`, of an identity column.
    pub identity: Option<String>,
    /// The collation, where it is not the type's.
    pub collation: Option<String>,
    /// How values are stored, where it is not the type's way: `plain`, `external`, `extended`, `main`.
    pub storage: Option<String>,
    /// The compression, where it is not the default.
    pub compression: Option<String>,
    /// The statistics target, where it is set.
    pub statistics: Option<i32>,
    /// Options, `n_distinct=5`.
    pub options: Vec<String>,
    /// Options of a foreign table's column.
    pub server_options: Vec<String>,
    /// Was it declared on this table, not only on one that this one inherits from?
    pub local: bool,
    /// Does a table that this one inherits from have it?
    pub inherited: bool,
    /// The comment.
    pub comment: Option<String>,
}

/// A name that is known, and makes no difference.
#[derive(Debug, Clone, Default, Eq, Deserialize)]
pub(crate) struct Untold(pub(crate) Option<String>);

impl PartialEq for Untold {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A constraint of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    /// `primary key`, `unique`, `foreign key`, `check` or `exclusion`.
    pub kind: String,
    /// All that stands behind the name: columns, expressions, options, `NOT VALID`.
    pub definition: String,
    /// Its columns, in order.
    pub columns: Vec<String>,
    /// The table that a foreign key refers to.
    pub references: Option<Name>,
    /// Can it be checked later than at once?
    pub deferrable: bool,
    /// Is it, unless told otherwise?
    pub deferred: bool,
    /// Have the rows that were there been checked?
    pub validated: bool,
    /// Was it declared on this table, not only on one that this one inherits from?
    pub local: bool,
    /// Does a table that this one inherits from have it?
    pub inherited: bool,
    /// The comment.
    pub comment: Option<String>,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// The whole statement: method, expressions, operator classes, options, predicate.
    pub definition: String,
    /// The access method.
    pub method: String,
    /// Is it unique?
    pub unique: bool,
    /// The columns and expressions of the key, in order.
    pub keys: Vec<String>,
    /// The columns that are only carried along.
    pub include: Vec<String>,
    /// The condition of a partial index.
    pub predicate: Option<String>,
    /// Is it complete? One that `CREATE INDEX CONCURRENTLY` left behind is not.
    pub valid: bool,
    /// The constraint that it stands behind.
    pub constraint: Option<String>,
    /// The index of the partitioned table that it is a part of.
    pub part_of: Option<Name>,
    /// Is the table clustered on it?
    pub clustered: bool,
    /// The tablespace, where it is not the database's.
    pub tablespace: Option<String>,
    /// The statistics targets of its expressions, `2=500`.
    pub statistics: Vec<String>,
    /// The extensions with which it goes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// The comment.
    pub comment: Option<String>,
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// The whole statement.
    pub definition: String,
    /// `disabled`, `replica` or `always`, where it does not fire as most do.
    pub firing: Option<String>,
    /// Is it a copy of the trigger of a partitioned table?
    pub inherited: bool,
    /// The extensions with which it goes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// The comment.
    pub comment: Option<String>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The whole statement.
    pub definition: String,
    /// `disabled`, `replica` or `always`, where it does not fire as most do.
    pub firing: Option<String>,
    /// The comment.
    pub comment: Option<String>,
}

/// A policy of row security.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Does it permit, or restrict what others permit?
    pub permissive: bool,
    /// `all`, `select`, `insert`, `update` or `delete`.
    pub command: String,
    /// The roles, sorted; `public` for all.
    pub roles: Vec<String>,
    /// Which rows are seen.
    pub using: Option<String>,
    /// Which rows may be written.
    pub check: Option<String>,
    /// The comment.
    pub comment: Option<String>,
}

/// A sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    /// The type.
    #[serde(rename = "type")]
    pub data_type: String,
    /// The first value.
    pub start: i64,
    /// From one value to the next.
    pub increment: i64,
    /// The smallest value.
    pub min: i64,
    /// The largest value.
    pub max: i64,
    /// How many values a session takes at once.
    pub cache: i64,
    /// Does it begin again at its end?
    pub cycle: bool,
    /// Is it `UNLOGGED`?
    pub unlogged: bool,
    /// The table and the column that it belongs to.
    pub owned_by: Option<(Name, String)>,
    /// Is it an identity column's?
    pub identity: bool,
    /// The comment.
    pub comment: Option<String>,
}
