//! Describes an object in one line, with all its properties, so that every difference shows.

use std::fmt::Display;

use super::relations::{
    Column, Constraint, Index, Policy, Relation, RelationKind, Rule, Sequence, Trigger,
};
use super::types::{
    Attribute, Composite, Domain, Enum, Extension, Grant, Other, Range, Routine, Schema, Statistics,
};

/// The properties of something in words; the empty text if it has none but its name.
pub(super) trait Show {
    fn show(&self) -> String;
}

const DEPENDS_ON: &str = "depends on extension";

/// Words, joined by blanks.
#[derive(Default)]
struct Words(Vec<String>);

impl Words {
    fn of(first: impl Into<String>) -> Self {
        Words::default().word(first)
    }

    fn word(mut self, word: impl Into<String>) -> Self {
        let word = word.into();
        if !word.is_empty() {
            self.0.push(word);
        }
        self
    }

    fn when(self, holds: bool, word: &str) -> Self {
        if holds { self.word(word) } else { self }
    }

    /// The value of an option, after its name.
    fn option(self, name: &str, value: Option<&impl Display>) -> Self {
        match value {
            Some(value) => self.word(format!("{name} {value}")),
            None => self,
        }
    }

    fn list(self, name: &str, values: &[impl Display]) -> Self {
        if values.is_empty() { self } else { self.word(format!("{name} ({})", joined(values))) }
    }

    fn comment(self, comment: Option<&String>) -> String {
        let comment = comment.map(|comment| format!("{comment:?}"));
        self.option("commented", comment.as_ref()).0.join(" ")
    }
}

pub(super) fn joined(values: &[impl Display]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Show for Schema {
    fn show(&self) -> String {
        Words::default().comment(self.comment.as_ref())
    }
}

impl Show for Extension {
    fn show(&self) -> String {
        Words::of(format!("in schema {}", self.schema)).comment(self.comment.as_ref())
    }
}

impl Show for Enum {
    fn show(&self) -> String {
        Words::of(format!("({})", self.labels.join(", "))).comment(self.comment.as_ref())
    }
}

impl Show for Domain {
    fn show(&self) -> String {
        let checks =
            self.constraints.iter().map(|(name, check)| format!("CONSTRAINT {name} {check}"));
        let comments = self.constraint_comments.iter();
        let comments = comments.map(|(name, comment)| format!("{name} commented {comment:?}"));
        Words::of(&*self.base)
            .option("COLLATE", self.collation.as_ref())
            .option("CONSTRAINT", self.not_null_name.as_ref())
            .when(self.not_null, "NOT NULL")
            .option("DEFAULT", self.default.as_ref())
            .word(checks.chain(comments).collect::<Vec<_>>().join(" "))
            .comment(self.comment.as_ref())
    }
}

impl Show for Attribute {
    fn show(&self) -> String {
        Words::of(&*self.name)
            .word(&*self.data_type)
            .option("COLLATE", self.collation.as_ref())
            .comment(self.comment.as_ref())
    }
}

impl Show for Composite {
    fn show(&self) -> String {
        let attributes: Vec<String> = self.attributes.iter().map(Show::show).collect();
        Words::of(format!("({})", attributes.join(", "))).comment(self.comment.as_ref())
    }
}

impl Show for Range {
    fn show(&self) -> String {
        Words::of(format!("of {}", self.subtype))
            .option("ordered by", Some(&self.operator_class))
            .option("COLLATE", self.collation.as_ref())
            .option("canonical", self.canonical.as_ref())
            .option("difference", self.difference.as_ref())
            .option("multirange", Some(&self.multirange))
            .comment(self.comment.as_ref())
    }
}

impl Show for Sequence {
    fn show(&self) -> String {
        let owner = self.owned_by.as_ref().map(|(table, column)| format!("{table}.{column}"));
        let Sequence { data_type, start, increment, min, max, cache, .. } = self;
        Words::default()
            .when(self.unlogged, "unlogged")
            .word(format!("{data_type} from {start} by {increment} in {min}..{max} cache {cache}"))
            .when(self.cycle, "cycle")
            .option(if self.identity { "identity of" } else { "owned by" }, owner.as_ref())
            .comment(self.comment.as_ref())
    }
}

impl Show for Relation {
    fn show(&self) -> String {
        // Of a table that is nothing special, nothing is to be told.
        let method = self.access_method.as_ref().filter(|method| *method != "heap");
        Words::default()
            .when(self.unlogged, "unlogged")
            .option("of type", self.of_type.as_ref())
            .list(if self.bound.is_some() { "partition of" } else { "inherits" }, &self.inherits)
            .word(self.bound.clone().unwrap_or_default())
            .option("partitioned by", self.partition_key.as_ref())
            .option("using", method)
            .option("tablespace", self.tablespace.as_ref())
            .list("with", &self.options)
            .option("server", self.server.as_ref())
            .list("options", &self.server_options)
            .when(self.row_security, "row security")
            .when(self.force_row_security, "forced row security")
            .option("replica identity", self.replica_identity.as_ref())
            .option("as", self.definition.as_ref())
            .list(DEPENDS_ON, &self.depends_on)
            .comment(self.comment.as_ref())
    }
}

impl RelationKind {
    /// What it is called.
    pub(crate) fn word(self) -> &'static str {
        match self {
            RelationKind::Table => "table",
            RelationKind::PartitionedTable => "partitioned table",
            RelationKind::ForeignTable => "foreign table",
            RelationKind::View => "view",
            RelationKind::MaterializedView => "materialized view",
        }
    }

    pub(super) fn is_view(self) -> bool {
        matches!(self, RelationKind::View | RelationKind::MaterializedView)
    }
}

impl Show for Column {
    fn show(&self) -> String {
        let identity = self.identity.as_ref().map(|when| when.to_uppercase());
        let not_null_comment = self.not_null_comment.as_ref().map(|it| format!("{it:?}"));
        let (default, generated) = match &self.generated {
            Some(kind) => {
                (None, self.default.as_ref().map(|e| format!("({e}) {}", kind.to_uppercase())))
            }
            None => (self.default.as_ref(), None),
        };
        Words::of(&*self.data_type)
            .option("COLLATE", self.collation.as_ref())
            .option("CONSTRAINT", self.not_null_name.as_ref())
            .when(self.not_null, "NOT NULL")
            .word(self.not_null_options.clone().unwrap_or_default())
            .option("NOT NULL commented", not_null_comment.as_ref())
            .option("DEFAULT", default)
            .option("GENERATED ALWAYS AS", generated.as_ref())
            .option("GENERATED AS IDENTITY", identity.as_ref())
            .option("storage", self.storage.as_ref())
            .option("compression", self.compression.as_ref())
            .option("statistics", self.statistics.as_ref())
            .list("with", &self.options)
            .list("options", &self.server_options)
            .when(self.inherited, if self.local { "inherited and its own" } else { "inherited" })
            .comment(self.comment.as_ref())
    }
}

impl Show for Constraint {
    fn show(&self) -> String {
        Words::of(&*self.definition)
            .when(self.inherited, if self.local { "inherited and its own" } else { "inherited" })
            .comment(self.comment.as_ref())
    }
}

impl Show for Index {
    fn show(&self) -> String {
        let constraint = self.constraint.as_ref();
        Words::of(&*self.definition)
            .when(!self.valid, "invalid")
            .option("of the constraint", constraint)
            .option("part of", self.part_of.as_ref())
            .when(self.clustered, "clustered")
            .option("tablespace", self.tablespace.as_ref())
            .list("statistics", &self.statistics)
            .list(DEPENDS_ON, &self.depends_on)
            .comment(self.comment.as_ref())
    }
}

impl Show for Trigger {
    fn show(&self) -> String {
        Words::of(&*self.definition)
            .word(self.firing.clone().unwrap_or_default())
            .when(self.inherited, "inherited")
            .list(DEPENDS_ON, &self.depends_on)
            .comment(self.comment.as_ref())
    }
}

impl Show for Rule {
    fn show(&self) -> String {
        Words::of(&*self.definition)
            .word(self.firing.clone().unwrap_or_default())
            .comment(self.comment.as_ref())
    }
}

impl Show for Policy {
    fn show(&self) -> String {
        Words::default()
            .when(!self.permissive, "restrictive")
            .word(format!("for {} to {}", self.command, joined(&self.roles)))
            .option("using", self.using.as_ref())
            .option("check", self.check.as_ref())
            .comment(self.comment.as_ref())
    }
}

impl Show for Routine {
    fn show(&self) -> String {
        let result = self.result.as_ref().filter(|_| self.kind == "aggregate");
        Words::of(&*self.kind)
            .option("returns", result)
            .option("as", Some(&self.definition))
            .list(DEPENDS_ON, &self.depends_on)
            .comment(self.comment.as_ref())
    }
}

impl Show for Statistics {
    fn show(&self) -> String {
        Words::of(&*self.definition)
            .option("target", self.target.as_ref())
            .comment(self.comment.as_ref())
    }
}

impl Show for Grant {
    fn show(&self) -> String {
        let privilege = |it: &String| match self.grantable.contains(it) {
            true => format!("{it} with grant option"),
            false => it.clone(),
        };
        if self.privileges.is_empty() {
            return "none".to_owned();
        }
        self.privileges.iter().map(privilege).collect::<Vec<_>>().join(", ")
    }
}

/// A role.
impl Show for String {
    fn show(&self) -> String {
        self.clone()
    }
}

impl Show for Other {
    fn show(&self) -> String {
        let part = |(key, text): (&String, &String)| match text.starts_with(key) {
            true => text.clone(),
            false => format!("{key} {text}"),
        };
        Words::of(&*self.definition)
            .list("options", &self.options)
            .word(self.parts.iter().map(part).collect::<Vec<_>>().join(", "))
            .comment(self.comment.as_ref())
    }
}
