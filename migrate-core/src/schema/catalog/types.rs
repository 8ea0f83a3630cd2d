//! Schemas, extensions, types, routines, statistics, and the rest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Name;

/// A schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// The comment.
    pub comment: Option<String>,
}

/// An extension.
#[derive(Debug, Clone, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// The schema its objects are in.
    pub schema: String,
    /// The comment, where it is not the one that the extension brings along; empty if that was taken away.
    pub comment: Option<String>,
    /// The one that it brings along.
    #[serde(default, skip_serializing)]
    pub(crate) usual_comment: Option<String>,
}

/// Another version of an extension may bring along another comment.
impl PartialEq for Extension {
    fn eq(&self, other: &Self) -> bool {
        self.schema == other.schema && self.comment == other.comment
    }
}

/// An enum type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enum {
    /// The labels, in order.
    pub labels: Vec<String>,
    /// The comment.
    pub comment: Option<String>,
}

/// A domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// The type it is of, with its modifiers.
    pub base: String,
    /// Is NULL refused?
    pub not_null: bool,
    /// The name of the constraint that does so, where it is not the usual one (since PostgreSQL 17).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_null_name: Option<String>,
    /// The default.
    pub default: Option<String>,
    /// The collation, where it is not the type's.
    pub collation: Option<String>,
    /// The checks by name, each as PostgreSQL prints it.
    pub constraints: BTreeMap<String, String>,
    /// The comments of the constraints, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub constraint_comments: BTreeMap<String, String>,
    /// The comment.
    pub comment: Option<String>,
}

/// A composite type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Composite {
    /// The attributes, in order.
    pub attributes: Vec<Attribute>,
    /// The comment.
    pub comment: Option<String>,
}

/// An attribute of a composite type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// The name.
    pub name: String,
    /// The type with its modifiers.
    #[serde(rename = "type")]
    pub data_type: String,
    /// The collation, where it is not the type's.
    pub collation: Option<String>,
    /// The comment.
    pub comment: Option<String>,
}

/// A range type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// The type of its bounds.
    pub subtype: String,
    /// The operator class that orders them.
    pub operator_class: String,
    /// The collation, where it is not the type's.
    pub collation: Option<String>,
    /// The function that makes equal ranges the same.
    pub canonical: Option<String>,
    /// The function that tells the distance of two bounds.
    pub difference: Option<String>,
    /// The multirange type that it has.
    pub multirange: Name,
    /// The comment.
    pub comment: Option<String>,
}

/// A function, a procedure or an aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routine {
    /// `function`, `procedure`, `aggregate` or `window function`.
    pub kind: String,
    /// The types of the arguments, which tell it from others of its name: parameters may be renamed.
    pub signature: String,
    /// What it gives back.
    pub result: Option<String>,
    /// The whole statement; of an aggregate, its options.
    pub definition: String,
    /// The extensions with which it goes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// The comment.
    pub comment: Option<String>,
}

/// Extended statistics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// The table they are about.
    pub table: Name,
    /// The whole statement.
    pub definition: String,
    /// The target, where it is set.
    pub target: Option<i32>,
    /// The comment.
    pub comment: Option<String>,
}

/// What somebody was granted.
#[derive(Debug, Clone, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// What they may do: `SELECT`, `EXECUTE`.
    pub privileges: Vec<String>,
    /// What of it they may pass on.
    pub grantable: Vec<String>,
    /// What they may do where nothing was granted or revoked: that of which this is the difference.
    #[serde(default, skip_serializing)]
    pub(crate) initial: Vec<String>,
}

/// Another version of an extension may bring along something else.
impl PartialEq for Grant {
    fn eq(&self, other: &Self) -> bool {
        self.privileges == other.privileges && self.grantable == other.grantable
    }
}

/// An object of a rare kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Other {
    /// The statement that makes it, without its options and parts.
    pub definition: String,
    /// Its options, `name=value`; of one that may be a secret only the name.
    pub options: Vec<String>,
    /// What of it comes and goes by itself: the tables of a publication, the mappings of a text search
    /// configuration, the loose members of an operator family.
    pub parts: BTreeMap<String, String>,
    /// The comment.
    pub comment: Option<String>,
}
