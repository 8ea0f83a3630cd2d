//! What a database consists of, as data that can be compared: the one catalog of the project.
//!
//! [`Catalog::read`] and its twin for the other client read it. Two catalogs are equal when nobody
//! could tell their databases apart by what they are made of. Left out are:
//!
//! - what an extension owns, its version, and the comment that it brings along;
//! - temporary objects, and the schemas of the system;
//! - who owns what; privileges, unless they are asked for;
//! - what PostgreSQL makes by itself for something that is here: the index behind a constraint is
//!   named by it, but the functions of a range type, the array of a type, the triggers that check
//!   a foreign key and the copies of a trigger on partitions are no objects of their own;
//! - data, and so the last value of a sequence, and whether a materialized view is populated.
//!
//! Definitions are as PostgreSQL prints them, with every name outside `pg_catalog` qualified.

mod differences;
mod names;
#[cfg(any(test, feature = "postgres", feature = "tokio-postgres"))]
mod queries;
#[cfg(any(test, feature = "postgres", feature = "tokio-postgres"))]
mod reading;
mod relations;
#[cfg(any(test, feature = "postgres", feature = "tokio-postgres"))]
mod rows;
mod show;
mod types;

use std::collections::BTreeMap;

use serde::Serialize;

pub use differences::{Change, Difference};
pub(crate) use names::usual_name;
pub use names::{GrantName, Name, ObjectName, OtherName, RoutineName};
#[cfg(any(test, feature = "postgres", feature = "tokio-postgres"))]
pub use reading::ReadError;
#[cfg(any(feature = "postgres", feature = "tokio-postgres"))]
pub(crate) use reading::Reading;
pub use relations::{
    Column, Constraint, Index, Policy, Relation, RelationKind, Rule, Sequence, Trigger,
};
pub use types::{
    Attribute, Composite, Domain, Enum, Extension, Grant, Other, Range, Routine, Schema, Statistics,
};

/// What a database consists of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Catalog {
    /// Schemas, `public` among them.
    pub schemas: BTreeMap<String, Schema>,
    /// Extensions without `plpgsql`.
    pub extensions: BTreeMap<String, Extension>,
    /// Enum types.
    pub enums: BTreeMap<Name, Enum>,
    /// Domains.
    pub domains: BTreeMap<Name, Domain>,
    /// Composite types that are no table's.
    pub composites: BTreeMap<Name, Composite>,
    /// Range types.
    pub ranges: BTreeMap<Name, Range>,
    /// Sequences, also those behind columns.
    pub sequences: BTreeMap<Name, Sequence>,
    /// Tables and views of every kind.
    pub relations: BTreeMap<Name, Relation>,
    /// Functions, procedures and aggregates.
    pub routines: BTreeMap<RoutineName, Routine>,
    /// Extended statistics.
    pub statistics: BTreeMap<Name, Statistics>,
    /// Everything else that can be made: operators, casts, collations, event triggers and so on.
    pub others: BTreeMap<OtherName, Other>,
    /// Who may do something else than by nature: who was granted something, and who was refused what everybody
    /// or an owner has. Empty unless it was asked for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub grants: BTreeMap<GrantName, Grant>,
    /// Who owns what does not belong to the role that reads; empty unless privileges were asked for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub owners: BTreeMap<ObjectName, String>,
}

impl Catalog {
    /// What to change in this catalog to get the other one: a [`Difference`] for each thing that is
    /// not the same, none when they are equal.
    ///
    /// ```
    /// use migrate_core::schema::catalog::{Catalog, Enum, Name};
    ///
    /// let mut wanted = Catalog::default();
    /// let labels = vec!["sad".to_owned(), "ok".to_owned()];
    /// wanted.enums.insert(Name::new("public", "mood"), Enum { labels, comment: None });
    ///
    /// let differences = Catalog::default().differences(&wanted);
    /// assert_eq!(differences[0].to_string(), "+ enum mood (sad, ok)");
    /// ```
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<Difference> {
        differences::between(self, other)
    }

    /// The same catalog without some tables, views and sequences, and without the sequences that
    /// belong to the columns of such a table: for what is no part of the schema, as the books of a
    /// migration system.
    #[must_use]
    pub fn without(mut self, leave_out: impl Fn(&Name) -> bool) -> Self {
        self.relations.retain(|name, _| !leave_out(name));
        self.sequences.retain(|name, sequence| {
            let owner = sequence.owned_by.as_ref().map(|(table, _)| table);
            !leave_out(name) && !owner.is_some_and(&leave_out)
        });
        let stays = |on: &ObjectName| {
            let is_relation = ["table", "column", "sequence"].contains(&&*on.kind);
            !is_relation || !leave_out(&Name::new(&*on.schema, &*on.name))
        };
        self.grants.retain(|on, _| stays(&on.object()));
        self.owners.retain(|on, _| stays(on));
        self.statistics.retain(|_, statistics| !leave_out(&statistics.table));
        self
    }

    /// Who was granted what on something.
    pub(crate) fn grants_on(&self, on: &ObjectName) -> impl Iterator<Item = (&GrantName, &Grant)> {
        let ObjectName { kind, schema, name, part } = on.clone();
        let first = GrantName { kind, schema, name, part, to: String::new() };
        self.grants.range(first.clone()..).take_while(move |(grant, _)| grant.is_on(&first))
    }

    /// Is there anything in a schema?
    #[must_use]
    pub fn has_in(&self, schema: &str) -> bool {
        let relations = self.relations.keys().chain(self.sequences.keys());
        let types = self.enums.keys().chain(self.domains.keys());
        let types = types.chain(self.composites.keys()).chain(self.ranges.keys());
        let mut names = relations.chain(types).chain(self.statistics.keys());
        names.any(|name| name.schema == schema)
            || self.routines.keys().any(|name| name.schema == schema)
            || self.extensions.values().any(|it| it.schema == schema)
            || self.others.keys().any(|name| name.is_in(schema))
    }

    /// The same catalog without what is in some schemas, and without these.
    #[must_use]
    pub fn without_schemas(mut self, leave_out: impl Fn(&str) -> bool) -> Self {
        let stays = |name: &Name| !leave_out(&name.schema);
        let schemas: Vec<String> =
            self.schemas.keys().filter(|it| leave_out(it)).cloned().collect();
        self.schemas.retain(|name, _| !leave_out(name));
        self.enums.retain(|name, _| stays(name));
        self.domains.retain(|name, _| stays(name));
        self.composites.retain(|name, _| stays(name));
        self.ranges.retain(|name, _| stays(name));
        self.sequences.retain(|name, _| stays(name));
        self.relations.retain(|name, _| stays(name));
        self.routines.retain(|name, _| !leave_out(&name.schema));
        self.statistics.retain(|name, _| stays(name));
        self.others.retain(|name, _| !schemas.iter().any(|schema| name.is_in(schema)));
        let stays = |on: &ObjectName| {
            let of_schema = match on.kind.as_str() {
                "schema" => &on.name,
                _ if on.default_on().is_some() => &on.name,
                _ => &on.schema,
            };
            let rare = OtherName { kind: on.kind.clone(), identity: on.name.clone() };
            let is_rare = on.schema.is_empty() && schemas.iter().any(|schema| rare.is_in(schema));
            !leave_out(of_schema) && !is_rare
        };
        self.grants.retain(|on, _| stays(&on.object()));
        self.owners.retain(|on, _| stays(on));
        self
    }

    /// The same catalog without privileges and owners.
    #[must_use]
    pub fn without_privileges(mut self) -> Self {
        self.grants.clear();
        self.owners.clear();
        self
    }
}
